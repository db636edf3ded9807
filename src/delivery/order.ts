import type { ActivityRow } from "../database/rows.ts";

/** What decides the place of an activity among those about the same object. */
export type Placed = Pick<ActivityRow, "_id" | "type" | "createdAt">;

const RANKS: Record<string, number> = { Create: 0, Delete: 2 };

/** Does `a` have to arrive before `b`? Both are about the same object. */
export function comesBefore(a: Placed, b: Placed): boolean {
  const time = a.createdAt.getTime() - b.createdAt.getTime();
  if (time !== 0) return time < 0;
  // Within one millisecond the ids are random, but a Create is never meant to follow its Delete.
  const rank = (RANKS[a.type] ?? 1) - (RANKS[b.type] ?? 1);
  return rank !== 0 ? rank < 0 : a._id < b._id;
}

/**
 * Which queued activities about the same object need not be sent once one of this type is queued. An Update does not
 * replace a Create: Mastodon ignores an Update of a post that it does not know.
 */
export function supersededTypes(type: string): string[] {
  if (type === "Update") return ["Update"];
  if (type === "Delete") return ["Create", "Update"];
  return [];
}
