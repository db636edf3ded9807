import type { ActorRow, RelationRow } from "../database/rows.ts";
import { enqueueActivity, IdTaken, type Outgoing } from "../delivery/enqueue.ts";
import { composeActivity } from "../documents/compose-activity.ts";
import type { Site } from "../site.ts";
import { removeFollowerOf } from "./follow-requests.ts";
import { unfollowActor } from "./following.ts";
import { leaveTimelines } from "./timelines.ts";
import { done, ignored, type Outcome } from "./outcome.ts";
import { dropRelation, setRelation } from "./relations.ts";
import { bury, isBuried } from "./tombstones.ts";

/**
 * Blocks somebody: follows end both ways, and what they have left in timelines, notifications and conversations is gone.
 * Their server is told, for it is that one which can keep the account's posts from them. Bears being called twice; to
 * block oneself does nothing.
 */
export async function blockActor(site: Site, account: ActorRow, target: ActorRow): Promise<void> {
  if (account._id === target._id) return;
  const row = await setRelation(site, account, target, "block");
  await part(site, account, target);
  await Promise.all([
    site.models.notifications.deleteMany({ owner: account._id, from: target._id }),
    site.models.conversations.deleteMany({ owner: account._id, accounts: target._id }),
    dropRelation(site, account, target, "notificationRequest"),
  ]);
  if (target.local) await setRelation(site, target, account, "blockedBy");
  else await sendBlock(site, account, target, row);
}

/** Nothing is left between the two. Undo of our Follow, Reject of theirs. */
async function part(site: Site, account: ActorRow, other: ActorRow): Promise<void> {
  await unfollowActor(site, account, other);
  await removeFollowerOf(site, account, other);
  await leaveTimelines(site, account, other);
  await dropRelation(site, account, other, "endorse");
  if (other.local) await dropRelation(site, other, account, "endorse");
}

/** @returns whether there was a block. */
export async function unblockActor(site: Site, account: ActorRow, target: ActorRow): Promise<boolean> {
  const row = await site.models.relations
    .findOne({ owner: account._id, kind: "block", target: target._id })
    .lean<RelationRow | null>();
  if (row === null) return false;
  if (target.local) {
    await dropRelation(site, target, account, "blockedBy");
    await dropRelation(site, account, target, "block");
    return true;
  }
  // The activity first: after a crash in between the block is still there, and is ended again.
  await enqueueActivity(site, {
    actor: account,
    activity: composeActivity({
      type: "Undo",
      actor: account.uri,
      object: { id: blockId(site, row), type: "Block", actor: account.uri, object: target.uri },
      to: [target.uri],
      cc: [],
    }),
    type: "Undo",
    object: target.uri,
    inboxes: [target.inbox],
  });
  await dropRelation(site, account, target, "block");
  return true;
}

/**
 * The row's own id is that of the Block, unless something else had it: an Undo names it as long as the row stands, and a
 * repeated call sends it once.
 */
function blockId(site: Site, row: Pick<RelationRow, "_id" | "uri">): string {
  return row.uri ?? site.urls.activity(row._id);
}

async function sendBlock(site: Site, account: ActorRow, target: ActorRow, row: RelationRow): Promise<void> {
  const block: Outgoing = {
    actor: account,
    activity: composeActivity({
      type: "Block",
      actor: account.uri,
      object: target.uri,
      to: [target.uri],
      cc: [],
    }),
    type: "Block",
    object: target.uri,
    inboxes: [target.inbox],
  };
  try {
    await enqueueActivity(site, { ...block, id: row._id });
  } catch (error) {
    if (!(error instanceof IdTaken)) throw error;
    const { uri } = await enqueueActivity(site, block);
    await setRelation(site, account, target, "block", { uri });
  }
}

/** Somebody elsewhere has blocked one of our accounts, which shows them nothing of theirs any more. */
export async function receiveBlock(
  site: Site,
  actor: ActorRow,
  blockedUri: string,
  activityUri: string,
): Promise<Outcome> {
  const account = await site.models.actors.findOne({ uri: blockedUri, local: true }).lean<ActorRow | null>();
  if (!account || account.type === "Application") return ignored("blocks nobody here");
  if (await isBuried(site, actor.uri, activityUri)) return ignored("was undone before it came");
  await setRelation(site, account, actor, "blockedBy", { uri: activityUri });
  await part(site, account, actor);
  return done("blocks the account");
}

/** A Block undone by its author: matched by its id, or by whom it was about. */
export async function undoBlock(
  site: Site,
  actor: Pick<ActorRow, "_id" | "uri">,
  what: { uri?: string; blockedUri?: string },
): Promise<Outcome> {
  if (what.uri !== undefined) await bury(site, actor.uri, what.uri);
  const account =
    what.blockedUri === undefined
      ? null
      : await site.models.actors
          .findOne({ uri: what.blockedUri, local: true }, { _id: 1 })
          .lean<Pick<ActorRow, "_id"> | null>();
  const filters: object[] = [
    ...(account === null ? [] : [{ owner: account._id }]),
    ...(what.uri === undefined ? [] : [{ uri: what.uri }]),
  ];
  for (const filter of filters) {
    const { deletedCount } = await site.models.relations.deleteOne({
      target: actor._id,
      kind: "blockedBy",
      ...filter,
    });
    if (deletedCount > 0) return done("no longer blocks the account");
  }
  return ignored("did not block");
}
