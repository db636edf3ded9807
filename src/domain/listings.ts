import type { ActorRow, PostRow } from "../database/rows.ts";
import type { Site } from "../site.ts";
import type { StatusPage } from "../support/cursors.ts";
import { normaliseTag } from "../text/hashtags.ts";
import { sortedPage } from "./page.ts";
import { unwantedAuthors } from "./shadows.ts";

type Filter = Record<string, unknown>;
type Viewer = Pick<ActorRow, "_id">;

/** Which posts of a list are wanted. */
export interface ListingFilter {
  /** Of this site only. */
  local?: boolean;
  /** Of other servers only. */
  remote?: boolean;
  onlyMedia?: boolean;
}

/** Shown in lists that strangers browse: not what was only meant to be found by its address. */
const LISTED: Filter = {
  visibility: "public",
  deletedAt: { $exists: false },
  hiddenAt: { $exists: false },
  boostOf: { $exists: false },
};

/** The lead picture of an Article is media to apps, too. */
const WITH_MEDIA: Filter = {
  $or: [{ "attachments.0": { $exists: true } }, { image: { $exists: true } }],
};

/**
 * Public posts of everybody known here, newest first; answers to others are talk among them. At most two queries.
 * @param viewer whose blocks and mutes leave their people out.
 */
export async function publicPage(
  site: Site,
  filter: ListingFilter,
  page: StatusPage,
  viewer?: Viewer,
): Promise<PostRow[]> {
  const byPlace = filter.local === true || filter.remote === true;
  return sortedPage(
    site.models.posts,
    await narrowed(site, { ...LISTED, inReplyTo: { $exists: false } }, filter, viewer),
    page,
    "_id",
    byPlace ? { local: 1, _id: -1 } : { visibility: 1, _id: -1 },
  );
}

/** Further tags of a tag's page, as apps name them. */
export interface TagFilter extends ListingFilter {
  /** One of these will do as well. */
  any?: readonly string[];
  /** All of these must be there, too. */
  all?: readonly string[];
  none?: readonly string[];
}

/** Further tags that are looked at, of each kind. */
const TAGS = 4;

/** Public posts with a hashtag, newest first. At most two queries. */
export async function tagPage(
  site: Site,
  name: string,
  filter: TagFilter,
  page: StatusPage,
  viewer?: Viewer,
): Promise<PostRow[]> {
  const keys = (names: readonly string[] = []): string[] =>
    names
      .slice(0, TAGS)
      .map(normaliseTag)
      .filter((key) => key !== "");
  const wanted = [...new Set([...keys([name]), ...keys(filter.any)])];
  if (wanted.length === 0) return [];
  const [all, none] = [keys(filter.all), keys(filter.none)];
  const tagKeys: Filter = {
    $in: wanted,
    ...(all.length === 0 ? {} : { $all: all }),
    ...(none.length === 0 ? {} : { $nin: none }),
  };
  const narrow = await narrowed(site, { ...LISTED, tagKeys }, filter, viewer);
  return sortedPage(site.models.posts, narrow, page, "_id", { tagKeys: 1, _id: -1 });
}

async function narrowed(
  site: Site,
  base: Filter,
  filter: ListingFilter,
  viewer: Viewer | undefined,
): Promise<Filter> {
  const unwanted = viewer === undefined ? [] : await unwantedAuthors(site, viewer);
  return {
    ...base,
    ...(filter.local === true ? { local: true } : filter.remote === true ? { local: false } : {}),
    ...(filter.onlyMedia === true ? WITH_MEDIA : {}),
    ...(unwanted.length === 0 ? {} : { author: { $nin: unwanted } }),
  };
}

export interface AccountFilter {
  onlyMedia?: boolean;
  /** Answers to oneself stay: they continue a thread. */
  excludeReplies?: boolean;
  excludeBoosts?: boolean;
  excludeDirect?: boolean;
  pinned?: boolean;
  tagged?: string;
}

/** Pinned posts of an account that are shown. */
const PINS = 20;

/**
 * What an account has written and boosted, as far as the viewer may see it, newest first. At most two queries.
 * @param filter.pinned only what is pinned, the last pinned first; never more than one page.
 */
export async function accountPage(
  site: Site,
  account: Pick<ActorRow, "_id">,
  filter: AccountFilter,
  page: StatusPage,
  viewer?: Viewer,
): Promise<PostRow[]> {
  const clauses: Filter[] = [];
  if (filter.onlyMedia === true) clauses.push(WITH_MEDIA);
  if (filter.excludeReplies === true)
    clauses.push({ $or: [{ inReplyTo: { $exists: false } }, { inReplyToAuthor: account._id }] });
  const visible = await visibleKinds(site, account, viewer);
  const query: Filter = {
    author: account._id,
    visibility: {
      $in: filter.excludeDirect === true ? visible.filter((kind) => kind !== "direct") : visible,
    },
    deletedAt: { $exists: false },
    ...(viewer?._id === account._id ? {} : { hiddenAt: { $exists: false } }),
    ...(filter.excludeBoosts === true ? { boostOf: { $exists: false } } : {}),
    ...(filter.tagged === undefined ? {} : { tagKeys: normaliseTag(filter.tagged) }),
    ...(clauses.length === 0 ? {} : { $and: clauses }),
  };
  if (filter.pinned === true) return pinnedPosts(site, query);
  return sortedPage(site.models.posts, query, page, "_id", { author: 1, _id: -1 });
}

async function pinnedPosts(site: Site, query: Filter): Promise<PostRow[]> {
  return site.models.posts
    .find({ ...query, pinnedAt: { $exists: true } } as never)
    .sort({ pinnedAt: -1 })
    .limit(PINS)
    .hint({ pinnedAt: 1 })
    .lean<PostRow[]>();
}

/** Messages to the viewer stand among their conversations, not here. */
async function visibleKinds(
  site: Site,
  account: Pick<ActorRow, "_id">,
  viewer: Viewer | undefined,
): Promise<PostRow["visibility"][]> {
  if (viewer?._id === account._id) return ["public", "unlisted", "followers", "direct"];
  const follows =
    viewer === undefined
      ? null
      : await site.models.follows.exists({ follower: viewer._id, followed: account._id, state: "accepted" });
  return follows === null ? ["public", "unlisted"] : ["public", "unlisted", "followers"];
}

/** Accepted quotes of a post, newest first. One query. @param visibility left out: of any, for who may see them all. */
export async function quotesPage(
  site: Site,
  post: Pick<PostRow, "_id">,
  page: StatusPage,
  visibility?: PostRow["visibility"],
): Promise<PostRow[]> {
  return sortedPage(
    site.models.posts,
    {
      "quote.id": post._id,
      "quote.state": "accepted",
      deletedAt: { $exists: false },
      ...(visibility === undefined ? {} : { visibility }),
    },
    page,
    "_id",
    { "quote.id": 1, _id: -1 },
  );
}
