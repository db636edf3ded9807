import { insertRow } from "../database/native.ts";
import type { ActorRow, FollowRow, PostRow, TagRelationRow, TimelineRow } from "../database/rows.ts";
import type { Site } from "../site.ts";
import type { StatusPage } from "../support/cursors.ts";
import { InvalidInput, isDuplicateKey, NotFound } from "../support/errors.ts";
import { snowflake } from "../support/ids.ts";
import { isTagName, normaliseTag } from "../text/hashtags.ts";
import { tellOfFeatured } from "./featured-collection.ts";
import { homeOf } from "./timelines.ts";
import { sortedPage } from "./page.ts";

const MOST_FEATURED = 10;
const MOST_FOLLOWED = 1000;
const NAME_LENGTH = 100;
/** Own posts that are looked at for tags worth featuring. */
const READ = 400;

type Owner = Pick<ActorRow, "_id">;

/** A hashtag as somebody typed it; `undefined` for what can be none. */
function readTag(text: string): { key: string; name: string } | undefined {
  const name = text.trim().replace(/^#/, "").normalize("NFKC");
  const key = normaliseTag(name);
  // What loses a letter on its way to the key is no name of a tag, but a sentence.
  return key === name.toLowerCase() && isTagName(key) && [...key].length <= NAME_LENGTH
    ? { key, name }
    : undefined;
}

/** Follows a hashtag: posts with it that reach this site come home. @throws {NotFound} for what can be no hashtag. */
export async function followTag(site: Site, owner: Owner, text: string): Promise<string> {
  const tag = readTag(text);
  if (tag === undefined) throw new NotFound("Record not found");
  if ((await site.models.tagRelations.countDocuments({ owner: owner._id, kind: "follow" })) >= MOST_FOLLOWED)
    throw refused(`No more than ${MOST_FOLLOWED} hashtags can be followed`);
  await store(site, owner, "follow", tag);
  return tag.name;
}

/** Ends it; what came home for no other reason leaves again. */
export async function unfollowTag(site: Site, owner: ActorRow, text: string): Promise<string> {
  const tag = readTag(text);
  if (tag === undefined) throw new NotFound("Record not found");
  const { deletedCount } = await site.models.tagRelations.deleteOne({
    owner: owner._id,
    kind: "follow",
    tag: tag.key,
  });
  if (deletedCount > 0) await takeFromHome(site, owner, tag.key);
  return tag.name;
}

async function takeFromHome(site: Site, owner: ActorRow, key: string): Promise<void> {
  const places = await site.models.timelines
    .find({ owner: homeOf(owner._id) }, { post: 1, author: 1 })
    .lean<Pick<TimelineRow, "_id" | "post" | "author">[]>();
  const [tagged, follows, others] = await Promise.all([
    site.models.posts
      .find({ _id: { $in: places.map((place) => place.post) }, tagKeys: key }, { author: 1, tagKeys: 1 })
      .lean<Pick<PostRow, "_id" | "author" | "tagKeys">[]>(),
    site.models.follows
      .find(
        {
          follower: owner._id,
          state: "accepted",
          followed: { $in: [...new Set(places.map((place) => place.author))] },
        },
        { followed: 1 },
      )
      .lean<FollowRow[]>(),
    site.models.tagRelations.find({ owner: owner._id, kind: "follow" }, { tag: 1 }).lean<TagRelationRow[]>(),
  ]);
  const kept = new Set([owner._id, ...follows.map((row) => row.followed)]);
  const still = new Set(others.map((row) => row.tag));
  const leaving = tagged.filter(
    (post) => !kept.has(post.author) && !post.tagKeys.some((other) => still.has(other)),
  );
  if (leaving.length === 0) return;
  await site.models.timelines.deleteMany({
    owner: homeOf(owner._id),
    post: { $in: leaving.map((post) => post._id) },
  });
}

/** Hashtags that an account follows, the last first. One query. */
export async function followedTagsPage(
  site: Site,
  owner: Owner,
  page: StatusPage,
): Promise<TagRelationRow[]> {
  return sortedPage(site.models.tagRelations, { owner: owner._id, kind: "follow" }, page);
}

/**
 * Shows a hashtag on the account's profile.
 * @returns the row, and whether it is new.
 * @throws {InvalidInput} for what can be no hashtag, or one too many.
 */
export async function featureTag(
  site: Site,
  owner: ActorRow,
  text: string,
): Promise<{ row: TagRelationRow; isNew: boolean }> {
  const tag = readTag(text);
  if (tag === undefined) throw refused("Validation failed: Tag is not a valid hashtag");
  const mine = { owner: owner._id, kind: "feature" } as const;
  const there = await site.models.tagRelations
    .findOne({ ...mine, tag: tag.key })
    .lean<TagRelationRow | null>();
  if (there) return { row: there, isNew: false };
  if ((await site.models.tagRelations.countDocuments(mine)) >= MOST_FEATURED)
    throw refused("Validation failed: You have already featured the maximum number of hashtags");
  const stored = await store(site, owner, "feature", tag);
  if (stored.isNew) await tell(site, owner, "Add", tag);
  return stored;
}

async function tell(
  site: Site,
  owner: ActorRow,
  type: "Add" | "Remove",
  tag: { key: string; name: string },
): Promise<void> {
  const href = site.urls.tagPage(tag.key);
  await tellOfFeatured(site, owner, type, href, { type: "Hashtag", href, name: `#${tag.name}` });
}

/** Takes one off the profile, by its name. */
export async function unfeatureTag(site: Site, owner: ActorRow, text: string): Promise<string> {
  const tag = readTag(text);
  if (tag === undefined) throw new NotFound("Record not found");
  const { deletedCount } = await site.models.tagRelations.deleteOne({
    owner: owner._id,
    kind: "feature",
    tag: tag.key,
  });
  if (deletedCount > 0) await tell(site, owner, "Remove", tag);
  return tag.name;
}

/** The same, by the id that it has there. @throws {NotFound} for what is not the account's own. */
export async function unfeatureById(site: Site, owner: ActorRow, id: number): Promise<void> {
  const row = await site.models.tagRelations
    .findOneAndDelete({ _id: id, owner: owner._id, kind: "feature" })
    .lean<TagRelationRow | null>();
  if (!row) throw new NotFound("Record not found");
  await tell(site, owner, "Remove", { key: row.tag, name: row.name });
}

/** Hashtags that an account uses most, without those on its profile. Two queries. */
export async function tagsWorthFeaturing(site: Site, owner: Owner): Promise<string[]> {
  const [featured, posts] = await Promise.all([
    site.models.tagRelations.find({ owner: owner._id, kind: "feature" }).lean<TagRelationRow[]>(),
    site.models.posts
      .find(
        { author: owner._id, visibility: { $in: ["public", "unlisted"] }, deletedAt: { $exists: false } },
        { hashtags: 1 },
      )
      .sort({ _id: -1 })
      .limit(READ)
      .lean<Pick<PostRow, "_id" | "hashtags">[]>(),
  ]);
  const known = new Set(featured.map((row) => row.tag));
  const uses = new Map<string, { name: string; count: number }>();
  for (const name of posts.flatMap((post) => post.hashtags)) {
    const key = normaliseTag(name);
    if (known.has(key) || !isTagName(key)) continue;
    uses.set(key, { name: uses.get(key)?.name ?? name, count: (uses.get(key)?.count ?? 0) + 1 });
  }
  return [...uses.values()]
    .sort((one, other) => other.count - one.count)
    .slice(0, MOST_FEATURED)
    .map(({ name }) => name);
}

async function store(
  site: Site,
  owner: Owner,
  kind: TagRelationRow["kind"],
  { key, name }: { key: string; name: string },
): Promise<{ row: TagRelationRow; isNew: boolean }> {
  const now = site.clock.now();
  const row: TagRelationRow = {
    _id: snowflake(now),
    owner: owner._id,
    kind,
    tag: key,
    name,
    createdAt: now,
  };
  try {
    await insertRow(site.models.tagRelations, row);
    return { row, isNew: true };
  } catch (error) {
    if (!isDuplicateKey(error)) throw error;
    const there = await site.models.tagRelations
      .findOne({ owner: owner._id, kind, tag: key })
      .lean<TagRelationRow | null>();
    return there ? { row: there, isNew: false } : store(site, owner, kind, { key, name });
  }
}

function refused(text: string): InvalidInput {
  return new InvalidInput(text, "tag-refused");
}
