import { LRUCache } from "lru-cache";
import type { ActorRow } from "../database/rows.ts";
import { SEEN_BY_ANYONE } from "../domain/visibility.ts";
import type { Site } from "../site.ts";
import { MINUTE } from "../support/clock.ts";

const counted = new WeakMap<Site, LRUCache<string, { count: number; at: number }>>();

/** How long a count is good for while nothing is known to have changed. */
const FRESH = 10 * MINUTE;

/**
 * Posts of an account that anybody may see. The account's own counter counts the others too, which is nobody's business;
 * so these are counted, once for each value of that counter.
 */
export async function countPostsOf(site: Site, account: ActorRow): Promise<number> {
  const key = `${account._id} ${account.postsCount} ${account.lastPostAt?.getTime() ?? 0}`;
  return remembered(site, key, () =>
    site.models.posts.countDocuments({ ...SEEN_BY_ANYONE, author: account._id }),
  );
}

/** Public posts and public answers of the whole site, for NodeInfo; asked of the store every ten minutes at most. */
export async function countLocalPosts(site: Site): Promise<{ posts: number; comments: number }> {
  const [posts, comments] = await Promise.all(
    [false, true].map((answers) =>
      remembered(site, `answers ${answers}`, () =>
        site.models.posts.countDocuments({ ...SEEN_BY_ANYONE, local: true, inReplyTo: { $exists: answers } }),
      ),
    ),
  );
  return { posts: posts ?? 0, comments: comments ?? 0 };
}

async function remembered(site: Site, key: string, count: () => Promise<number>): Promise<number> {
  let known = counted.get(site);
  if (!known) counted.set(site, (known = new LRUCache({ max: 1000 })));
  const now = site.clock.now().getTime();
  const entry = known.get(key);
  if (entry && now - entry.at < FRESH) return entry.count;
  const fresh = await count();
  known.set(key, { count: fresh, at: now });
  return fresh;
}
