import type { InboundRow } from "../../database/rows.ts";
import type { Site } from "../../site.ts";
import { DAY, fromNow, MINUTE } from "../../support/clock.ts";
import { randomToken } from "../../support/ids.ts";

/** How long a claimed row is ours without a word; it is renewed while its handler runs. */
const LEASE = 2 * MINUTE;
const KEPT = 7 * DAY;

/** A row that this worker holds by its token. */
export interface Claimed {
  row: InboundRow;
  token: string;
  /** It was begun before, and broken off by a crash or the store: half of it may be done. */
  brokenOff: boolean;
}

/**
 * Claims up to `count` due rows, oldest first and none of the hosts in `except`, by moving their due time forward: new,
 * retried and orphaned rows are one range of one index. The try is counted now, so that an activity that ends the process
 * is not tried for ever.
 */
export async function claimDue(
  site: Site,
  count: number,
  except: readonly string[] = [],
): Promise<Claimed[]> {
  const { inbound } = site.models;
  const now = site.clock.now();
  const due = await inbound
    .find(
      { nextAt: { $lte: now }, ...(except.length === 0 ? {} : { host: { $nin: [...except] } }) },
      { _id: 1, lease: 1 },
    )
    .sort({ nextAt: 1 })
    .limit(count)
    .lean();
  if (due.length === 0) return [];
  const ids = due.map((row) => row._id);
  const token = randomToken();
  await inbound.updateMany(
    { _id: { $in: ids }, nextAt: { $lte: now } },
    { $set: { nextAt: fromNow(site.clock, LEASE), lease: token }, $inc: { attempts: 1 } },
  );
  const rows = await inbound.find({ _id: { $in: ids }, lease: token }).lean<InboundRow[]>();
  rows.sort((one, other) => one.receivedAt.getTime() - other.receivedAt.getTime());
  const orphans = new Set(due.filter((row) => row.lease !== undefined).map((row) => row._id));
  return rows.map((row) => ({ row, token, brokenOff: orphans.has(row._id) }));
}

/** Keeps rows ours for another lease. */
export async function renew(site: Site, claimed: readonly Claimed[]): Promise<void> {
  await site.models.inbound.updateMany(
    {
      _id: { $in: claimed.map(({ row }) => row._id) },
      lease: { $in: [...new Set(claimed.map(({ token }) => token))] },
    },
    { $set: { nextAt: fromNow(site.clock, LEASE) } },
  );
}

/** Ends a row; what is written is what became of it. */
export async function finish(
  site: Site,
  { row, token }: Claimed,
  state: "done" | "ignored" | "failed",
  outcome: string,
): Promise<void> {
  await site.models.inbound.updateOne(
    { _id: row._id, lease: token },
    {
      $set: { state, outcome: outcome.slice(0, 500), expiresAt: fromNow(site.clock, KEPT) },
      $unset: { nextAt: 1, lease: 1 },
    },
  );
}

/** Puts a row off; `outcome` says why. One that is `broken` keeps its lease, as if the process had died. */
export async function putOff(
  site: Site,
  { row, token }: Claimed,
  milliseconds: number,
  outcome: string,
  broken: boolean,
): Promise<void> {
  await site.models.inbound.updateOne(
    { _id: row._id, lease: token },
    {
      $set: { nextAt: fromNow(site.clock, milliseconds), outcome: outcome.slice(0, 500) },
      ...(broken ? {} : { $unset: { lease: 1 } }),
    },
  );
}

/** Gives back a row that was not begun. */
export async function giveBack(site: Site, { row, token, brokenOff }: Claimed): Promise<void> {
  await site.models.inbound.updateOne(
    { _id: row._id, lease: token },
    {
      $set: { nextAt: site.clock.now() },
      ...(brokenOff ? {} : { $unset: { lease: 1 } }),
      $inc: { attempts: -1 },
    },
  );
}
