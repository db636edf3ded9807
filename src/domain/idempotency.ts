import { createHash } from "node:crypto";
import { setTimeout as pause } from "node:timers/promises";
import { insertRow } from "../database/native.ts";
import type { ActorRow, IdempotencyRow, PostRow } from "../database/rows.ts";
import type { Site } from "../site.ts";
import { HOUR, MINUTE, SECOND, fromNow } from "../support/clock.ts";
import { FediverseError, isDuplicateKey } from "../support/errors.ts";
import { firstSnowflakeAt } from "../support/ids.ts";

/** How long a repeated request gets the answer of the first, as upstream. */
const KEPT = HOUR;
/**
 * How long the first may take; a process that dies in the middle must not hold the key for an hour. Then another looks what
 * has come of it.
 */
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
 * @param make is given the id of the request, where there is a key, to be stored with what it makes.
 * @param find what was stored with that id by an attempt that did not end well; left out: to do it again does no harm.
 */
export async function once(
  site: Site,
  owner: string,
  key: string | undefined,
  make: (id?: string) => Promise<Made>,
  find: (id: string) => Promise<Made | undefined> = async () => undefined,
): Promise<Made> {
  if (key === undefined || key === "") return make();
  // Apps send whole statuses as keys.
  const _id = `${owner}|${key.length <= 64 ? key : createHash("sha256").update(key).digest("base64url")}`;
  const giveUp = Date.now() + PATIENCE;
  for (let wait = 20; ; wait = Math.min(2 * wait, 500)) {
    const before = await claim(site, _id);
    if (before === "mine") return finish(site, _id, make, find);
    if (before === "left") return finish(site, _id, async (id) => (await find(id)) ?? make(id), find);
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

/** `left`: ours now, since whoever began it has ended in the middle. */
async function claim(site: Site, _id: string): Promise<"mine" | "left" | IdempotencyRow | null> {
  const now = site.clock.now();
  const until = fromNow(site.clock, WORKING);
  try {
    await insertRow(site.models.idempotency, { _id, until, expiresAt: fromNow(site.clock, KEPT) });
    return "mine";
  } catch (error) {
    if (!isDuplicateKey(error)) throw error;
  }
  const row = await site.models.idempotency.findById(_id).lean<IdempotencyRow | null>();
  // The store clears these away when it gets to it.
  if (row && row.expiresAt <= now) await site.models.idempotency.deleteOne({ _id, expiresAt: row.expiresAt });
  if (!row || row.expiresAt <= now) return null;
  if (row.until === undefined || row.until > now) return row;
  const { modifiedCount } = await site.models.idempotency.updateOne(
    { _id, until: row.until },
    { $set: { until } },
  );
  return modifiedCount === 1 ? "left" : null;
}

async function finish(
  site: Site,
  _id: string,
  make: (id: string) => Promise<Made>,
  find: (id: string) => Promise<Made | undefined>,
): Promise<Made> {
  try {
    return await settle(site, _id, await make(_id));
  } catch (error) {
    // The store may have failed it after the one write that counts.
    const made = error instanceof FediverseError ? undefined : await find(_id);
    if (made !== undefined) return settle(site, _id, made);
    await site.models.idempotency.deleteOne({ _id });
    throw error;
  }
}

async function settle(site: Site, _id: string, made: Made): Promise<Made> {
  await site.models.idempotency.updateOne(
    { _id },
    { $set: { ...made, expiresAt: fromNow(site.clock, KEPT) }, $unset: { until: 1 } },
  );
  return made;
}

/** The status that has come of a request of this account in the last hour. */
export async function postOfRequest(
  site: Site,
  account: Pick<ActorRow, "_id">,
  id: string,
): Promise<Made | undefined> {
  const post = await site.models.posts
    .findOne(
      { author: account._id, _id: { $gte: firstSnowflakeAt(fromNow(site.clock, -KEPT)) }, idempotency: id },
      { _id: 1 },
    )
    .lean<Pick<PostRow, "_id"> | null>();
  return post === null ? undefined : { post: post._id };
}

function madeOf({ post, scheduled }: IdempotencyRow): Made {
  return { ...(post === undefined ? {} : { post }), ...(scheduled === undefined ? {} : { scheduled }) };
}
