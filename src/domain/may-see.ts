import { readRows } from "../database/native.ts";
import type { ActorRow, PostRow } from "../database/rows.ts";
import type { Site } from "../site.ts";
import { tiesTo, type Ties } from "./shadows.ts";
import { isOpen, seenByAnyone } from "./visibility.ts";

type Viewer = Pick<ActorRow, "_id" | "uri">;

/** May this account (nobody: any stranger) see this post? */
export async function maySee(site: Site, post: PostRow, viewer?: Viewer): Promise<boolean> {
  return (await visibleTo(site, [post], viewer)).length > 0;
}

/**
 * The posts of a list that a viewer may see, in the same order. A boost is visible where what it boosts is. At most four
 * queries, however long the list.
 * @param originals boosted posts that the caller has loaded already; others are loaded.
 * @param ties of the viewer to all their authors, where the caller reads them anyway.
 */
export async function visibleTo(
  site: Site,
  posts: readonly PostRow[],
  viewer?: Viewer,
  originals: ReadonlyMap<number, PostRow> = new Map(),
  ties?: Promise<Ties>,
): Promise<PostRow[]> {
  const boosted = new Map(originals);
  const missing = posts.flatMap((post) =>
    post.boostOf !== undefined && !boosted.has(post.boostOf) ? [post.boostOf] : [],
  );
  if (missing.length > 0) {
    for (const row of await readRows(site.models.posts, { _id: { $in: missing } })) boosted.set(row._id, row);
  }
  const all = [...posts, ...boosted.values()];
  const allowed = viewer === undefined ? all.filter(seenByAnyone) : await seenBy(site, all, viewer, ties);
  const ids = new Set(allowed.map((post) => post._id));
  return posts.filter((post) => ids.has(post._id) && (post.boostOf === undefined || ids.has(post.boostOf)));
}

async function seenBy(
  site: Site,
  posts: readonly PostRow[],
  viewer: Viewer,
  ties?: Promise<Ties>,
): Promise<PostRow[]> {
  const live = posts.filter(
    (post) => post.deletedAt === undefined && (post.hiddenAt === undefined || post.author === viewer._id),
  );
  const authors = [...new Set(live.map((post) => post.author))];
  const closed = live.filter((post) => post.visibility === "followers").map((post) => post.author);
  const { shadows, followed } = await (ties ?? tiesTo(site, viewer._id, authors, { followed: closed }));
  return live.filter((post) => {
    if (post.author === viewer._id) return true;
    if (shadows.blocked.has(post.author)) return false;
    if (isOpen(post) || isMentioned(post, viewer)) return true;
    return post.visibility === "followers" && followed.has(post.author);
  });
}

function isMentioned(post: PostRow, viewer: Viewer): boolean {
  return (
    post.mentions.some((mention) => mention.uri === viewer.uri) ||
    post.to.includes(viewer.uri) ||
    post.cc.includes(viewer.uri)
  );
}
