import type { ActorRow, PostRow } from "../database/rows.ts";
import type { Site } from "../site.ts";
import { idRange, type PageRequest } from "../support/cursors.ts";
import { normaliseUrl } from "../support/urls.ts";
import { SEEN_BY_ANYONE } from "./visibility.ts";

/**
 * Finds a post by any name it has: its id, its page, an older spelling of either, with or without fragment and tracking.
 * A live one is preferred to a Tombstone of the same page, one whose id it is to one that has it for a page, and ours to
 * others'. No gate: ask `seenByAnyone` before showing it.
 */
export async function findPost(site: Site, name: string): Promise<PostRow | null> {
  const names = [...new Set([name, normaliseUrl(name) ?? name])];
  const rows = await site.models.posts
    .find({ names: { $in: names } })
    .sort({ _id: -1 })
    .limit(10)
    .lean<PostRow[]>();
  const live = rows.filter((row) => row.deletedAt === undefined);
  return live.find((row) => row.uri === name) ?? live.find((row) => row.local) ?? live[0] ?? rows[0] ?? null;
}

/** The post of this id, in whatever state. */
export async function postById(site: Site, id: number): Promise<PostRow | null> {
  return site.models.posts.findById(id).lean<PostRow | null>();
}

/** Posts of an account that anybody may see, newest first. Answers to others are left out unless asked for. */
export async function postsOf(
  site: Site,
  account: Pick<ActorRow, "_id">,
  page: PageRequest,
  options: { withReplies?: boolean } = {},
): Promise<PostRow[]> {
  return listed(site, page, {
    author: account._id,
    boostOf: { $exists: false },
    ...(options.withReplies === true ? {} : { inReplyTo: { $exists: false } }),
  });
}

/** Our posts with this tag that anybody may see, newest first. */
export async function postsTagged(site: Site, tagKey: string, page: PageRequest): Promise<PostRow[]> {
  // Unlisted posts are kept out of the lists that strangers browse.
  return listed(site, page, { tagKeys: tagKey, local: true, visibility: "public" }, { tagKeys: 1, _id: -1 });
}

/** @param index which to walk, where several would fit the filter and only one is short. */
async function listed(
  site: Site,
  page: PageRequest,
  filter: Record<string, unknown>,
  index?: Record<string, 1 | -1>,
): Promise<PostRow[]> {
  const towardsNewer = page.after !== undefined && page.before === undefined;
  const query = site.models.posts
    .find({ ...SEEN_BY_ANYONE, ...filter, ...idRange(page) })
    .sort({ _id: towardsNewer ? 1 : -1 })
    .limit(page.limit);
  const rows = await (index === undefined ? query : query.hint(index)).lean<PostRow[]>();
  return towardsNewer ? rows.reverse() : rows;
}

/** The names under which a post is found again. */
export function namesOf(...addresses: (string | undefined)[]): string[] {
  const given = addresses.filter((address) => address !== undefined);
  return [...new Set(given.flatMap((address) => [address, normaliseUrl(address) ?? address]))];
}
