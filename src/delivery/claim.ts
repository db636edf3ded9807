import { activitiesOf, deliveriesOf } from "./collections.ts";
import type { ActivityRow, DeliveryRow } from "../database/rows.ts";
import type { Site } from "../site.ts";
import { announce } from "../site.ts";
import { isOnList } from "../support/blocked-hosts.ts";
import { fromNow, SECOND } from "../support/clock.ts";
import { ended, type Operation } from "./endings.ts";
import type { HostBook } from "./hosts.ts";
import type { Lanes, Overflow } from "./lanes.ts";
import { findBlockers, type Blockers } from "./blockers.ts";
import { LONGEST_LIFE } from "./schedule.ts";

/** While a probe finds out about a host, its other rows wait so long. */
const PROBE = 15 * SECOND;

/** A row in our hands, and until when. */
export type HeldRow = DeliveryRow & { leaseUntil: number };

export interface Claimer {
  site: Site;
  /** Our token: one a worker. */
  lease: string;
  book: HostBook;
  lanes: Lanes<HeldRow>;
  overflow: Overflow;
  /** Ids in our hands already; a lease that ran out under a slow answer must not send twice. */
  held: ReadonlySet<number>;
}

export interface Claimed {
  /** Due rows that were looked at; 0 means that there is nothing to do. */
  found: number;
  rows: HeldRow[];
  /** Rows that wait for another row to end. */
  blocked: { row: number; blocker: number }[];
  /** Hosts that one row of `rows` is a probe of. */
  probes: Set<string>;
  /** The earliest time at which a row that was pushed is due again. */
  soonest: Date | undefined;
}

/**
 * Takes up to `limit` due rows into our hands by moving their due time behind the lease: whoever dies with them has them
 * taken over at that time by an ordinary claim. What cannot be sent now (its host's lane is full, its breaker open, an
 * older activity about the same object still under way) is pushed and not held.
 */
export async function claimDue(claimer: Claimer, limit: number): Promise<Claimed> {
  const { site, book } = claimer;
  const deliveries = deliveriesOf(site);
  const now = site.clock.now();
  const due = await deliveries
    .find({ nextAt: { $lte: now } }, { sort: { nextAt: 1 }, limit, batchSize: limit })
    .toArray();
  if (due.length === 0) return { found: 0, rows: [], blocked: [], probes: new Set(), soonest: undefined };
  const [activities] = await Promise.all([activitiesAbout(site, due), book.load(due.map((row) => row.host))]);
  const blockers = await findBlockers(site, due, activities);

  const sorted = sort(claimer, due, activities, blockers);
  const [rows] = await Promise.all([take(claimer, sorted.take), put(claimer, sorted)]);
  const pushed = [...sorted.pushed.values()].map(({ until }) => until.getTime());
  return {
    found: due.length,
    rows,
    blocked: sorted.blocked,
    probes: sorted.probes,
    soonest: pushed.length === 0 ? undefined : new Date(Math.min(...pushed)),
  };
}

/** All activities about the objects of these rows: ours, and those that ours may have to wait for. */
async function activitiesAbout(site: Site, due: DeliveryRow[]): Promise<Map<number, ActivityRow>> {
  const objects = [...new Set(due.map((row) => row.object))];
  const rows = await activitiesOf(site)
    .find({ object: { $in: objects } }, { projection: { object: 1, type: 1, createdAt: 1, cancelledAt: 1 } })
    .toArray();
  return new Map(rows.map((row) => [row._id, row]));
}

interface Sorted {
  take: DeliveryRow[];
  blocked: { row: number; blocker: number }[];
  probes: Set<string>;
  /** By due time. */
  pushed: Map<number, { until: Date; ids: number[] }>;
  cancelled: DeliveryRow[];
  expired: DeliveryRow[];
}

function sort(
  claimer: Claimer,
  due: DeliveryRow[],
  activities: Map<number, ActivityRow>,
  blockers: Blockers,
): Sorted {
  const { site, book, lanes, overflow } = claimer;
  const now = site.clock.now();
  const sorted: Sorted = {
    take: [],
    blocked: [],
    probes: new Set(),
    pushed: new Map(),
    cancelled: [],
    expired: [],
  };
  const room = new Map<string, number>();
  const push = (row: DeliveryRow, until: Date): void => {
    const group = sorted.pushed.get(until.getTime());
    if (group === undefined) sorted.pushed.set(until.getTime(), { until, ids: [row._id] });
    else group.ids.push(row._id);
  };
  for (const row of due) {
    const activity = activities.get(row.activity);
    if (claimer.held.has(row._id)) {
      push(row, leaseEnd(site));
      continue;
    }
    if (
      activity === undefined ||
      activity.cancelledAt !== undefined ||
      isOnList(row.host, site.options.blockedHosts)
    ) {
      sorted.cancelled.push(row);
      continue;
    }
    const gate = book.gate(row.host);
    if (gate.gate !== "closed" && now.getTime() - row.createdAt.getTime() > LONGEST_LIFE) {
      sorted.expired.push(row);
      continue;
    }
    if (gate.gate === "open") {
      push(row, gate.until);
      continue;
    }
    const blocker = blockers.of(row);
    if (blocker !== undefined) {
      sorted.blocked.push({ row: row._id, blocker: blocker.id });
      push(row, blocker.until);
      continue;
    }
    const probe = gate.gate === "probe";
    const left = room.get(row.host) ?? lanes.room(row.host, probe);
    if (left > 0) {
      room.set(row.host, left - 1);
      sorted.take.push(row);
      if (probe) sorted.probes.add(row.host);
    } else push(row, probe ? fromNow(site.clock, PROBE) : overflow.next(row.host, now));
  }
  return sorted;
}

async function take(claimer: Claimer, rows: DeliveryRow[]): Promise<HeldRow[]> {
  if (rows.length === 0) return [];
  const { site, lease } = claimer;
  const deliveries = deliveriesOf(site);
  const until = leaseEnd(site);
  const ids = rows.map((row) => row._id);
  const claimed = await deliveries.updateMany(
    { _id: { $in: ids }, nextAt: { $lte: site.clock.now() } },
    { $set: { nextAt: until, lease } },
  );
  let ours = rows;
  if (claimed.modifiedCount < rows.length) {
    // Another process was quicker with some: what carries our token is ours.
    const back = await deliveries
      .find({ _id: { $in: ids }, lease, nextAt: until }, { projection: { _id: 1 } })
      .toArray();
    const mine = new Set(back.map((row) => Number(row._id)));
    ours = rows.filter((row) => mine.has(row._id));
  }
  return ours.map((row) => ({ ...row, lease, leaseUntil: until.getTime() }));
}

function leaseEnd(site: Site): Date {
  return fromNow(site.clock, site.options.delivery.lease * SECOND);
}

/** Writes what was decided about the rows that are not taken. */
async function put({ site }: Claimer, { pushed, cancelled, expired }: Sorted): Promise<void> {
  const stillDue = { nextAt: { $lte: site.clock.now() } };
  const writes: Operation[] = [];
  for (const { until, ids } of pushed.values()) {
    writes.push({
      updateMany: { filter: { _id: { $in: ids }, ...stillDue }, update: { $set: { nextAt: until } } },
    });
  }
  for (const row of cancelled) {
    // One that a process died with may have been sent: it must not look as if it never was.
    const sent = row.lease === undefined ? {} : { $inc: { attempts: 1 } };
    const update = { $set: ended(site, "cancelled"), $unset: { nextAt: 1, lease: 1 }, ...sent };
    writes.push({ updateOne: { filter: { _id: row._id, ...stillDue }, update } });
  }
  const error = "the host could not be reached for too long";
  for (const row of expired) {
    const update = { $set: { ...ended(site, "failed"), error }, $unset: { nextAt: 1, lease: 1 } };
    writes.push({ updateOne: { filter: { _id: row._id, ...stillDue }, update } });
  }
  if (writes.length === 0) return;
  await deliveriesOf(site).bulkWrite(writes, { ordered: false });
  for (const row of expired)
    announce(site, "deliveryFailed", { inbox: row.inbox, activity: row.activity, error });
}
