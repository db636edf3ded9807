import type { PostRow } from "../database/rows.ts";
import { readPost, type ReadPost } from "../documents/read-post.ts";
import { fetchObject } from "../remote/objects.ts";
import type { Site } from "../site.ts";
import { reasonOf, RetryLater } from "../support/errors.ts";
import { hostOf } from "../support/urls.ts";
import { findPost } from "./find-post.ts";

/** Missing answers between an arriving one and our post that are fetched; longer chains are somebody's game. */
const DEPTH = 5;

export interface Ancestry {
  /** The nearest ancestor that is stored. */
  here: PostRow;
  /** What lies between it and the post asked for, nearest to `here` first; empty when that is `here` itself. */
  missing: ReadPost[];
}

/** Follows `inReplyTo` from `uri` up to something that is stored, through at most five posts that are not. */
export async function findAncestry(site: Site, uri: string): Promise<Ancestry | null> {
  const missing: ReadPost[] = [];
  for (let at = uri; ;) {
    const here = await findPost(site, at);
    if (here) return { here, missing: missing.reverse() };
    if (site.urls.isOurs(at) || missing.length === DEPTH) return null;
    const read = await fetched(site, at);
    if (read?.inReplyTo === undefined || missing.some((each) => each.uri === read.uri)) return null;
    missing.push(read);
    at = read.inReplyTo;
  }
}

async function fetched(site: Site, uri: string): Promise<ReadPost | undefined> {
  try {
    const read = readPost(await fetchObject(site, uri));
    // A server speaks for its own people only.
    return read.ok && hostOf(read.post.authorUri) === hostOf(read.post.uri) ? read.post : undefined;
  } catch (error) {
    if (error instanceof RetryLater) throw error;
    site.logger.debug({ uri, reason: reasonOf(error) }, "what an arriving post answers could not be fetched");
    return undefined;
  }
}
