import type { ActorRow } from "../database/rows.ts";
import type { ReadPost } from "../documents/read-post.ts";
import type { Site } from "../site.ts";
import { normaliseTag } from "../text/hashtags.ts";

/** Is it addressed to, or does it mention, somebody who may be one of our accounts? Asked without the store. */
export function speaksToAnAccount(site: Site, post: Pick<ReadPost, "to" | "cc" | "mentions">): boolean {
  return [...post.to, ...post.cc, ...post.mentions.map((mention) => mention.uri)].some((uri) =>
    site.urls.isOurs(uri),
  );
}

/**
 * Does an account here follow this actor, or has it asked to? What they send may overtake their Accept: it is kept, and
 * stands in the home timeline when that has come.
 */
export async function isFollowedOrAsked(site: Site, actor: Pick<ActorRow, "_id">): Promise<boolean> {
  return (await site.models.follows.exists({ followed: actor._id })) !== null;
}

/** Does an account here want this post: by following its author or its tag, or by being spoken to? */
export async function concernsAnAccount(
  site: Site,
  author: Pick<ActorRow, "_id">,
  post: ReadPost,
): Promise<boolean> {
  if (await isFollowedOrAsked(site, author)) return true;
  const named = [...post.to, ...post.cc, ...post.mentions.map((mention) => mention.uri)].filter((uri) =>
    site.urls.isOurs(uri),
  );
  if (named.length > 0 && (await site.models.actors.exists({ uri: { $in: named }, local: true })) !== null)
    return true;
  const tags = post.hashtags.map(normaliseTag);
  if (tags.length === 0 || post.visibility !== "public" || post.inReplyTo !== undefined) return false;
  return (await site.models.tagRelations.exists({ kind: "follow", tag: { $in: tags } })) !== null;
}
