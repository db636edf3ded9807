import { idOf, isObject } from "../../../documents/read.ts";
import type { ReadActivity } from "../../../documents/read-activity.ts";
import type { ReadPost } from "../../../documents/read-post.ts";
import { findPost } from "../../../domain/find-post.ts";
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
 * May this post belong under one of ours? It answers something that is here, or speaks to somebody here: then what lies
 * between may only not have reached us. A stranger's talk with strangers is not looked into.
 */
export async function mayConcernUs(site: Site, post: ReadPost): Promise<boolean> {
  if (post.inReplyTo === undefined) return false;
  const named = [...post.to, ...post.cc, ...post.mentions.map((mention) => mention.uri)];
  if (named.some((uri) => site.urls.isOurs(uri))) return true;
  return site.urls.isOurs(post.inReplyTo) || (await findPost(site, post.inReplyTo)) !== null;
}
