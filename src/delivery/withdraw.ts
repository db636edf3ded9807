import { activitiesOf, deliveriesOf } from "./collections.ts";
import type { ActivityRow } from "../database/rows.ts";
import type { Site } from "../site.ts";
import { DAY, fromNow } from "../support/clock.ts";
import { comesBefore, supersededTypes } from "./order.ts";

interface Target {
  inbox: string;
  host: string;
}

/**
 * Calls back what `activity` supersedes and has not been sent to these inboxes yet. For a Delete it leaves out the inboxes
 * that never got anything: there is nothing to delete there. A row in a worker's hands may be on its way; it stays, and
 * the new one waits for it.
 */
export async function withdraw(site: Site, activity: ActivityRow, targets: Target[]): Promise<Target[]> {
  if (targets.length === 0) return targets;
  const older = await superseded(site, activity);
  if (older.length === 0) return targets;
  const rows = deliveriesOf(site);
  const here = {
    activity: { $in: older.map((row) => row._id) },
    inbox: { $in: targets.map(({ inbox }) => inbox) },
  };
  await rows.updateMany(
    { ...here, state: "pending", lease: { $exists: false } },
    {
      $set: {
        state: "cancelled",
        endedAt: site.clock.now(),
        expiresAt: fromNow(site.clock, site.options.delivery.keepDelivered * DAY),
      },
      $unset: { nextAt: 1 },
    },
  );
  if (activity.type !== "Delete") return targets;
  const creates = older.filter((row) => row.type === "Create").map((row) => row._id);
  if (creates.length === 0) return targets;
  const unsent = await rows
    .find(
      { ...here, activity: { $in: creates }, state: "cancelled", attempts: 0 },
      { projection: { _id: 0, inbox: 1 } },
    )
    .toArray();
  const spared = new Set(unsent.map((row) => row.inbox));
  return targets.filter(({ inbox }) => !spared.has(inbox));
}

async function superseded(site: Site, activity: ActivityRow): Promise<ActivityRow[]> {
  const rows = await activitiesOf(site)
    .find(
      { object: activity.object, type: { $in: supersededTypes(activity.type) } },
      { projection: { type: 1, createdAt: 1, cancelledAt: 1 } },
    )
    .toArray();
  return rows.filter(
    (row) => row._id !== activity._id && row.cancelledAt !== undefined && comesBefore(row, activity),
  );
}
