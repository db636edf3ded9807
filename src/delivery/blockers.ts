import { deliveriesOf } from "./collections.ts";
import type { ActivityRow, DeliveryRow } from "../database/rows.ts";
import type { Site } from "../site.ts";
import { fromNow, SECOND } from "../support/clock.ts";
import { comesBefore } from "./order.ts";

/** How soon a row looks again whether one in somebody's hands is through. */
const TURN = 2 * SECOND;

/** Tells which row a row has to wait for. */
export interface Blockers {
  /** `until`: when to look again. */
  of(row: DeliveryRow): { id: number; until: Date } | undefined;
}

type Waiting = Pick<DeliveryRow, "_id" | "activity" | "object" | "host" | "nextAt" | "lease">;

/**
 * Same object and host go in order: finds rows of older activities that are still waiting. Asks the store only about
 * objects that have more than one activity, which are few.
 */
export async function findBlockers(
  site: Site,
  due: DeliveryRow[],
  activities: Map<number, ActivityRow>,
): Promise<Blockers> {
  const counts = new Map<string, number>();
  for (const { object } of activities.values()) counts.set(object, (counts.get(object) ?? 0) + 1);
  const contested = due.filter((row) => (counts.get(row.object) ?? 0) > 1);
  if (contested.length === 0) return { of: () => undefined };
  const waiting = (await deliveriesOf(site)
    .find(
      {
        object: { $in: [...new Set(contested.map((row) => row.object))] },
        host: { $in: [...new Set(contested.map((row) => row.host))] },
        state: "pending",
      },
      { projection: { activity: 1, object: 1, host: 1, nextAt: 1, lease: 1 } },
    )
    .toArray()) as unknown as Waiting[];
  const byPlace = new Map<string, Waiting[]>();
  for (const row of waiting) {
    const place = placeOf(row);
    const rows = byPlace.get(place);
    if (rows === undefined) byPlace.set(place, [row]);
    else rows.push(row);
  }
  return {
    of(row) {
      const own = activities.get(row.activity);
      const blocker = byPlace.get(placeOf(row))?.find((other) => {
        const older = activities.get(other.activity);
        if (own === undefined || older === undefined || older._id === own._id) return false;
        // One that will not be sent any more holds nobody up, unless it is on its way already.
        if (older.cancelledAt !== undefined && other.lease === undefined) return false;
        return comesBefore(older, own);
      });
      return blocker === undefined ? undefined : { id: blocker._id, until: lookAgain(site, blocker) };
    },
  };
}

function placeOf(row: { host: string; object: string }): string {
  return `${row.host} ${row.object}`;
}

/** One in somebody's hands is through in a moment; another waits for its own time, and nothing can be sooner. */
function lookAgain(site: Site, blocker: Waiting): Date {
  const turn = fromNow(site.clock, TURN);
  if (blocker.lease !== undefined || blocker.nextAt === undefined) return turn;
  return blocker.nextAt > turn ? blocker.nextAt : turn;
}
