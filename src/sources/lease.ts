import { randomUUID } from "node:crypto";
import type { Site } from "../site.ts";
import { fromNow } from "../support/clock.ts";
import { isDuplicateKey } from "../support/errors.ts";

/** Does `work` unless another process of the site is doing it now. @returns whether it was done here. */
export async function withLease(
  site: Site,
  name: string,
  milliseconds: number,
  work: () => Promise<void>,
): Promise<boolean> {
  const owner = randomUUID();
  try {
    await site.models.locks.findOneAndUpdate(
      { _id: name, until: { $lt: site.clock.now() } },
      { $set: { owner, until: fromNow(site.clock, milliseconds) } },
      { upsert: true },
    );
  } catch (error) {
    // Held: the upsert tried to insert a second one.
    if (isDuplicateKey(error)) return false;
    throw error;
  }
  try {
    await work();
    return true;
  } finally {
    await site.models.locks.deleteOne({ _id: name, owner });
  }
}
