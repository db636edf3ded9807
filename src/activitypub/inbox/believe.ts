import { idOf, isObject, sameHost, type JsonObject } from "../../documents/read.ts";
import type { ReadActivity } from "../../documents/read-activity.ts";
import { readPost, type ReadPost } from "../../documents/read-post.ts";
import { fetchObject } from "../../remote/objects.ts";
import type { Site } from "../../site.ts";
import { Permanent } from "../../support/errors.ts";

/**
 * The object of an activity, from a mouth that may speak of it (FEP-fe34): as embedded where its id is of the sender's
 * host, else fetched from its own. Whose word it is, the reader of the object checks.
 * @throws RetryLater or Permanent where it cannot be fetched.
 */
export async function believedObject(site: Site, activity: ReadActivity): Promise<JsonObject> {
  const { object, objectId, actor } = activity;
  if (objectId === undefined) throw new Permanent("The object has no id.", { code: "object-without-id" });
  // A bare reference in the clothes of an object ({ id, type }) says nothing that could be stored.
  const isWhole = isObject(object) && Object.keys(object).length > 2;
  if (isWhole && idOf(object) === objectId && sameHost(objectId, actor)) return object;
  return fetchObject(site, objectId);
}

/** The post that an activity brings, or why it brings none. */
export async function believedPost(
  site: Site,
  activity: ReadActivity,
): Promise<{ ok: true; post: ReadPost } | { ok: false; why: string }> {
  const read = readPost(await believedObject(site, activity), { to: activity.to, cc: activity.cc });
  if (!read.ok) return { ok: false, why: `brings no post: ${read.reason}` };
  return read;
}
