import { activitiesOf, deliveriesOf } from "./collections.ts";
import type { DeliveryRow } from "../database/rows.ts";
import type { Site } from "../site.ts";

/** Hosts listed in a report; beyond it only those that trouble somebody are named. */
const LISTED = 1000;

export interface HostReport {
  host: string;
  /** The worst of its inboxes: failed before pending before delivered. */
  state: DeliveryRow["state"];
  attempts: number;
  /** The last answer's status; absent where there was no answer. */
  code?: number;
  error?: string;
  /** Of a pending one: when it is tried again. */
  nextAt?: Date;
}

export interface DeliveryReport {
  /** Inboxes, not people: one shared inbox may stand for thousands. */
  delivered: number;
  waiting: number;
  failed: number;
  /** Those with trouble first; at most a thousand. */
  hosts: HostReport[];
}

const BADNESS: Record<DeliveryRow["state"], number> = { failed: 3, pending: 2, delivered: 1, cancelled: 0 };

/**
 * Where a post has arrived: the deliveries of the newest activity about it. Reads its rows as a stream; what is kept is one
 * entry a host.
 */
export async function deliveryReport(site: Site, postId: number): Promise<DeliveryReport> {
  const report: DeliveryReport = { delivered: 0, waiting: 0, failed: 0, hosts: [] };
  const newest = await activitiesOf(site)
    .find({ post: postId }, { projection: { _id: 1 }, sort: { _id: -1 }, limit: 1 })
    .next();
  if (newest === null) return report;
  const hosts = new Map<string, HostReport>();
  const rows = deliveriesOf(site).find(
    { activity: newest._id },
    { projection: { host: 1, state: 1, attempts: 1, code: 1, error: 1, nextAt: 1, lease: 1 } },
  );
  for await (const found of rows) {
    const row = found as unknown as DeliveryRow;
    if (row.state === "delivered") report.delivered += 1;
    else if (row.state === "pending") report.waiting += 1;
    else if (row.state === "failed") report.failed += 1;
    else continue;
    const known = hosts.get(row.host);
    if (known === undefined || BADNESS[row.state] > BADNESS[known.state]) hosts.set(row.host, entry(row));
  }
  report.hosts = [...hosts.values()]
    .sort((a, b) => BADNESS[b.state] - BADNESS[a.state] || (a.host < b.host ? -1 : 1))
    .slice(0, LISTED);
  return report;
}

function entry(row: DeliveryRow): HostReport {
  return {
    host: row.host,
    state: row.state,
    attempts: row.attempts,
    ...(row.code === undefined ? {} : { code: row.code }),
    ...(row.error === undefined ? {} : { error: row.error }),
    ...(row.nextAt === undefined ? {} : { nextAt: row.nextAt }),
  };
}

export interface QueueDepth {
  /** Rows that wait for an attempt, due or not. */
  depth: number;
  /** Those that are due now: more than a moment's worth means that the workers do not keep up. */
  due: number;
  /** How long the one that has been due for longest has been so, in milliseconds. */
  oldestAge: number;
  /** Activities whose fan-out is not done. */
  fanouts: number;
}

/** How much waits in the queue. */
export async function queueDepth(site: Site): Promise<QueueDepth> {
  const now = site.clock.now();
  const deliveries = deliveriesOf(site);
  const ever = new Date(0);
  const [depth, due, fanouts, oldest] = await Promise.all([
    deliveries.countDocuments({ nextAt: { $gt: ever } }),
    deliveries.countDocuments({ nextAt: { $lte: now } }),
    activitiesOf(site).countDocuments({ fanoutAt: { $gt: ever } }),
    deliveries
      .find({ nextAt: { $lte: now } }, { projection: { nextAt: 1 }, sort: { nextAt: 1 }, limit: 1 })
      .next(),
  ]);
  const since = oldest?.nextAt;
  return { depth, due, fanouts, oldestAge: since === undefined ? 0 : now.getTime() - since.getTime() };
}
