import { isObject, typesOf } from "../../../documents/read.ts";
import type { ReadActivity } from "../../../documents/read-activity.ts";
import { receiveEdit } from "../../../domain/receive.ts";
import { findPost } from "../../../domain/find-post.ts";
import { done, ignored, type Outcome } from "../../../domain/outcome.ts";
import { findActor, resolveActor } from "../../../remote/actors.ts";
import type { Site } from "../../../site.ts";
import { believedPost } from "../believe.ts";
import type { Handler } from "./handler.ts";
import { mayConcernUs } from "./relevance.ts";

const ACTORS = new Set(["Person", "Service", "Group", "Organization", "Application"]);

/** Update: of a post, or of the sender's own profile. */
export const receiveUpdate: Handler = async (site, activity) => {
  const { actor, object, objectId } = activity;
  const isProfile =
    objectId === actor || (isObject(object) && typesOf(object).some((type) => ACTORS.has(type)));
  return isProfile ? updateProfile(site, activity) : updatePost(site, activity);
};

/** The profile is read again at its origin; of somebody we never met there is nothing to bring up to date. */
async function updateProfile(site: Site, { actor, objectId }: ReadActivity): Promise<Outcome> {
  if (objectId !== actor) return ignored("changes another actor's profile");
  if ((await findActor(site, actor)) === null) return ignored("is nobody known here");
  await resolveActor(site, actor, { refresh: true });
  return done("profile was read again");
}

/** An edit that overtook its post is the post. */
async function updatePost(site: Site, activity: ReadActivity): Promise<Outcome> {
  if (activity.objectId !== undefined && site.urls.isOurs(activity.objectId))
    return ignored("is a post of this site");
  const read = await believedPost(site, activity);
  if (!read.ok) return ignored(read.why);
  const { post } = read;
  const isKnown = (await findPost(site, post.uri)) !== null;
  if (!isKnown && !(await mayConcernUs(site, post))) return ignored("is none of what is here");
  return receiveEdit(site, await resolveActor(site, post.authorUri), post);
}
