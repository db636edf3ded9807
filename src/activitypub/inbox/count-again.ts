import { idOf, isObject } from "../../documents/read.ts";
import type { ReadActivity } from "../../documents/read-activity.ts";
import { countFollowsAgain, countPostAgain, countVotesAgain } from "../../domain/count-again.ts";
import { findPost } from "../../domain/find-post.ts";
import type { Site } from "../../site.ts";

/**
 * Counts anew what an activity may have counted: the posts that it names, what these answer and quote, the votes in them,
 * and the follows of our accounts.
 */
export async function countAgain(site: Site, { object, objectId }: ReadActivity): Promise<void> {
  const named = [objectId, ...(isObject(object) ? [idOf(object.object), idOf(object.inReplyTo)] : [])];
  const posts = new Set<number>();
  for (const name of named) {
    const post = name === undefined ? null : await findPost(site, name);
    for (const id of [post?._id, post?.inReplyToId, post?.quote?.id]) if (id !== undefined) posts.add(id);
  }
  for (const id of posts) {
    await countPostAgain(site, id);
    await countVotesAgain(site, id);
  }
  await countFollowsAgain(site);
}
