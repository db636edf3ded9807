import type { ActorRow, PostRow, TagRelationRow } from "../database/rows.ts";
import type { Site } from "../site.ts";

/** A hashtag on a profile, and how often its owner used it. */
export interface FeaturedTag {
  row: TagRelationRow;
  count: number;
  lastAt?: Date;
}

/** Tags that an account may feature; more were never taken. */
const MOST = 10;
/** Posts of the account that are counted. */
const COUNTED = 5000;

/** The hashtags that an account shows on its profile, in the order in which it chose them. Two queries. */
export async function featuredTags(site: Site, account: Pick<ActorRow, "_id">): Promise<FeaturedTag[]> {
  const rows = await site.models.tagRelations
    .find({ owner: account._id, kind: "feature" })
    .sort({ _id: 1 })
    .limit(MOST)
    .lean<TagRelationRow[]>();
  if (rows.length === 0) return [];
  const posts = await site.models.posts
    .find(
      {
        author: account._id,
        tagKeys: { $in: rows.map((row) => row.tag) },
        visibility: { $in: ["public", "unlisted"] },
        deletedAt: { $exists: false },
      },
      { tagKeys: 1, publishedAt: 1 },
    )
    .sort({ _id: -1 })
    .limit(COUNTED)
    .lean<Pick<PostRow, "_id" | "publishedAt" | "tagKeys">[]>();
  return rows.map((row) => {
    const tagged = posts.filter((post) => post.tagKeys.includes(row.tag));
    const [newest] = tagged;
    return { row, count: tagged.length, ...(newest ? { lastAt: newest.publishedAt } : {}) };
  });
}
