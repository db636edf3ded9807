import type { Collection, Filter } from "mongodb";
import type { Model } from "mongoose";
import { native } from "../database/native.ts";
import type { ActorRow, IntentRow, PostRow } from "../database/rows.ts";
import { IdTaken } from "../delivery/enqueue.ts";
import type { Site } from "../site.ts";
import { MINUTE, fromNow } from "../support/clock.ts";
import { snowflake } from "../support/ids.ts";
import { sendPost, sendProfile } from "./send-intents.ts";

/** How long a process may work on one row's intents before another takes them over. */
const LEASE = 2 * MINUTE;

/**
 * Turns intents into activities: looks mentioned people up, composes, hands over to delivery. May be run by every process
 * at any time; a crash in the middle repeats a step whose result has the same id.
 * @returns how many intents were turned.
 */
export async function drainOutgoing(site: Site): Promise<number> {
  let turned = 0;
  for (let post = await claimPost(site); post; post = await claimPost(site))
    turned += await turn(site, "posts", post, post.outgoing, sendPost);
  for (let actor = await claimActor(site); actor; actor = await claimActor(site))
    turned += await turn(site, "actors", actor, actor.outgoing, sendProfile);
  return turned;
}

function dueAndLease(site: Site) {
  return [
    { outgoingAt: { $lte: site.clock.now() } },
    { $set: { outgoingAt: fromNow(site.clock, LEASE) } },
    { sort: { outgoingAt: 1 }, returnDocument: "after" },
  ] as const;
}

const claimPost = (site: Site): Promise<PostRow | null> =>
  site.models.posts.findOneAndUpdate(...dueAndLease(site)).lean<PostRow | null>();
const claimActor = (site: Site): Promise<ActorRow | null> =>
  site.models.actors.findOneAndUpdate(...dueAndLease(site)).lean<ActorRow | null>();

async function turn<Row extends { _id: number; fingerprint?: string; boostOf?: number }>(
  site: Site,
  collection: "posts" | "actors",
  row: Row,
  intents: IntentRow[] | undefined,
  send: (site: Site, row: Row, intent: IntentRow) => Promise<void>,
): Promise<number> {
  const [intent] = intents ?? [];
  const rows = native<ActorRow | PostRow>(site.models[collection] as Model<ActorRow | PostRow>);
  const { _id } = row;
  if (intent) {
    try {
      await send(site, row, intent);
    } catch (error) {
      if (!(error instanceof IdTaken)) throw error;
      await takeAnotherId(site, rows, row, intent);
      return 0;
    }
    await settle(site, rows, row, intent);
  }
  // Only if nothing was added meanwhile; what was added has set its own due time.
  const finished = await rows.updateOne(
    { _id, "outgoing.0": { $exists: false } },
    { $unset: { outgoing: 1, outgoingAt: 1 } },
  );
  if (finished.matchedCount === 0) await rows.updateOne({ _id }, { $set: { outgoingAt: site.clock.now() } });
  return intent ? 1 : 0;
}

/** Something else has the id of an intent. A boost is called as its Announce is, so it is called anew with it. */
async function takeAnotherId(
  site: Site,
  rows: Collection<ActorRow | PostRow>,
  row: { _id: number; boostOf?: number },
  intent: IntentRow,
): Promise<void> {
  const { _id } = row;
  const now = site.clock.now();
  const id = snowflake(now);
  const uri = site.urls.activity(id);
  const isAnnounce = row.boostOf !== undefined && intent.type === "Create";
  if (isAnnounce) await site.models.interactions.updateOne({ _id, kind: "boost" }, { $set: { uri } });
  await rows.updateOne(
    { _id, "outgoing.id": intent.id },
    { $set: { "outgoing.$.id": id, outgoingAt: now, ...(isAnnounce ? { uri, names: [uri] } : {}) } },
  );
}

/**
 * Takes a turned intent away. Whoever edited or removed the row while it was being turned took that intent for unsent and
 * added none of their own: then the change becomes an intent now.
 */
async function settle(
  site: Site,
  rows: Collection<ActorRow | PostRow>,
  row: { _id: number; fingerprint?: string },
  intent: IntentRow,
): Promise<void> {
  const { _id } = row;
  const taken = await rows.updateOne(
    {
      _id,
      ...(intent.type === "Delete"
        ? {}
        : { fingerprint: row.fingerprint ?? null, deletedAt: { $exists: false } }),
    } as Filter<ActorRow | PostRow>,
    { $pull: { outgoing: { id: intent.id } } },
  );
  if (taken.matchedCount > 0) return;
  const at = site.clock.now();
  const edited = await rows.updateOne(
    { _id, deletedAt: { $exists: false }, "outgoing.id": intent.id },
    { $set: { "outgoing.$": { id: snowflake(at), type: "Update", at } } },
  );
  if (edited.matchedCount > 0) return;
  await rows.updateOne(
    { _id, deletedAt: { $exists: true }, "outgoing.type": { $ne: "Delete" } },
    { $set: { outgoing: [{ id: snowflake(at), type: "Delete", at }], outgoingAt: at } },
  );
}
