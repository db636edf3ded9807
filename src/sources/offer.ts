import { publishPost } from "../domain/posts.ts";
import type { Site } from "../site.ts";
import { FediverseError, reasonOf } from "../support/errors.ts";
import { normaliseUrl } from "../support/urls.ts";
import type { SourcePost } from "./source-post.ts";

/** What became of the posts that a source found. */
export interface Offered {
  taken: number;
  /** Those that could not be taken, for the log; each was told there already. */
  refused: number;
  /** Those whose time has not come. */
  waiting: number;
  /** Identities of all live posts found, taken or refused: what is not among them has vanished. */
  keys: Set<string>;
}

/**
 * Gives what a source found to the site, oldest first. What is a draft or lies ahead is left for later. One post that
 * cannot be taken does not keep the others out; a store that is away ends the run, which is repeated at the next tick.
 * @throws the reason of `stopping` once it is aborted.
 */
export async function offer(
  site: Site,
  source: string,
  posts: readonly SourcePost[],
  stopping?: AbortSignal,
): Promise<Offered> {
  const now = site.clock.now();
  const live = posts.filter((post) => post.draft !== true);
  const due = live.filter((post) => post.published === undefined || post.published <= now);
  const offered: Offered = { taken: 0, refused: 0, waiting: live.length - due.length, keys: new Set() };
  const oldestFirst = [...due].sort(
    (a, b) => (a.published?.getTime() ?? now.getTime()) - (b.published?.getTime() ?? now.getTime()),
  );
  for (const { draft: _, ...post } of oldestFirst) {
    stopping?.throwIfAborted();
    const key = post.url === undefined ? undefined : (normaliseUrl(post.url) ?? post.url);
    if (key !== undefined && offered.keys.has(key)) {
      site.logger.warn(
        { source, post: post.url },
        "two posts of a source have one address; the later was not taken",
      );
      continue;
    }
    if (key !== undefined) offered.keys.add(key);
    try {
      await publishPost(site, post, { origin: source });
      offered.taken += 1;
    } catch (error) {
      if (!(error instanceof FediverseError) || error.status >= 500) throw error;
      offered.refused += 1;
      site.logger.warn(
        { source, post: post.url ?? post.title, reason: reasonOf(error) },
        "a post of a source was not taken",
      );
    }
  }
  return offered;
}
