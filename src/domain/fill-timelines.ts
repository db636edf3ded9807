import { readRows } from "../database/native.ts";
import type { ActorRow, FollowRow, ListRow, PostRow } from "../database/rows.ts";
import type { Site } from "../site.ts";
import { localAccounts } from "./accounts.ts";
import { listsWith } from "./list-members.ts";
import { publishEvent } from "./publish-event.ts";
import { Taste, type Entry } from "./timeline-taste.ts";
import { channelOf, homeOf, insertPlaces, listOf, standingIn } from "./timelines.ts";

/** Posts of one author that are put into a timeline which they were not written for. */
const MERGED = 50;

/** Puts a new post, or boost, into every timeline written ahead that it belongs to, and tells their streams. */
export async function placeInTimelines(site: Site, post: PostRow): Promise<void> {
  if (post.visibility === "direct" || post.deletedAt !== undefined) return;
  const readers = await localAccounts(site);
  const ids = readers.map((account) => account._id);
  const [follows, lists, tagged, [entry]] = await Promise.all([
    site.models.follows
      .find({ followed: post.author, follower: { $in: ids }, state: "accepted" })
      .lean<FollowRow[]>(),
    listsWith(site, ids, post.author),
    followersOfTags(site, post),
    entriesOf(site, [post]),
  ]);
  if (!entry) return;

  for (const reader of ids) {
    const follow = follows.find((row) => row.follower === reader);
    if (reader !== post.author && !follow && !tagged.has(reader)) continue;
    const taste = await Taste.of(site, reader, follow, [entry]);
    if (!taste.welcomes(entry)) continue;
    const own = lists.filter((list) => list.owner === reader);
    for (const list of own) {
      if ((await taste.forList(site, list, [entry])).length > 0) await place(site, listOf(list._id), post);
    }
    if (own.some((list) => list.exclusive) || taste.isAnswerToStrangers(entry)) continue;
    const home = homeOf(reader);
    if ((await withoutRepeats(site, home, [entry])).length > 0) await place(site, home, post);
  }
}

async function followersOfTags(site: Site, post: PostRow): Promise<Set<number>> {
  if (
    post.visibility !== "public" ||
    post.boostOf !== undefined ||
    post.inReplyTo !== undefined ||
    post.tagKeys.length === 0
  )
    return new Set();
  const rows = await site.models.tagRelations
    .find({ kind: "follow", tag: { $in: post.tagKeys } }, { owner: 1 })
    .lean();
  return new Set(rows.map((row) => row.owner));
}

async function place(site: Site, owner: string, post: PostRow): Promise<void> {
  if ((await insertPlaces(site, owner, [post])) === 0) return;
  publishEvent(site, { channels: [channelOf(owner)], event: "update", post: post._id });
}

/**
 * Puts the newest posts of an author into an account's home timeline and the lists that the author is in: they are
 * followed from now on, or no longer muted.
 */
export async function mergeIntoTimelines(
  site: Site,
  account: Pick<ActorRow, "_id">,
  author: Pick<ActorRow, "_id">,
): Promise<void> {
  const [{ taste, entries }, lists] = await Promise.all([
    newestFor(site, account._id, author._id),
    listsWith(site, [account._id], author._id),
  ]);
  if (entries.length === 0) return;
  for (const list of lists)
    await insertPlaces(site, listOf(list._id), postsOf(await taste.forList(site, list, entries)));
  if (lists.some((list) => list.exclusive)) return;
  const home = homeOf(account._id);
  const shown = entries.filter((entry) => !taste.isAnswerToStrangers(entry));
  await insertPlaces(site, home, postsOf(await withoutRepeats(site, home, shown)));
}

/** Puts the newest posts of a member into a list. Of somebody who has not let the owner follow yet there are none. */
export async function mergeIntoList(site: Site, list: ListRow, member: Pick<ActorRow, "_id">): Promise<void> {
  const { taste, entries } = await newestFor(site, list.owner, member._id);
  await insertPlaces(site, listOf(list._id), postsOf(await taste.forList(site, list, entries)));
}

/** An author's newest posts and boosts that a reader wants to see, the newest first; none unless the reader follows them. */
async function newestFor(
  site: Site,
  reader: number,
  author: number,
): Promise<{ taste: Taste; entries: Entry[] }> {
  const [follow, rows] = await Promise.all([
    site.models.follows
      .findOne({ follower: reader, followed: author, state: "accepted" })
      .lean<FollowRow | null>(),
    readRows(
      site.models.posts,
      { author, visibility: { $in: ["public", "unlisted", "followers"] }, deletedAt: { $exists: false } },
      { sort: { _id: -1 }, limit: MERGED },
    ),
  ]);
  const entries = follow === null && reader !== author ? [] : await entriesOf(site, rows);
  const taste = await Taste.of(site, reader, follow ?? undefined, entries);
  return { taste, entries: entries.filter((entry) => taste.welcomes(entry)) };
}

/** With what they show, and who wrote it; without those whose original is gone. Two queries at most. */
async function entriesOf(site: Site, rows: readonly PostRow[]): Promise<Entry[]> {
  const boosted = rows.flatMap((row) => row.boostOf ?? []);
  const originals = new Map(rows.map((row) => [row._id, row]));
  if (boosted.length > 0)
    for (const row of await readRows(site.models.posts, { _id: { $in: [...new Set(boosted)] } }))
      originals.set(row._id, row);
  const found = rows.flatMap((post) => {
    const original = originals.get(post.boostOf ?? post._id);
    return original === undefined || original.deletedAt !== undefined ? [] : [{ post, original }];
  });
  if (found.length === 0) return [];
  const ids = [...new Set(found.map(({ original }) => original.author))];
  const actors = await readRows(site.models.actors, { _id: { $in: ids } });
  return found.map(({ post, original }) => ({
    post,
    original,
    author: actors.find((actor) => actor._id === original.author) ?? null,
  }));
}

/** Of several boosts of one post the first stands in a home timeline, and none of a post that stands there itself. */
async function withoutRepeats(site: Site, home: string, entries: readonly Entry[]): Promise<Entry[]> {
  const boosts = entries.filter(({ post }) => post.boostOf !== undefined);
  if (boosts.length === 0) return [...entries];
  const shown = new Set(
    await standingIn(
      site,
      home,
      boosts.map(({ original }) => original._id),
    ),
  );
  // They come the newest first.
  return [...entries].reverse().filter(({ post, original }) => {
    if (post.boostOf !== undefined && shown.has(original._id)) return false;
    shown.add(original._id);
    return true;
  });
}

const postsOf = (entries: readonly Entry[]): PostRow[] => entries.map((entry) => entry.post);
