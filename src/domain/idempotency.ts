import { createHash } from "node:crypto";
import { setTimeout as pause } from "node:timers/promises";
import { insertRow } from "../database/native.ts";
import type { IdempotencyRow } from "../database/rows.ts";
import type { Site } from "../site.ts";
import { HOUR, MINUTE, SECOND, fromNow } from "../support/clock.ts";
import { FediverseError, isDuplicateKey } from "../support/errors.ts";

/** How long a repeated request gets the answer of the first, as upstream. */
const KEPT = HOUR;
/** How long the first may take; a process that dies in the middle must not hold the key for an hour. */
const WORKING = MINUTE;
const PATIENCE = 20 * SECOND;

/** What came of a request: the status, or the one that waits for its time. */
export interface Made {
  post?: number;
  scheduled?: number;
}

/**
 * Does something once for a key, however often and at how many processes at the same time it is asked for: the others wait
 * and get what the first one made. What failed may be tried again.
 * @param owner whose keys these are: two apps may use the same.
 */
export async function once(
  site: Site,
  owner: string,
  key: string | undefined,
  make: () => Promise<Made>,
): Promise<Made> {
  if (key === undefined || key === "") return make();
  // Apps send whole statuses as keys.
  const _id = `${owner}|${key.length <= 64 ? key : createHash("sha256").update(key).digest("base64url")}`;
  const giveUp = Date.now() + PATIENCE;
  for (let wait = 20; ; wait = Math.min(2 * wait, 500)) {
    const before = await claim(site, _id);
    if (before === "mine") return finish(site, _id, make);
    if (before !== null && (before.post !== undefined || before.scheduled !== undefined))
      return madeOf(before);
    if (Date.now() > giveUp)
      throw new FediverseError("The same request is still being worked on. Please try again in a moment.", {
        code: "still-working",
        status: 409,
      });
    await pause(wait);
  }
}

async function claim(site: Site, _id: string): Promise<"mine" | IdempotencyRow | null> {
  try {
    await insertRow(site.models.idempotency, { _id, expiresAt: fromNow(site.clock, WORKING) });
    return "mine";
  } catch (error) {
    if (!isDuplicateKey(error)) throw error;
  }
  const row = await site.models.idempotency.findById(_id).lean<IdempotencyRow | null>();
  // The store clears these away when it gets to it.
  if (row && row.expiresAt <= site.clock.now())
    await site.models.idempotency.deleteOne({ _id, expiresAt: row.expiresAt });
  return row && row.expiresAt > site.clock.now() ? row : null;
}

async function finish(site: Site, _id: string, make: () => Promise<Made>): Promise<Made> {
  try {
    const made = await make();
    await site.models.idempotency.updateOne(
      { _id },
      { $set: { ...made, expiresAt: fromNow(site.clock, KEPT) } },
    );
    return made;
  } catch (error) {
    await site.models.idempotency.deleteOne({ _id });
    throw error;
  }
}

function madeOf({ post, scheduled }: IdempotencyRow): Made {
  return { ...(post === undefined ? {} : { post }), ...(scheduled === undefined ? {} : { scheduled }) };
}
