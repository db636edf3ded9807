import type { ActorRow, FollowRow } from "../database/rows.ts";
import { insertRow } from "../database/native.ts";
import { enqueueActivity } from "../delivery/enqueue.ts";
import { composeActivity } from "../documents/compose-activity.ts";
import type { Site } from "../site.ts";
import { InvalidInput, isDuplicateKey } from "../support/errors.ts";
import { snowflake } from "../support/ids.ts";
import { hostOf } from "../support/urls.ts";
import { mergeIntoTimelines } from "./fill-timelines.ts";
import { leaveTimelines } from "./timelines.ts";
import { notify } from "./notifications.ts";
import { done, ignored, type Outcome } from "./outcome.ts";

export interface FollowWishes {
  showBoosts?: boolean;
  notify?: boolean;
  /** Empty: all. */
  languages?: string[];
}

/**
 * Follows somebody, or changes how. Of another server: pending until its Accept comes. Of this site: at once, unless the
 * account approves by hand.
 * @throws {InvalidInput} for following oneself.
 */
export async function followActor(
  site: Site,
  account: ActorRow,
  target: ActorRow,
  wishes: FollowWishes = {},
): Promise<FollowRow> {
  if (account._id === target._id) throw new InvalidInput("You cannot follow yourself.", "self-follow", 403);
  const existing = await site.models.follows
    .findOneAndUpdate(
      { followed: target._id, follower: account._id },
      { $set: { ...wishes } },
      { returnDocument: "after" },
    )
    .lean<FollowRow | null>();
  if (existing) return existing;

  const now = site.clock.now();
  // The activity first: a crash in between leaves a Follow whose Accept finds nothing, never a wish that nobody sends.
  const id = target.local ? snowflake(now) : await sendFollow(site, account, target);
  const deliverTo = account.sharedInbox ?? account.inbox;
  const row: FollowRow = {
    _id: id,
    follower: account._id,
    followed: target._id,
    state: target.local && !target.manuallyApprovesFollowers ? "accepted" : "pending",
    uri: site.urls.activity(id),
    followerUri: account.uri,
    followedUri: target.uri,
    deliverTo,
    deliverHost: hostOf(deliverTo) ?? "",
    createdAt: now,
    ...wishes,
  };
  try {
    await insertRow(site.models.follows, row);
  } catch (error) {
    if (isDuplicateKey(error)) return followActor(site, account, target, wishes);
    throw error;
  }
  if (target.local) {
    if (row.state === "accepted") await begin(site, account, target);
    await notify(site, {
      owner: target,
      type: row.state === "accepted" ? "follow" : "follow_request",
      from: account,
    });
  }
  return row;
}

async function sendFollow(site: Site, account: ActorRow, target: ActorRow): Promise<number> {
  const { _id } = await enqueueActivity(site, {
    actor: account,
    activity: composeActivity({
      type: "Follow",
      actor: account.uri,
      object: target.uri,
      to: [target.uri],
      cc: [],
    }),
    type: "Follow",
    object: target.uri,
    inboxes: [target.inbox],
  });
  return _id;
}

async function begin(site: Site, account: ActorRow, target: ActorRow): Promise<void> {
  await site.models.actors.updateOne({ _id: account._id }, { $inc: { followingCount: 1 } });
  if (target.local) await site.models.actors.updateOne({ _id: target._id }, { $inc: { followersCount: 1 } });
  await mergeIntoTimelines(site, account, target);
}

/** Ends a follow, or takes back a request. @returns whether there was one. */
export async function unfollowActor(site: Site, account: ActorRow, target: ActorRow): Promise<boolean> {
  const between = { followed: target._id, follower: account._id };
  const known = await site.models.follows.findOne(between).lean<FollowRow | null>();
  if (!known) return false;
  // The activity first: after a crash in between the follow is still there, and is ended again.
  if (!target.local) await sendUnfollow(site, account, target, known);
  const row = await site.models.follows.findOneAndDelete(between).lean<FollowRow | null>();
  if (row?.state === "accepted") {
    await site.models.actors.updateOne({ _id: account._id }, { $inc: { followingCount: -1 } });
    if (target.local)
      await site.models.actors.updateOne({ _id: target._id }, { $inc: { followersCount: -1 } });
  }
  await site.models.listMembers.deleteMany({ owner: account._id, account: target._id });
  await leaveTimelines(site, account, target);
  return true;
}

async function sendUnfollow(
  site: Site,
  account: ActorRow,
  target: ActorRow,
  row: Pick<FollowRow, "uri">,
): Promise<void> {
  await enqueueActivity(site, {
    actor: account,
    activity: composeActivity({
      type: "Undo",
      actor: account.uri,
      object: { id: row.uri, type: "Follow", actor: account.uri, object: target.uri },
      to: [target.uri],
      cc: [],
    }),
    type: "Undo",
    object: target.uri,
    inboxes: [target.inbox],
  });
}

/** Their server has accepted our Follow. Matched by its id, or by whom it was about (Mitra sends a bare id, PeerTube any). */
export async function receiveAccept(
  site: Site,
  actor: ActorRow,
  what: { followUri?: string; followerUri?: string },
): Promise<Outcome> {
  const row = await site.models.follows
    .findOneAndUpdate({ ...ours(actor, what), state: "pending" }, { $set: { state: "accepted" } })
    .lean<FollowRow | null>();
  if (!row) {
    // Whoever accepted it may have died before the timelines were filled; what stands there already stays.
    const accepted = await site.models.follows
      .findOne({ ...ours(actor, what), state: "accepted" })
      .lean<FollowRow | null>();
    if (accepted) await mergeIntoTimelines(site, { _id: accepted.follower }, actor);
    return ignored("accepts no Follow that waits");
  }
  const account = await site.models.actors.findById(row.follower).lean<ActorRow | null>();
  if (account) await begin(site, account, actor);
  return done("accepted our Follow");
}

/** Their server has refused our Follow, or removed us as a follower. */
export async function receiveReject(
  site: Site,
  actor: ActorRow,
  what: { followUri?: string; followerUri?: string },
): Promise<Outcome> {
  const row = await site.models.follows.findOneAndDelete(ours(actor, what)).lean<FollowRow | null>();
  if (!row) return ignored("rejects no Follow of ours");
  const account = await site.models.actors.findById(row.follower).lean<ActorRow | null>();
  if (!account) return ignored("rejects nobody");
  if (row.state === "accepted")
    await site.models.actors.updateOne({ _id: account._id }, { $inc: { followingCount: -1 } });
  await leaveTimelines(site, account, actor);
  return done("rejected our Follow");
}

function ours(actor: ActorRow, what: { followUri?: string; followerUri?: string }): Record<string, unknown> {
  return {
    followed: actor._id,
    ...(what.followerUri !== undefined ? { followerUri: what.followerUri } : { uri: what.followUri ?? "" }),
  };
}
