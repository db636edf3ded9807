import { insertRow } from "../database/native.ts";
import type { ActorRow, DomainBlockRow, FollowRow, NotificationRow } from "../database/rows.ts";
import type { Site } from "../site.ts";
import { fromNow, MINUTE } from "../support/clock.ts";
import type { StatusPage } from "../support/cursors.ts";
import { InvalidInput, isDuplicateKey } from "../support/errors.ts";
import { snowflake } from "../support/ids.ts";
import { normaliseHost } from "../text/handles.ts";
import { removeFollowerOf } from "./follow-requests.ts";
import { unfollowActor } from "./following.ts";
import { leaveTimelines } from "./timelines.ts";
import { NOTIFICATIONS_BY_TIME } from "./notifications.ts";
import { sortedPage } from "./page.ts";
import { isUnderDomain } from "./shadows.ts";

/** Servers an account can block; the list is read whole whenever a list of posts is. */
const MOST = 1000;
/** Follows or notifications that are looked through at a time. */
const BATCH = 500;

/** How long one process may be busy with a batch before another takes the work over. */
const LEASE = 2 * MINUTE;

/**
 * Blocks a whole server, and those below its name, for one account, from now on. That its followers there are removed,
 * what it follows there is ended, and what they have told it is gone, is left to the clockwork. Bears being called twice.
 * @throws {InvalidInput} for what is no name of another server, or one block too many.
 */
export async function blockDomain(site: Site, account: ActorRow, text: string): Promise<void> {
  const domain = normaliseHost(text.trim());
  if (domain === undefined || domain === site.urls.host)
    throw new InvalidInput("Validation failed: Domain is not a valid domain name", "domain-invalid");
  if ((await site.models.domainBlocks.countDocuments({ owner: account._id })) >= MOST) {
    throw new InvalidInput(
      `Validation failed: No more than ${MOST} domains can be blocked`,
      "domains-too-many",
    );
  }
  await insert(site, account, domain);
  site.wake("blocks");
}

/** Ends what is left between accounts here and servers they have blocked. May be run by every process at any time. */
export async function drainDomainBlocks(site: Site, options: { signal?: AbortSignal } = {}): Promise<void> {
  while (options.signal?.aborted !== true) {
    const now = site.clock.now();
    const block = await site.models.domainBlocks
      .findOneAndUpdate(
        { nextAt: { $lte: now } },
        { $set: { nextAt: fromNow(site.clock, LEASE) } },
        { sort: { nextAt: 1 }, returnDocument: "after" },
      )
      .lean<DomainBlockRow | null>();
    if (!block) return;
    const account = await site.models.actors.findById(block.owner).lean<ActorRow | null>();
    const isOver =
      account === null ||
      ((await partFrom(site, account, block, "follower", options.signal)) &&
        (await partFrom(site, account, block, "followed", options.signal)) &&
        (await forgetNotifications(site, account, block, options.signal)));
    await site.models.domainBlocks.updateOne(
      { _id: block._id },
      isOver ? { $unset: { nextAt: 1 } } : { $set: { nextAt: now } },
    );
  }
}

async function insert(site: Site, account: ActorRow, domain: string): Promise<void> {
  const now = site.clock.now();
  try {
    await insertRow(site.models.domainBlocks, {
      _id: snowflake(now),
      owner: account._id,
      domain,
      nextAt: now,
      createdAt: now,
    });
  } catch (error) {
    if (!isDuplicateKey(error)) throw error;
    const { matchedCount } = await site.models.domainBlocks.updateOne(
      { owner: account._id, domain },
      { $set: { nextAt: now } },
    );
    if (matchedCount === 0) await insert(site, account, domain);
  }
}

/** Everybody of that server who follows the account, or whom it follows. @returns as `inBatches`. */
function partFrom(
  site: Site,
  account: ActorRow,
  block: DomainBlockRow,
  side: "follower" | "followed",
  signal: AbortSignal | undefined,
): Promise<boolean> {
  const own = side === "follower" ? "followed" : "follower";
  return inBatches<FollowRow>(site, block, signal, {
    read: (above) =>
      site.models.follows
        .find({ [own]: account._id, _id: { $gt: above } }, { [side]: 1 })
        .sort({ _id: 1 })
        .limit(BATCH)
        .lean<FollowRow[]>(),
    work: async (rows) => {
      for (const actor of await thoseThere(
        site,
        block,
        rows.map((row) => row[side]),
      )) {
        if (side === "follower") await removeFollowerOf(site, account, actor);
        else await unfollowActor(site, account, actor);
        await leaveTimelines(site, account, actor);
      }
    },
  });
}

/** What people of that server have told the account, and what waits of theirs. @returns as `inBatches`. */
function forgetNotifications(
  site: Site,
  account: ActorRow,
  block: DomainBlockRow,
  signal: AbortSignal | undefined,
): Promise<boolean> {
  return inBatches<NotificationRow>(site, block, signal, {
    read: (above) =>
      site.models.notifications
        .find({ owner: account._id, _id: { $gt: above } }, { from: 1 })
        .sort({ _id: 1 })
        .limit(BATCH)
        .hint(NOTIFICATIONS_BY_TIME)
        .lean<NotificationRow[]>(),
    work: async (rows) => {
      const actors = await thoseThere(
        site,
        block,
        rows.map((row) => row.from),
      );
      if (actors.length === 0) return;
      const ids = actors.map((actor) => actor._id);
      await site.models.notifications.deleteMany({ owner: account._id, from: { $in: ids } });
      await site.models.relations.deleteMany({
        owner: account._id,
        kind: "notificationRequest",
        target: { $in: ids },
      });
    },
  });
}

/** Those among the accounts that live on the blocked server. One query. */
async function thoseThere(
  site: Site,
  { domain }: DomainBlockRow,
  accounts: readonly number[],
): Promise<ActorRow[]> {
  const actors = await site.models.actors
    .find({ _id: { $in: [...new Set(accounts)] }, local: false })
    .lean<ActorRow[]>();
  return actors.filter((actor) => isUnderDomain(actor.host, [domain]));
}

/**
 * Goes through rows by their ids, oldest first, and keeps the lease of the block meanwhile.
 * @returns whether all of them were seen: not where the process ends, or the block was lifted meanwhile.
 */
async function inBatches<Row extends { _id: number }>(
  site: Site,
  { _id }: DomainBlockRow,
  signal: AbortSignal | undefined,
  { read, work }: { read: (above: number) => Promise<Row[]>; work: (rows: Row[]) => Promise<void> },
): Promise<boolean> {
  for (let above = 0; ;) {
    if (signal?.aborted === true) return false;
    const { matchedCount } = await site.models.domainBlocks.updateOne(
      { _id },
      { $set: { nextAt: fromNow(site.clock, LEASE) } },
    );
    if (matchedCount === 0) return false;
    const rows = await read(above);
    await work(rows);
    const last = rows.at(-1);
    if (last === undefined || rows.length < BATCH) return true;
    above = last._id;
  }
}

/** @returns whether it was blocked. */
export async function unblockDomain(
  site: Site,
  account: Pick<ActorRow, "_id">,
  text: string,
): Promise<boolean> {
  const domain = normaliseHost(text.trim());
  if (domain === undefined) return false;
  return (await site.models.domainBlocks.deleteOne({ owner: account._id, domain })).deletedCount > 0;
}

/** Blocked servers, the last first. One query. */
export async function domainBlocksPage(
  site: Site,
  account: Pick<ActorRow, "_id">,
  page: StatusPage,
): Promise<DomainBlockRow[]> {
  return sortedPage(site.models.domainBlocks, { owner: account._id }, page);
}
