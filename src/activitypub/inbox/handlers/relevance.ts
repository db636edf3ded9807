import { idOf, isObject } from "../../../documents/read.ts";
import type { ReadActivity } from "../../../documents/read-activity.ts";
import type { ReadPost } from "../../../documents/read-post.ts";
import { findPost } from "../../../domain/find-post.ts";
import { concernsAnAccount, speaksToAnAccount } from "../../../domain/wanted.ts";
import { findActor } from "../../../remote/actors.ts";
import type { Site } from "../../../site.ts";

/** Is this about something that is here, or an answer to it? Asked before anything is fetched because of it. */
export async function isRelevant(site: Site, activity: ReadActivity): Promise<boolean> {
  const { object, objectId } = activity;
  const answered = isObject(object) ? idOf(object.inReplyTo) : undefined;
  for (const uri of [objectId, answered]) {
    if (uri !== undefined && (site.urls.isOurs(uri) || (await findPost(site, uri)) !== null)) return true;
  }
  return false;
}

/**
 * May this post concern somebody here? It answers something that is here, speaks to somebody here, or is of somebody, or
 * about something, that an account here follows. A stranger's talk with strangers is not looked into.
 */
export async function mayConcernUs(site: Site, post: ReadPost): Promise<boolean> {
  if (speaksToAnAccount(site, post)) return true;
  if (
    post.inReplyTo !== undefined &&
    (site.urls.isOurs(post.inReplyTo) || (await findPost(site, post.inReplyTo)) !== null)
  )
    return true;
  const author = await findActor(site, post.authorUri);
  return concernsAnAccount(site, author ?? { _id: NOBODY }, post);
}

/** An id that no row has. */
const NOBODY = -1;
