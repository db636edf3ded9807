import type { ActorRow, FollowRow } from "../database/rows.ts";
import { enqueueActivity } from "../delivery/enqueue.ts";
import { composeActivity } from "../documents/compose-activity.ts";
import { announce, type Site } from "../site.ts";
import { idRange, type PageRequest } from "../support/cursors.ts";
import { isDuplicateKey } from "../support/errors.ts";
import { snowflake } from "../support/ids.ts";
import { hostOf } from "../support/urls.ts";
import { notify } from "./notifications.ts";
import { done, ignored, type Outcome } from "./outcome.ts";
import { refuses } from "./shadows.ts";
import { bury, isBuried } from "./tombstones.ts";

/**
 * Somebody wants to follow one of our accounts: stored, and answered with Accept at once unless the account approves by
 * hand. A repeated Follow is answered again, with its newest id: the first Accept may have been lost.
 */
export async function receiveFollow(
  site: Site,
  follower: ActorRow,
  followedUri: string,
  activityUri: string,
): Promise<Outcome> {
  const account = await site.models.actors.findOne({ uri: followedUri, local: true }).lean<ActorRow | null>();
  if (!account || account.type === "Application") return ignored("follows nobody here");
  if (await isBuried(site, follower.uri, activityUri)) return ignored("was undone before it came");
  if (await refuses(site, account, follower)) {
    await answer(site, "Reject", account, follower, activityUri);
    return ignored("is blocked by the account");
  }

  const { row, isNew, isSame } = await storeFollow(site, follower, account, activityUri);
  if (isNew && row.state === "accepted")
    await site.models.actors.updateOne({ _id: account._id }, { $inc: { followersCount: 1 } });
  if (row.state === "accepted") await answer(site, "Accept", account, follower, activityUri);
  // Also for the very same once more: the process that stored it may have died before it rang.
  if (isNew || isSame) {
    await notify(site, {
      owner: account,
      type: row.state === "accepted" ? "follow" : "follow_request",
      from: follower,
    });
  }
  if (isNew) announce(site, "follow", { follower, account });
  return done(row.state === "accepted" ? "follows" : "waits for approval");
}

async function storeFollow(
  site: Site,
  follower: ActorRow,
  account: ActorRow,
  activityUri: string,
): Promise<{ row: FollowRow; isNew: boolean; isSame: boolean }> {
  const now = site.clock.now();
  const deliverTo = follower.sharedInbox ?? follower.inbox;
  const _id = snowflake(now);
  try {
    const isSame =
      (await site.models.follows.exists({
        followed: account._id,
        follower: follower._id,
        uri: activityUri,
      })) !== null;
    const row = await site.models.follows
      .findOneAndUpdate(
        { followed: account._id, follower: follower._id },
        {
          $set: { uri: activityUri, deliverTo, deliverHost: hostOf(deliverTo) ?? "" },
          $unset: { strikes: 1, struckAt: 1 },
          $setOnInsert: {
            _id,
            followerUri: follower.uri,
            followedUri: account.uri,
            state: account.manuallyApprovesFollowers ? "pending" : "accepted",
            createdAt: now,
          },
        },
        { upsert: true, returnDocument: "after" },
      )
      .lean<FollowRow>();
    return { row, isNew: row._id === _id, isSame };
  } catch (error) {
    // Two at once, or a snowflake that was taken: the second try finds the row or another snowflake.
    if (isDuplicateKey(error)) return storeFollow(site, follower, account, activityUri);
    throw error;
  }
}

/** Accepts a follower who waits. @returns whether one did. */
export async function acceptFollower(site: Site, account: ActorRow, follower: ActorRow): Promise<boolean> {
  const waiting = { followed: account._id, follower: follower._id, state: "pending" } as const;
  const row = await site.models.follows.findOne(waiting).lean<FollowRow | null>();
  if (!row) return false;
  // The answer first: after a crash in between they still wait, and are accepted again.
  await answer(site, "Accept", account, follower, row.uri);
  const { modifiedCount } = await site.models.follows.updateOne(waiting, { $set: { state: "accepted" } });
  if (modifiedCount > 0)
    await site.models.actors.updateOne({ _id: account._id }, { $inc: { followersCount: 1 } });
  return true;
}

/** Removes a follower, accepted or waiting, and tells their server. @returns whether there was one. */
export async function removeFollower(site: Site, account: ActorRow, follower: ActorRow): Promise<boolean> {
  const between = { followed: account._id, follower: follower._id };
  const known = await site.models.follows.findOne(between).lean<FollowRow | null>();
  if (!known) return false;
  // The answer first: after a crash in between they are still there, and are removed again.
  await answer(site, "Reject", account, follower, known.uri);
  const row = await site.models.follows.findOneAndDelete(between).lean<FollowRow | null>();
  if (row) await discount(site, row);
  return true;
}

/** Follow undone by its author: matched by the Follow's id, or by whom it was about (Misskey and Plume differ). */
export async function undoFollow(
  site: Site,
  actor: Pick<ActorRow, "_id" | "uri">,
  what: { uri?: string; followedUri?: string },
): Promise<Outcome> {
  const filters: object[] = [];
  if (what.followedUri !== undefined) filters.push({ follower: actor._id, followedUri: what.followedUri });
  if (what.uri !== undefined) filters.push({ uri: what.uri, follower: actor._id });
  for (const filter of filters) {
    const row = await site.models.follows.findOneAndDelete(filter).lean<FollowRow | null>();
    if (!row) continue;
    // One that was here is not buried: Misskey's next Follow comes under the same id.
    if (what.uri !== undefined && what.uri !== row.uri) await bury(site, actor.uri, what.uri);
    await discount(site, row);
    const [follower, account] = await Promise.all([
      site.models.actors.findById(row.follower).lean<ActorRow | null>(),
      site.models.actors.findById(row.followed).lean<ActorRow | null>(),
    ]);
    if (follower && account) announce(site, "unfollow", { follower, account });
    return done("unfollowed");
  }
  if (what.uri !== undefined) await bury(site, actor.uri, what.uri);
  return ignored("did not follow");
}

/** Ends every follow from and to an actor that is gone. */
export async function endFollows(site: Site, actor: Pick<ActorRow, "_id">): Promise<void> {
  for (const filter of [{ follower: actor._id }, { followed: actor._id }]) {
    for (;;) {
      const row = await site.models.follows.findOneAndDelete(filter).lean<FollowRow | null>();
      if (!row) break;
      await discount(site, row);
      if (row.state === "accepted")
        await site.models.actors.updateOne({ _id: row.follower }, { $inc: { followingCount: -1 } });
    }
  }
}

async function discount(site: Site, row: FollowRow): Promise<void> {
  if (row.state !== "accepted") return;
  await site.models.actors.updateOne({ _id: row.followed }, { $inc: { followersCount: -1 } });
}

async function answer(
  site: Site,
  type: "Accept" | "Reject",
  account: ActorRow,
  follower: ActorRow,
  followUri: string,
): Promise<void> {
  await enqueueActivity(site, {
    actor: account,
    activity: composeActivity({
      type,
      actor: account.uri,
      // The whole Follow: Pixelfed looks into it, Misskey would have to fetch a bare id.
      object: { id: followUri, type: "Follow", actor: follower.uri, object: account.uri },
      to: [follower.uri],
      cc: [],
    }),
    type,
    object: followUri,
    inboxes: [follower.inbox],
  });
}

/** A page of a list of actors: their ids, and where the next page begins. */
export interface ActorPage {
  uris: string[];
  next?: number;
}

/** Followers of an account, newest first. */
export async function followersOf(
  site: Site,
  account: Pick<ActorRow, "_id">,
  page: PageRequest,
): Promise<ActorPage> {
  return listFollows(site, { followed: account._id }, page, "followerUri");
}

/** Whom an account follows, newest first. */
export async function followingOf(
  site: Site,
  account: Pick<ActorRow, "_id">,
  page: PageRequest,
): Promise<ActorPage> {
  return listFollows(site, { follower: account._id }, page, "followedUri");
}

async function listFollows(
  site: Site,
  filter: object,
  page: PageRequest,
  show: "followerUri" | "followedUri",
): Promise<ActorPage> {
  const rows = await site.models.follows
    .find({ ...filter, state: "accepted", ...idRange(page) }, { [show]: 1 })
    .sort({ _id: -1 })
    .limit(page.limit + 1)
    .lean<FollowRow[]>();
  const shown = rows.slice(0, page.limit);
  const last = shown.at(-1);
  return {
    uris: shown.map((row) => row[show]),
    ...(rows.length > page.limit && last ? { next: last._id } : {}),
  };
}
