import { insertRow } from "../database/native.ts";
import type { ActorRow, DomainBlockRow, FollowRow } from "../database/rows.ts";
import type { Site } from "../site.ts";
import type { StatusPage } from "../support/cursors.ts";
import { InvalidInput, isDuplicateKey } from "../support/errors.ts";
import { snowflake } from "../support/ids.ts";
import { normaliseHost } from "../text/handles.ts";
import { removeFollowerOf } from "./follow-requests.ts";
import { unfollowActor } from "./following.ts";
import { leaveTimelines } from "./home.ts";
import { sortedPage } from "./page.ts";
import { isUnderDomain } from "./shadows.ts";

/** Servers an account can block; the list is read whole whenever a list of posts is. */
const MOST = 1000;
/** Follows that are looked through at a time. */
const BATCH = 500;

/**
 * Blocks a whole server, and those below its name, for one account: its followers there are removed, what it follows
 * there is ended. Bears being called twice.
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
  await partFrom(site, account, domain, "follower");
  await partFrom(site, account, domain, "followed");
}

async function insert(site: Site, account: ActorRow, domain: string): Promise<void> {
  const now = site.clock.now();
  try {
    await insertRow(site.models.domainBlocks, {
      _id: snowflake(now),
      owner: account._id,
      domain,
      createdAt: now,
    });
  } catch (error) {
    if (!isDuplicateKey(error)) throw error;
    const isThere = await site.models.domainBlocks.exists({ owner: account._id, domain });
    if (isThere === null) await insert(site, account, domain);
  }
}

/** Everybody of that server who follows the account, or whom it follows, a batch at a time. */
async function partFrom(
  site: Site,
  account: ActorRow,
  domain: string,
  side: "follower" | "followed",
): Promise<void> {
  const own = side === "follower" ? "followed" : "follower";
  for (let above = 0; ;) {
    const rows = await site.models.follows
      .find({ [own]: account._id, _id: { $gt: above } }, { [side]: 1 })
      .sort({ _id: 1 })
      .limit(BATCH)
      .lean<FollowRow[]>();
    const actors = await site.models.actors
      .find({ _id: { $in: rows.map((row) => row[side]) } })
      .lean<ActorRow[]>();
    for (const actor of actors) {
      if (actor.local || !isUnderDomain(actor.host, [domain])) continue;
      if (side === "follower") await removeFollowerOf(site, account, actor);
      else await unfollowActor(site, account, actor);
      await leaveTimelines(site, account, actor);
    }
    const last = rows.at(-1);
    if (last === undefined || rows.length < BATCH) return;
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
