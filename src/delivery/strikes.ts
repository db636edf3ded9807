import { actorsOf, followsOf } from "./collections.ts";
import type { Site } from "../site.ts";
import { DAY, fromNow } from "../support/clock.ts";

/** A follower's inbox must have answered 404 so often, and over so long, before it counts as gone. */
const STRIKES = 3;
const SPAN = 7 * DAY;
const EVER = new Date(0);

/**
 * The inbox has answered 404 or 410. 410 is the server's own word that it is gone for good: its followers are removed at
 * once. 404 may be a broken deploy: three of them over a week do the same, and any sign of life between them clears the
 * count. Timeouts never remove anybody.
 */
export async function strike(site: Site, inbox: string, code: 404 | 410): Promise<void> {
  const follows = followsOf(site);
  if (code === 410) {
    await remove(site, { deliverTo: inbox });
    return;
  }
  const now = site.clock.now();
  await follows.updateMany({ deliverTo: inbox, struckAt: { $exists: false } }, { $set: { struckAt: now } });
  await follows.updateMany({ deliverTo: inbox }, { $inc: { strikes: 1 } });
  await remove(site, {
    deliverTo: inbox,
    strikes: { $gte: STRIKES },
    struckAt: { $lte: fromNow(site.clock, -SPAN) },
  });
}

/** Each follower's own row decides, so a page at a time with its count: a restart in the middle counts nobody twice. */
async function remove(site: Site, filter: Record<string, unknown>): Promise<void> {
  const follows = followsOf(site);
  for (;;) {
    const rows = await follows.find(filter, { projection: { followed: 1, state: 1 }, limit: 500 }).toArray();
    if (rows.length === 0) return;
    for (const followed of new Set(rows.map((row) => row.followed))) {
      for (const state of ["accepted", "pending"] as const) {
        const ids = rows
          .filter((row) => row.followed === followed && row.state === state)
          .map((row) => row._id);
        if (ids.length === 0) continue;
        const gone = await follows.deleteMany({ _id: { $in: ids } });
        if (state === "accepted" && gone.deletedCount > 0) {
          await actorsOf(site).updateOne({ _id: followed }, { $inc: { followersCount: -gone.deletedCount } });
        }
        site.logger.info(
          { followers: gone.deletedCount, ...filter },
          "followers removed: their inbox is gone",
        );
      }
    }
  }
}

/** These inboxes took a delivery: their strikes are forgotten. Reads only the few follows that have any. */
export async function forgiveInboxes(site: Site, inboxes: string[]): Promise<void> {
  await followsOf(site).updateMany(
    { struckAt: { $gt: EVER }, deliverTo: { $in: inboxes } },
    { $unset: { strikes: 1, struckAt: 1 } },
  );
}

export async function forgiveHost(site: Site, host: string): Promise<void> {
  await followsOf(site).updateMany(
    { struckAt: { $gt: EVER }, deliverHost: host },
    { $unset: { strikes: 1, struckAt: 1 } },
  );
}
