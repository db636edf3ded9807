import { insertRow } from "../database/native.ts";
import type { ActorRow, MarkerRow } from "../database/rows.ts";
import type { Site } from "../site.ts";
import { InvalidInput, isDuplicateKey } from "../support/errors.ts";

export const MARKED = ["home", "notifications"] as const;
export type Marked = (typeof MARKED)[number];

type Owner = Pick<ActorRow, "_id" | "createdAt">;

const idOf = (owner: Pick<ActorRow, "_id">, timeline: Marked): string => `${owner._id}:${timeline}`;

/**
 * How far an account has read. One query.
 *
 * A timeline that was never marked is marked at nothing: Elk reads the marker of notifications without looking whether
 * there is one.
 */
export async function markersOf(
  site: Site,
  owner: Owner,
  timelines: readonly Marked[],
): Promise<Partial<Record<Marked, MarkerRow>>> {
  const rows = await site.models.markers
    .find({ _id: { $in: timelines.map((timeline) => idOf(owner, timeline)) } })
    .lean<MarkerRow[]>();
  return Object.fromEntries(
    timelines.map((timeline) => {
      const _id = idOf(owner, timeline);
      const unmarked = { _id, lastReadId: "0", version: 0, updatedAt: owner.createdAt };
      return [timeline, rows.find((row) => row._id === _id) ?? unmarked];
    }),
  );
}

/**
 * Moves a marker. The version grows by one with each move.
 * @throws {InvalidInput} 409 where somebody else moved it at the same moment; the app reads it again.
 */
export async function moveMarker(
  site: Site,
  owner: Pick<ActorRow, "_id">,
  timeline: Marked,
  lastReadId: string,
): Promise<MarkerRow> {
  const _id = idOf(owner, timeline);
  const before = await site.models.markers.findById(_id).lean<MarkerRow | null>();
  if (before?.lastReadId === lastReadId) return before;
  const after: MarkerRow = {
    _id,
    lastReadId,
    version: (before?.version ?? 0) + 1,
    updatedAt: site.clock.now(),
  };
  if (before === null) {
    try {
      await insertRow(site.models.markers, after);
    } catch (error) {
      if (isDuplicateKey(error)) throw conflict();
      throw error;
    }
    return after;
  }
  const { matchedCount } = await site.models.markers.updateOne(
    { _id, version: before.version },
    { $set: after },
  );
  if (matchedCount === 0) throw conflict();
  return after;
}

function conflict(): InvalidInput {
  return new InvalidInput("Conflict during update, please try again", "conflict", 409);
}
