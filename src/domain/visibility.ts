import type { PostRow } from "../database/rows.ts";

/** What the gate looks at. */
export type Visible = Pick<PostRow, "visibility" | "deletedAt" | "hiddenAt">;

/**
 * The one gate: may anybody at all see this post? Every page, document, collection, count and feed asks here, or puts
 * `SEEN_BY_ANYONE` into its query, which says the same to the store.
 */
export function seenByAnyone(post: Visible): boolean {
  return isOpen(post) && post.deletedAt === undefined && post.hiddenAt === undefined;
}

/** The same as a filter. */
export const SEEN_BY_ANYONE = {
  visibility: { $in: ["public", "unlisted"] },
  deletedAt: { $exists: false },
  hiddenAt: { $exists: false },
} as const;

/** Was it ever meant for everybody? Then a Tombstone may say that it existed. */
export function isOpen(post: Pick<PostRow, "visibility">): boolean {
  return post.visibility === "public" || post.visibility === "unlisted";
}
