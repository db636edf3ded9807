import type { ActorRow, FollowRow, ListMemberRow, ListRow, PostRow, TimelineRow } from "../database/rows.ts";
import { native, readRows } from "../database/native.ts";
import type { Site } from "../site.ts";
import type { StatusPage } from "../support/cursors.ts";
import { isDuplicateKey } from "../support/errors.ts";
import { localAccounts } from "./accounts.ts";
import { inOrderOf, sortedPage } from "./page.ts";
import { publicChannels } from "./public-streams.ts";
import { publishEvent } from "./publish-event.ts";
import { isUnderDomain, shadowsOf, type Shadows } from "./shadows.ts";

/** Places kept in a timeline; who reads further reads profiles. */
export const TIMELINE_LENGTH = 800;
/** Posts of somebody newly followed that are put into the home timeline. */
const MERGED = 50;

/** The home timeline's own name. */
export const homeOf = (account: number): string => `home:${account}`;
const listOf = (list: number): string => `list:${list}`;

/** Puts a new post, or boost, into every timeline written ahead that it belongs to, and tells their streams. */
export async function placeInTimelines(site: Site, post: PostRow): Promise<void> {
  if (post.visibility === "direct" || post.deletedAt !== undefined) return;
  const readers = await localAccounts(site);
  const ids = readers.map((account) => account._id);
  const [follows, memberships, tagged, original] = await Promise.all([
    site.models.follows
      .find({ followed: post.author, follower: { $in: ids }, state: "accepted" })
      .lean<FollowRow[]>(),
    site.models.listMembers.find({ account: post.author, owner: { $in: ids } }).lean<ListMemberRow[]>(),
    followersOfTags(site, post),
    post.boostOf === undefined ? post : site.models.posts.findById(post.boostOf).lean<PostRow | null>(),
  ]);
  if (!original || original.deletedAt !== undefined) return;
  const author = await site.models.actors.findById(original.author).lean<ActorRow | null>();
  const lists =
    memberships.length === 0
      ? []
      : await site.models.lists.find({ _id: { $in: memberships.map((row) => row.list) } }).lean<ListRow[]>();

  for (const reader of readers) {
    const follow = follows.find((row) => row.follower === reader._id);
    const wantsTag = tagged.has(reader._id);
    if (reader._id !== post.author && !follow && !wantsTag) continue;
    const shadows = await shadowsOf(site, reader._id, [post.author, original.author]);
    if (!isWelcome(reader, post, original, author, follow, shadows)) continue;
    const own = lists.filter((list) => list.owner === reader._id);
    for (const list of own) {
      if (await belongsInList(site, list, original))
        await place(site, listOf(list._id), post, [`list:${list._id}`]);
    }
    if (own.some((list) => list.exclusive)) continue;
    if (await isAnswerToStrangers(site, reader, original)) continue;
    if (post.boostOf !== undefined && (await isAtHome(site, reader, original))) continue;
    await place(site, homeOf(reader._id), post, [`user:${reader._id}`]);
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

function isWelcome(
  reader: ActorRow,
  post: PostRow,
  original: PostRow,
  author: ActorRow | null,
  follow: FollowRow | undefined,
  shadows: Shadows,
): boolean {
  if (reader._id === post.author) return true;
  if ([post.author, original.author].some((id) => shadows.blocked.has(id) || shadows.muted.has(id)))
    return false;
  if (author && !follow && isUnderDomain(author.host, shadows.domains)) return false;
  if (post.boostOf !== undefined && follow?.showBoosts === false) return false;
  const { languages } = follow ?? {};
  return (
    languages === undefined ||
    languages.length === 0 ||
    original.language === undefined ||
    languages.includes(original.language.split("-")[0] ?? "")
  );
}

/** Mastodon's rule: an answer is shown if the reader follows the one who is answered too, or is that one. */
async function isAnswerToStrangers(site: Site, reader: ActorRow, post: PostRow): Promise<boolean> {
  if (post.inReplyTo === undefined || post.author === reader._id) return false;
  const answered = post.inReplyToAuthor;
  if (answered === undefined) return true;
  if (answered === reader._id || answered === post.author) return false;
  return (
    (await site.models.follows.exists({ follower: reader._id, followed: answered, state: "accepted" })) ===
    null
  );
}

async function belongsInList(site: Site, list: ListRow, post: PostRow): Promise<boolean> {
  if (post.inReplyTo === undefined || post.inReplyToAuthor === post.author) return true;
  if (list.repliesPolicy === "none" || post.inReplyToAuthor === undefined) return false;
  if (post.inReplyToAuthor === list.owner) return true;
  return list.repliesPolicy === "list"
    ? (await site.models.listMembers.exists({ list: list._id, account: post.inReplyToAuthor })) !== null
    : (await site.models.follows.exists({
        follower: list.owner,
        followed: post.inReplyToAuthor,
        state: "accepted",
      })) !== null;
}

async function isAtHome(site: Site, reader: ActorRow, original: PostRow): Promise<boolean> {
  return (await site.models.timelines.exists({ owner: homeOf(reader._id), original: original._id })) !== null;
}

async function place(site: Site, owner: string, post: PostRow, channels: string[]): Promise<void> {
  if ((await insert(site, owner, [post])) === 0) return;
  publishEvent(site, { channels, event: "update", post: post._id });
}

async function insert(site: Site, owner: string, posts: readonly PostRow[]): Promise<number> {
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

/** Tells the streams of every timeline in which a post stands. */
export async function tellTimelines(
  site: Site,
  post: Pick<PostRow, "_id">,
  event: "status.update",
): Promise<void> {
  const rows = await site.models.timelines.find({ post: post._id }, { owner: 1 }).lean<TimelineRow[]>();
  const channels = rows.map((row) => row.owner.replace(/^home:/, "user:"));
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
  const owners = [...new Set(rows.map((row) => row.owner.replace(/^home:/, "user:")))];
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

/** Puts the newest posts of somebody newly followed into the home timeline. */
export async function mergeIntoHome(
  site: Site,
  account: ActorRow,
  followed: Pick<ActorRow, "_id">,
): Promise<void> {
  const posts = await site.models.posts
    .find({
      author: followed._id,
      visibility: { $in: ["public", "unlisted", "followers"] },
      deletedAt: { $exists: false },
    })
    .sort({ _id: -1 })
    .limit(MERGED)
    .lean<PostRow[]>();
  const shown: PostRow[] = [];
  for (const post of posts) if (!(await isAnswerToStrangers(site, account, post))) shown.push(post);
  await insert(site, homeOf(account._id), shown);
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

/** Makes a home timeline anew from what is stored: after an import, or when it was lost. */
export async function rebuildHome(site: Site, account: ActorRow): Promise<void> {
  const follows = await site.models.follows
    .find({ follower: account._id, state: "accepted" }, { followed: 1 })
    .lean<FollowRow[]>();
  for (const id of [account._id, ...follows.map((row) => row.followed)])
    await mergeIntoHome(site, account, { _id: id });
}

/** Puts what is stored of a new member's newest posts into a list. */
export async function mergeIntoList(site: Site, list: ListRow, member: Pick<ActorRow, "_id">): Promise<void> {
  const posts = await site.models.posts
    .find({
      author: member._id,
      visibility: { $in: ["public", "unlisted", "followers"] },
      deletedAt: { $exists: false },
    })
    .sort({ _id: -1 })
    .limit(MERGED)
    .lean<PostRow[]>();
  const shown: PostRow[] = [];
  for (const post of posts) if (await belongsInList(site, list, post)) shown.push(post);
  await insert(site, listOf(list._id), shown);
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
