import type { ActorRow, NotificationRow, PostRow, RelationRow } from "../database/rows.ts";
import type { Site } from "../site.ts";
import type { StatusPage } from "../support/cursors.ts";
import { isDuplicateKey } from "../support/errors.ts";
import { snowflake } from "../support/ids.ts";
import { keepInConversation } from "./conversations.ts";
import { sortedPage } from "./page.ts";
import { publishEvent } from "./publish-event.ts";

type Owner = Pick<ActorRow, "_id">;

/** Senders that the summary counts, as upstream does. */
const SUMMED = 100;
/** Requests that are answered by one call; an app shows no more of them at once. */
const AT_ONCE = 200;
/** Direct messages that come back into the conversations when their sender is accepted. */
const BROUGHT_BACK = 100;

/**
 * Somebody's notification was held back: one request a sender tells the owner so. Kept apart from the notifications so
 * that no list has to count them.
 */
export async function noteRequest(
  site: Site,
  owner: Owner,
  from: Pick<ActorRow, "_id">,
  post: Pick<PostRow, "_id"> | undefined,
): Promise<void> {
  const now = site.clock.now();
  try {
    await site.models.relations.updateOne(
      { owner: owner._id, kind: "notificationRequest", target: from._id },
      {
        $inc: { held: 1 },
        $set: { updatedAt: now, ...(post === undefined ? {} : { lastPost: post._id }) },
        $setOnInsert: { _id: snowflake(now), createdAt: now },
      },
      { upsert: true },
    );
  } catch (error) {
    // Two at once, or the snowflake was taken.
    if (isDuplicateKey(error)) return noteRequest(site, owner, from, post);
    throw error;
  }
}

/** One notification less of a sender is held back; the request goes with the last of them. */
export async function shrinkRequest(site: Site, owner: number, from: number): Promise<void> {
  const row = await site.models.relations
    .findOneAndUpdate(
      { owner, kind: "notificationRequest", target: from },
      { $inc: { held: -1 } },
      { returnDocument: "after" },
    )
    .lean<RelationRow | null>();
  if (row && (row.held ?? 0) <= 0) await site.models.relations.deleteOne({ _id: row._id, held: { $lte: 0 } });
}

/** Requests of an account, the sender first heard last at the top. One query. */
export async function requestsPage(site: Site, owner: Owner, page: StatusPage): Promise<RelationRow[]> {
  return sortedPage(site.models.relations, { owner: owner._id, kind: "notificationRequest" }, page, "_id", {
    owner: 1,
    kind: 1,
    _id: -1,
  });
}

export async function findRequest(site: Site, owner: Owner, id: number): Promise<RelationRow | null> {
  return site.models.relations
    .findOne({ _id: id, owner: owner._id, kind: "notificationRequest" })
    .lean<RelationRow | null>();
}

/** Those of these ids that are there. */
export async function findRequests(site: Site, owner: Owner, ids: readonly number[]): Promise<RelationRow[]> {
  if (ids.length === 0) return [];
  return site.models.relations
    .find({ _id: { $in: ids.slice(0, AT_ONCE) }, owner: owner._id, kind: "notificationRequest" })
    .lean<RelationRow[]>();
}

/** How many senders, and how many notifications of theirs, are held back; counted to a hundred senders. One query. */
export async function heldBack(
  site: Site,
  owner: Owner,
): Promise<{ requests: number; notifications: number }> {
  const rows = await site.models.relations
    .find({ owner: owner._id, kind: "notificationRequest" }, { held: 1 })
    .sort({ _id: -1 })
    .limit(SUMMED)
    .lean<Pick<RelationRow, "held">[]>();
  return { requests: rows.length, notifications: rows.reduce((sum, row) => sum + (row.held ?? 0), 0) };
}

/** From now on their notifications pass, and those held back become notifications like others. */
export async function acceptRequests(
  site: Site,
  owner: ActorRow,
  rows: readonly RelationRow[],
): Promise<void> {
  for (const row of rows) {
    await allow(site, owner, row.target);
    await bringBackMessages(site, owner, row.target);
    await site.models.notifications.updateMany(
      { owner: owner._id, from: row.target, filtered: true },
      { $unset: { filtered: 1 } },
    );
    // Last, so that a crash before it leaves a request that can be accepted again.
    await site.models.relations.deleteOne({ _id: row._id });
  }
  if (rows.length > 0) publishEvent(site, { channels: [`user:${owner._id}`], event: "notifications_merged" });
}

async function allow(site: Site, owner: Owner, target: number): Promise<void> {
  const now = site.clock.now();
  try {
    await site.models.relations.updateOne(
      { owner: owner._id, kind: "allowNotifications", target },
      { $setOnInsert: { _id: snowflake(now), createdAt: now } },
      { upsert: true },
    );
  } catch (error) {
    if (isDuplicateKey(error)) return allow(site, owner, target);
    throw error;
  }
}

/** A message that was held back stood in no conversation. */
async function bringBackMessages(site: Site, owner: ActorRow, from: number): Promise<void> {
  const held = await site.models.notifications
    .find({ owner: owner._id, from, filtered: true, type: "mention" }, { post: 1 })
    .sort({ _id: -1 })
    .limit(BROUGHT_BACK)
    .hint({ owner: 1, from: 1, _id: -1 })
    .lean<Pick<NotificationRow, "post">[]>();
  const ids = held.flatMap((row) => (row.post === undefined ? [] : [row.post]));
  if (ids.length === 0) return;
  const posts = await site.models.posts
    .find({ _id: { $in: ids }, visibility: "direct", deletedAt: { $exists: false } })
    .sort({ _id: 1 })
    .lean<PostRow[]>();
  for (const post of posts) await keepInConversation(site, owner, post);
}

/** Throws away what is held back of these senders. The next one from them is a new request. */
export async function dismissRequests(site: Site, owner: Owner, rows: readonly RelationRow[]): Promise<void> {
  if (rows.length === 0) return;
  await site.models.notifications.deleteMany({
    owner: owner._id,
    from: { $in: rows.map((row) => row.target) },
    filtered: true,
  });
  await site.models.relations.deleteMany({ _id: { $in: rows.map((row) => row._id) } });
}
