import type { Site } from "../site.ts";
import { fromNow, MINUTE } from "../support/clock.ts";
import type { RetryLater } from "../support/errors.ts";
import { Permanent } from "../support/errors.ts";
import { memoryOf } from "./memory.ts";

/** How long it is remembered that somebody is not there, and that their server could not be reached. */
const NOT_THERE = 10 * MINUTE;
const NOT_NOW = MINUTE;

/** Rows of the key collection that stand for an actor; a key id begins with `http`, so the two cannot meet. */
const rowId = (name: string): string => `miss ${name}`;

/** Throws again what was found out about `name` a short while ago, by this process or another. */
export async function recallMiss(site: Site, name: string): Promise<void> {
  const now = site.clock.now();
  const { misses } = memoryOf(site);
  const known = misses.get(name);
  if (known !== undefined) {
    if (known.until > now) throw known.error;
    misses.delete(name);
    return;
  }
  const row = await site.models.remoteKeys.findById(rowId(name)).lean();
  if (row?.missUntil === undefined || row.missUntil <= now) return;
  const code = row.missReason ?? "actor-missing";
  throw new Permanent(`${name} could not be found a short while ago.`, { code });
}

/** Remembers that `name` is not there, or not now; gives the error back to be thrown. Only what is final is stored. */
export async function rememberMiss(
  site: Site,
  name: string,
  error: RetryLater | Permanent,
): Promise<RetryLater | Permanent> {
  const now = site.clock.now();
  const isFinal = error instanceof Permanent;
  const until = fromNow(site.clock, isFinal ? NOT_THERE : NOT_NOW);
  memoryOf(site).misses.set(name, { until, error });
  if (isFinal) {
    await site.models.remoteKeys.updateOne(
      { _id: rowId(name) },
      { $set: { fetchedAt: now, missUntil: until, missReason: error.code, expiresAt: until } },
      { upsert: true },
    );
  }
  return error;
}
