import { activitiesOf } from "./collections.ts";
import type { ActivityRow, DeliveryRow } from "../database/rows.ts";
import type { Site } from "../site.ts";
import { fromNow, SECOND } from "../support/clock.ts";
import { audience, type Page } from "./pages.ts";
import { deliverable } from "./audience.ts";
import { insertRows } from "./rows.ts";
import { comesBefore, supersededTypes } from "./order.ts";
import { withdraw } from "./withdraw.ts";

/** How soon a fan-out looks again whether the one before it about the same object is done. */
const TURN = SECOND;

/** A fan-out in our hands. `lease` is the due time we gave it: whoever takes it over changes it. */
interface Held {
  activity: ActivityRow;
  lease: Date;
}

/**
 * Turns waiting activities into one delivery row for each distinct inbox, page by page: a process that dies in the middle
 * is followed by another at the page where it stopped. Several processes may drain at once.
 * @returns how many activities were finished.
 */
export async function drainFanout(site: Site, options: { signal?: AbortSignal } = {}): Promise<number> {
  let finished = 0;
  while (options.signal?.aborted !== true) {
    const held = await claimInTurn(site);
    if (held === null) break;
    if (await fanOut(site, held, options.signal)) finished += 1;
  }
  return finished;
}

/**
 * The next activity whose turn it is. Rows of an older one about the same object must be there first, or the worker could
 * not see what to wait for; so the older one is taken instead, or waited for where somebody else has it.
 */
async function claimInTurn(site: Site): Promise<Held | null> {
  for (let held = await claim(site); held !== null;) {
    const older = await before(site, held.activity);
    if (older === undefined) return held;
    const instead = await claim(site, older);
    await release(site, held, instead === null ? fromNow(site.clock, TURN) : site.clock.now());
    held = instead ?? (await claim(site));
  }
  return null;
}

/** Takes this activity, or the one that is due for longest. */
async function claim(site: Site, id?: number): Promise<Held | null> {
  const lease = fromNow(site.clock, site.options.delivery.lease * SECOND);
  const activity = await activitiesOf(site).findOneAndUpdate(
    { ...(id === undefined ? {} : { _id: id }), fanoutAt: { $lte: site.clock.now() } },
    { $set: { fanoutAt: lease } },
    { sort: { fanoutAt: 1 }, returnDocument: "after" },
  );
  return activity === null ? null : { activity, lease };
}

/** The oldest activity about the same object that is not fanned out yet. */
async function before(site: Site, activity: ActivityRow): Promise<number | undefined> {
  const others = await activitiesOf(site)
    .find(
      { object: activity.object, _id: { $ne: activity._id }, fanoutAt: { $exists: true } },
      { projection: { type: 1, createdAt: 1, cancelledAt: 1 } },
    )
    .toArray();
  const [oldest] = others
    .filter((other) => other.cancelledAt === undefined && comesBefore(other, activity))
    .sort((a, b) => (comesBefore(a, b) ? -1 : 1));
  return oldest?._id;
}

async function fanOut(site: Site, held: Held, signal: AbortSignal | undefined): Promise<boolean> {
  const { activity } = held;
  if (activity.cancelledAt === undefined) {
    for await (const page of audience(site, activity)) {
      await insertPage(site, activity, page);
      site.wake("delivery");
      if (!(await keep(site, held, page.cursor))) return false;
      if (signal?.aborted === true) {
        await release(site, held, site.clock.now());
        return false;
      }
    }
  }
  const done = await activitiesOf(site).updateOne(
    { _id: activity._id, fanoutAt: held.lease },
    { $unset: { fanoutAt: 1 } },
  );
  return done.modifiedCount > 0;
}

async function insertPage(site: Site, activity: ActivityRow, page: Page): Promise<void> {
  let targets = deliverable(site, page.inboxes);
  if (supersededTypes(activity.type).length > 0) targets = await withdraw(site, activity, targets);
  const now = site.clock.now();
  await insertRows(
    site,
    targets.map(({ inbox, host }): Omit<DeliveryRow, "_id"> => ({
      activity: activity._id,
      inbox,
      host,
      actor: activity.actor,
      object: activity.object,
      ...(activity.post === undefined ? {} : { post: activity.post }),
      state: "pending",
      attempts: 0,
      nextAt: now,
      createdAt: now,
    })),
  );
}

/** Stores how far we are and holds on to the activity. False: another process has taken it over. */
async function keep(site: Site, held: Held, cursor: string): Promise<boolean> {
  const lease = fromNow(site.clock, site.options.delivery.lease * SECOND);
  const kept = await activitiesOf(site).updateOne(
    { _id: held.activity._id, fanoutAt: held.lease },
    { $set: { fanoutCursor: cursor, fanoutAt: lease } },
  );
  held.lease = lease;
  return kept.matchedCount > 0;
}

async function release(site: Site, held: Held, at: Date): Promise<void> {
  await activitiesOf(site).updateOne(
    { _id: held.activity._id, fanoutAt: held.lease },
    { $set: { fanoutAt: at } },
  );
}
