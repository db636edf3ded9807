import type { PostRow, TagRelationRow } from "../../database/rows.ts";
import { ONE_BATCH } from "../../database/native.ts";
import type { Site } from "../../site.ts";
import { DAY } from "../../support/clock.ts";
import { firstSnowflakeAt } from "../../support/ids.ts";
import { normaliseTag } from "../../text/hashtags.ts";
import { tagEntity, type TagDay, type TagEntity } from "../entities/tag.ts";
import { surroundingsOf } from "./surroundings.ts";
import type { LoadViewer } from "./viewer.ts";

/** Days of a tag's history, today included. */
const DAYS = 7;
/** Posts that are counted for it, over all tags asked for. */
const COUNTED = 10_000;

/** Tags with their last week, in the order of the names. Two queries, however many they are. */
export async function loadTags(
  site: Site,
  viewer: LoadViewer,
  names: readonly string[],
): Promise<TagEntity[]> {
  const tags = names.map((name) => ({ name, key: normaliseTag(name) }));
  const keys = [...new Set(tags.map((tag) => tag.key))];
  const me = viewer.account?._id;
  const [around, posts, relations] = await Promise.all([
    surroundingsOf(site),
    keys.length === 0 ? [] : recentPosts(site, keys),
    me === undefined || keys.length === 0
      ? []
      : site.models.tagRelations
          .find({ owner: me, kind: { $in: ["follow", "feature"] }, tag: { $in: keys } })
          .lean<TagRelationRow[]>(),
  ]);
  return tags.map((tag) => {
    const own = relations.filter((row) => row.tag === tag.key);
    return tagEntity(
      tag,
      weekOf(
        posts.filter((post) => post.tagKeys.includes(tag.key)),
        site.clock.now(),
      ),
      around,
      me === undefined
        ? undefined
        : {
            following: own.some((row) => row.kind === "follow"),
            featuring: own.some((row) => row.kind === "feature"),
          },
    );
  });
}

type Use = Pick<PostRow, "_id" | "author" | "publishedAt" | "tagKeys">;

async function recentPosts(site: Site, keys: readonly string[]): Promise<Use[]> {
  const from = firstSnowflakeAt(new Date(startOfDay(site.clock.now()).getTime() - (DAYS - 1) * DAY));
  return site.models.posts
    .find(
      {
        tagKeys: { $in: keys },
        _id: { $gte: from },
        visibility: "public",
        deletedAt: { $exists: false },
        hiddenAt: { $exists: false },
      },
      { author: 1, publishedAt: 1, tagKeys: 1 },
    )
    .sort({ _id: -1 })
    .limit(COUNTED)
    .hint({ tagKeys: 1, _id: -1 })
    .batchSize(ONE_BATCH)
    .lean<Use[]>();
}

function startOfDay(at: Date): Date {
  return new Date(Math.floor(at.getTime() / DAY) * DAY);
}

/** Seven days, today first. */
function weekOf(posts: readonly Use[], now: Date): TagDay[] {
  return Array.from({ length: DAYS }, (_, ago) => {
    const day = new Date(startOfDay(now).getTime() - ago * DAY);
    const uses = posts.filter((post) => startOfDay(post.publishedAt).getTime() === day.getTime());
    return { day, uses: uses.length, accounts: new Set(uses.map((post) => post.author)).size };
  });
}
