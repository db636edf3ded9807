import type { ActorRow, ListRow, PostRow, TimelineRow } from "../database/rows.ts";
import { native, readRows } from "../database/native.ts";
import type { Site } from "../site.ts";
import type { StatusPage } from "../support/cursors.ts";
import { isDuplicateKey } from "../support/errors.ts";
import { inOrderOf, sortedPage } from "./page.ts";
import { publicChannels } from "./public-streams.ts";
import { publishEvent } from "./publish-event.ts";

/** Places kept in a timeline; who reads further reads profiles. */
export const TIMELINE_LENGTH = 800;

/** The home timeline's own name. */
export const homeOf = (account: number): string => `home:${account}`;
/** The name of a list's timeline. */
export const listOf = (list: number): string => `list:${list}`;
/** The stream on which a timeline's changes are told. */
export const channelOf = (timeline: string): string => timeline.replace(/^home:/, "user:");

/**
 * Writes posts into a timeline; what stands there already stays.
 * @param owner `homeOf` or `listOf`.
 * @returns how many are new in it.
 */
export async function insertPlaces(site: Site, owner: string, posts: readonly PostRow[]): Promise<number> {
  if (posts.length === 0) return 0;
  const rows: TimelineRow[] = posts.map((post) => ({
    _id: `${owner}:${post._id}`,
    owner,
    post: post._id,
    author: post.author,
    original: post.boostOf ?? post._id,
  }));
  let inserted: number;
  try {
    inserted = (await native(site.models.timelines).insertMany(rows, { ordered: false })).insertedCount;
  } catch (error) {
    // What is there already stays; a repeated job places nothing twice.
    if (!isDuplicateKey(error)) throw error;
    inserted =
      (error as { insertedCount?: number; result?: { insertedCount?: number } }).result?.insertedCount ?? 0;
  }
  if (inserted > 0) await trim(site, owner);
  return inserted;
}

async function trim(site: Site, owner: string): Promise<void> {
  const [last] = await site.models.timelines
    .find({ owner }, { post: 1 })
    .sort({ post: -1 })
    .skip(TIMELINE_LENGTH)
    .limit(1)
    .lean<TimelineRow[]>();
  if (last) await site.models.timelines.deleteMany({ owner, post: { $lte: last.post } });
}

/** Which of these posts stand in a timeline, themselves or as what a boost shows? One query. */
export async function standingIn(
  site: Site,
  owner: string,
  originals: readonly number[],
): Promise<ReadonlySet<number>> {
  const rows = await readRows(
    site.models.timelines,
    { owner, original: { $in: [...originals] } },
    { projection: { original: 1 } },
  );
  return new Set(rows.map((row) => row.original));
}

/** Tells the streams of every timeline in which a post stands. */
export async function tellTimelines(
  site: Site,
  post: Pick<PostRow, "_id">,
  event: "status.update",
): Promise<void> {
  const rows = await site.models.timelines.find({ post: post._id }, { owner: 1 }).lean<TimelineRow[]>();
  const channels = rows.map((row) => channelOf(row.owner));
  if (channels.length > 0) publishEvent(site, { channels, event, post: post._id });
}

/**
 * Takes a post, and its boosts, out of every timeline, and tells the streams.
 * @param post as it was while it stood there.
 */
export async function takeFromTimelines(site: Site, post: PostRow): Promise<void> {
  const boosts = await site.models.posts
    .find({ boostOf: post._id }, { _id: 1 })
    .limit(1000)
    .lean<PostRow[]>();
  const ids = [post._id, ...boosts.map((row) => row._id)];
  const rows = await site.models.timelines
    .find({ post: { $in: ids } }, { owner: 1, post: 1 })
    .lean<TimelineRow[]>();
  await site.models.timelines.deleteMany({ post: { $in: ids } });
  const owners = [...new Set(rows.map((row) => channelOf(row.owner)))];
  // Those who have it before their eyes; nobody else learns that there was one.
  const channels = [...owners, ...publicChannels(post)];
  if (channels.length > 0) publishEvent(site, { channels, event: "delete", id: String(post._id) });
}

export interface TimelinePage {
  rows: PostRow[];
  /** What the boosts among them boost. */
  originals: PostRow[];
}

/** A page of an account's home timeline. Two queries. */
export async function homePage(
  site: Site,
  account: Pick<ActorRow, "_id">,
  page: StatusPage,
): Promise<TimelinePage> {
  return timelinePage(site, homeOf(account._id), page);
}

/** A page of a list's timeline. Two queries. */
export async function listPage(
  site: Site,
  list: Pick<ListRow, "_id">,
  page: StatusPage,
): Promise<TimelinePage> {
  return timelinePage(site, listOf(list._id), page);
}

async function timelinePage(site: Site, owner: string, page: StatusPage): Promise<TimelinePage> {
  const places = await sortedPage(site.models.timelines, { owner }, page, "post");
  if (places.length === 0) return { rows: [], originals: [] };
  const ids = places.map((row) => row.post);
  const boosted = places.filter((row) => row.original !== row.post).map((row) => row.original);
  const posts = await readRows(site.models.posts, { _id: { $in: [...new Set([...ids, ...boosted])] } });
  return { rows: inOrderOf(ids, posts), originals: inOrderOf(boosted, posts) };
}

/** Takes everything of an actor out of an account's home timeline and lists. */
export async function leaveTimelines(
  site: Site,
  account: Pick<ActorRow, "_id">,
  actor: Pick<ActorRow, "_id">,
): Promise<void> {
  const lists = await site.models.lists.find({ owner: account._id }, { _id: 1 }).lean<ListRow[]>();
  const owners = [homeOf(account._id), ...lists.map((list) => listOf(list._id))];
  await site.models.timelines.deleteMany({ owner: { $in: owners }, author: actor._id });
}

/** Takes a member's posts out of a list, or, without a member, empties it. */
export async function leaveList(
  site: Site,
  list: Pick<ListRow, "_id">,
  member?: Pick<ActorRow, "_id">,
): Promise<void> {
  await site.models.timelines.deleteMany({
    owner: listOf(list._id),
    ...(member === undefined ? {} : { author: member._id }),
  });
}
