import type { ActorRow, FollowRow } from "../database/rows.ts";
import type { Site } from "../site.ts";
import { localAccounts } from "./accounts.ts";
import { accountByHandle } from "./find-account.ts";

export interface AccountSearch {
  limit: number;
  offset?: number;
  /** Only people whom the viewer follows. */
  following?: boolean;
}

/** Follows whose names are looked at; further ones are found by handle only. */
const FOLLOWS = 2000;
/** Rows read of each kind before they are put in order. */
const READ = 80;

/**
 * Accounts known here whose handle begins with the text, or, among the site's own and those whom the viewer follows, whose
 * name has each of its words. Nobody's server is asked. Few queries on short index ranges: apps ask at each letter typed.
 */
export async function searchAccounts(
  site: Site,
  viewer: Pick<ActorRow, "_id"> | undefined,
  text: string,
  wanted: AccountSearch,
): Promise<ActorRow[]> {
  const query = text.trim().replace(/^@/, "").toLowerCase();
  if (query === "" || query.length > 200 || query.includes("\0")) return [];
  const followed = viewer === undefined ? [] : await followedBy(site, viewer);
  const ids = new Set(followed);
  const [exact, byHandle, byName, own] = await Promise.all([
    accountByHandle(site, query),
    site.models.actors
      .find({ handle: { $gte: query, $lt: `${query}\uffff` }, goneAt: { $exists: false } })
      .sort({ handle: 1 })
      .limit(READ)
      .lean<ActorRow[]>(),
    followed.length === 0 ? [] : namedLike(site, followed, query),
    localAccounts(site),
  ]);
  const known = [...byHandle, ...byName, ...own.filter((row) => hasWords(row, query))];
  const people = new Map([...(exact ? [exact] : []), ...known].map((row) => [row._id, row]));
  const rank = (row: ActorRow): number =>
    row._id === exact?._id ? 0 : ids.has(row._id) ? 1 : row.local ? 2 : 3;
  const { offset = 0, limit } = wanted;
  return [...people.values()]
    .filter((row) => row.localName?.startsWith("*") !== true)
    .filter((row) => wanted.following !== true || ids.has(row._id))
    .sort((one, other) => rank(one) - rank(other))
    .slice(offset, offset + limit);
}

async function followedBy(site: Site, viewer: Pick<ActorRow, "_id">): Promise<number[]> {
  const rows = await site.models.follows
    .find({ follower: viewer._id, state: "accepted" }, { followed: 1 })
    .sort({ _id: -1 })
    .limit(FOLLOWS)
    .lean<FollowRow[]>();
  return rows.map((row) => row.followed);
}

async function namedLike(site: Site, ids: readonly number[], query: string): Promise<ActorRow[]> {
  const words = wordsOf(query).map((word) => ({
    $or: [{ name: new RegExp(escaped(word), "i") }, { handle: new RegExp(escaped(word), "i") }],
  }));
  if (words.length === 0) return [];
  return site.models.actors
    .find({ _id: { $in: ids }, $and: words })
    .limit(READ)
    .lean<ActorRow[]>();
}

function hasWords(row: ActorRow, query: string): boolean {
  const words = wordsOf(query);
  const text = `${row.name} ${row.handle}`.toLowerCase();
  return words.length > 0 && words.every((word) => text.includes(word));
}

function wordsOf(query: string): string[] {
  return query
    .split(/\s+/)
    .filter((word) => word !== "")
    .slice(0, 8);
}

function escaped(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\/-]/g, "\\$&");
}
