import { deliveriesOf } from "./collections.ts";
import { randomInt } from "node:crypto";
import type { DeliveryRow } from "../database/rows.ts";
import type { Site } from "../site.ts";
import { isDuplicateKey } from "../support/errors.ts";
import { firstSnowflakeAt } from "../support/ids.ts";

const ATTEMPTS = 8;

/**
 * Inserts delivery rows in one unordered write. A row that is there already, the same activity to the same inbox, is
 * left as it is: that makes a page of a fan-out repeatable.
 */
export async function insertRows(site: Site, rows: Omit<DeliveryRow, "_id">[]): Promise<void> {
  let rest = rows;
  for (let attempt = 1; rest.length > 0; attempt += 1) {
    const ids = spread(site, rest.length);
    const numbered = rest.map((row, at): DeliveryRow => ({ _id: ids[at] ?? 0, ...row }));
    try {
      await deliveriesOf(site).insertMany(numbered, { ordered: false });
      return;
    } catch (error) {
      if (!onlyDuplicates(error) || attempt >= ATTEMPTS) throw error;
      // Which index was hit is not told alike by every server: what is still missing had an id that was taken.
      rest = await missing(site, rest);
    }
  }
}

/** An unordered write reports its first failure; each of the others may be of another kind. */
function onlyDuplicates(error: unknown): boolean {
  const { writeErrors } = error as { writeErrors?: unknown };
  return isDuplicateKey(error) && (!Array.isArray(writeErrors) || writeErrors.every(isDuplicateKey));
}

/** The highest id given out by this process, so that two pages within a second do not meet. */
const highest = new WeakMap<Site, number>();

/** Distinct ids in rising order, so that they are inserted at one end of the index. */
function spread(site: Site, count: number): number[] {
  const ids: number[] = [];
  let id = Math.max(firstSnowflakeAt(site.clock.now()), highest.get(site) ?? 0);
  for (let made = 0; made < count; made += 1) ids.push((id += 1 + randomInt(4096)));
  highest.set(site, id);
  return ids;
}

async function missing(site: Site, rows: Omit<DeliveryRow, "_id">[]): Promise<Omit<DeliveryRow, "_id">[]> {
  const activity = rows[0]?.activity;
  if (activity === undefined) return [];
  const there = await deliveriesOf(site)
    .find({ activity, inbox: { $in: rows.map((row) => row.inbox) } }, { projection: { _id: 0, inbox: 1 } })
    .toArray();
  const known = new Set(there.map((row) => String(row.inbox)));
  return rows.filter((row) => !known.has(row.inbox));
}
