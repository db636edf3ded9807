import type { ActorRow, FollowRow, RelationRow } from "../database/rows.ts";
import type { Site } from "../site.ts";
import { inOrderOf } from "./page.ts";
import { isUnderDomain, shadowsOf } from "./shadows.ts";

/** Follows that are looked through on each side. */
const LOOKED_THROUGH = 2000;
/** People who are weighed; more are never suggested. */
const WEIGHED = 200;

/**
 * People followed by those whom an account follows, as far as this site knows, those with most such followers first. Not
 * whom it follows, has asked to follow, blocks, mutes, or has waved away. A fixed number of queries.
 */
export async function suggestionsFor(
  site: Site,
  account: Pick<ActorRow, "_id">,
  wanted: { limit: number; offset?: number },
): Promise<ActorRow[]> {
  const mine = await site.models.follows
    .find({ follower: account._id }, { followed: 1, state: 1 })
    .sort({ _id: -1 })
    .limit(LOOKED_THROUGH)
    .lean<FollowRow[]>();
  const friends = mine.filter((row) => row.state === "accepted").map((row) => row.followed);
  if (friends.length === 0) return [];
  const theirs = await site.models.follows
    .find({ follower: { $in: friends }, state: "accepted" }, { followed: 1 })
    .limit(LOOKED_THROUGH)
    .lean<FollowRow[]>();
  const known = new Set([account._id, ...mine.map((row) => row.followed)]);
  const weights = new Map<number, number>();
  for (const { followed } of theirs)
    if (!known.has(followed)) weights.set(followed, (weights.get(followed) ?? 0) + 1);
  const ids = [...weights.keys()]
    .sort((one, other) => (weights.get(other) ?? 0) - (weights.get(one) ?? 0) || one - other)
    .slice(0, WEIGHED);
  const { offset = 0, limit } = wanted;
  return (await welcome(site, account, ids)).slice(offset, offset + limit);
}

async function welcome(site: Site, account: Pick<ActorRow, "_id">, ids: number[]): Promise<ActorRow[]> {
  if (ids.length === 0) return [];
  const [actors, shadows, dismissed] = await Promise.all([
    site.models.actors.find({ _id: { $in: ids }, goneAt: { $exists: false } }).lean<ActorRow[]>(),
    shadowsOf(site, account._id, ids),
    site.models.relations
      .find({ owner: account._id, kind: "dismissSuggestion", target: { $in: ids } }, { target: 1 })
      .lean<RelationRow[]>(),
  ]);
  const away = new Set(dismissed.map((row) => row.target));
  return inOrderOf(ids, actors).filter(
    (actor) =>
      actor.movedTo === undefined &&
      !away.has(actor._id) &&
      !shadows.blocked.has(actor._id) &&
      !shadows.muted.has(actor._id) &&
      !isUnderDomain(actor.host, shadows.domains),
  );
}
