import type { PostRow } from "../database/rows.ts";
import type { Site } from "../site.ts";
import { isTagName, normaliseTag } from "../text/hashtags.ts";

/** Posts that are looked at for names of tags. */
const READ = 1000;

/**
 * Names of hashtags on public posts that begin with the text, the most used first; the text itself is the first where it
 * was written as a tag. One query.
 */
export async function searchTags(
  site: Site,
  text: string,
  wanted: { limit: number; offset?: number },
): Promise<string[]> {
  const start = normaliseTag(text);
  if (start === "" || start.length > 100) return [];
  const posts = await site.models.posts
    .find(
      {
        tagKeys: { $elemMatch: { $gte: start, $lt: `${start}\uffff` } },
        visibility: "public",
        deletedAt: { $exists: false },
        hiddenAt: { $exists: false },
      },
      { tagKeys: 1 },
    )
    .hint({ tagKeys: 1, _id: -1 })
    .limit(READ)
    .lean<Pick<PostRow, "_id" | "tagKeys">[]>();
  const uses = new Map<string, number>();
  if (text.trim().startsWith("#") && isTagName(start)) uses.set(start, Number.POSITIVE_INFINITY);
  for (const post of posts)
    for (const key of post.tagKeys) if (key.startsWith(start)) uses.set(key, (uses.get(key) ?? 0) + 1);
  // A whole word comes before longer ones, however often those are used.
  const order = (key: string): number => (key === start ? Number.POSITIVE_INFINITY : (uses.get(key) ?? 0));
  const { offset = 0, limit } = wanted;
  return [...uses.keys()]
    .sort((one, other) => order(other) - order(one) || one.localeCompare(other))
    .slice(offset, offset + limit);
}
