import { activitiesOf } from "./collections.ts";
import type { ActivityRow, ActorRow } from "../database/rows.ts";
import { digestHeader } from "../signatures/digest.ts";
import type { Site } from "../site.ts";
import { DAY } from "../support/clock.ts";
import { isDuplicateKey } from "../support/errors.ts";
import { snowflake } from "../support/ids.ts";
import { supersededTypes } from "./order.ts";

/** Longer than the longest life of a delivery: an activity must outlast every row that points to it. */
const KEEP = 30 * DAY;

export interface Outgoing {
  /** Snowflake of the activity. Given, the call can be repeated without harm; left out, one that is free is made. */
  id?: number;
  /** The local account that signs. */
  actor: ActorRow;
  /** The document as it will be sent; its id is added. */
  activity: Record<string, unknown>;
  type: string;
  /** Id of what it is about: deliveries of one object to one host keep their order. */
  object: string;
  /** The local post it is about; deliveries are reported under it. */
  post?: number;
  /** Send to the followers of `actor`. */
  toFollowers?: boolean;
  /** Further inboxes. */
  inboxes?: string[];
  /** Anybody may fetch the activity by its id. */
  public?: boolean;
  /** Queued activities about the same object are not sent any more: an Update replaces Updates, a Delete everything. */
  supersedes?: boolean;
}

/** Two ids made in one millisecond may be the same: what has this one must be given another, or it would never be sent. */
export class IdTaken extends Error {
  override readonly name = "IdTaken";
}

/**
 * Takes an activity into the queue: stores it with the intent to fan it out and wakes the worker. Sends nothing itself.
 * Idempotent by `id`: a repeated call gives the row of the first.
 * @throws {IdTaken} where that is about something else.
 */
export async function enqueueActivity(site: Site, outgoing: Outgoing): Promise<ActivityRow> {
  const row = await store(site, outgoing);
  // Also on a repeated call: the first one may have died between the two writes.
  if (outgoing.supersedes === true) await supersede(site, row);
  site.wake("fanout");
  return row;
}

async function store(site: Site, outgoing: Outgoing): Promise<ActivityRow> {
  for (;;) {
    const row = compose(site, outgoing);
    try {
      await activitiesOf(site).insertOne(row);
      return row;
    } catch (error) {
      if (!isDuplicateKey(error)) throw error;
      if (outgoing.id === undefined) continue;
      const first = await site.models.activities.findById(outgoing.id).lean<ActivityRow | null>();
      if (first === null) throw error;
      if (
        first.object !== outgoing.object ||
        first.type !== outgoing.type ||
        first.actor !== outgoing.actor._id
      )
        throw new IdTaken(`The id ${outgoing.id} is that of another activity.`, { cause: error });
      return first;
    }
  }
}

function compose(site: Site, outgoing: Outgoing): ActivityRow {
  const now = site.clock.now();
  const id = outgoing.id ?? snowflake(now);
  const uri = site.urls.activity(id);
  const { "@context": context, ...activity } = outgoing.activity;
  const body = JSON.stringify({ "@context": context, id: uri, ...activity });
  return {
    _id: id,
    uri,
    type: outgoing.type,
    actor: outgoing.actor._id,
    object: outgoing.object,
    ...(outgoing.post === undefined ? {} : { post: outgoing.post }),
    body,
    digest: digestHeader(Buffer.from(body)),
    toFollowers: outgoing.toFollowers ?? false,
    inboxes: [...new Set(outgoing.inboxes ?? [])],
    public: outgoing.public ?? false,
    createdAt: now,
    fanoutAt: now,
    expiresAt: new Date(now.getTime() + KEEP),
  };
}

/** Marks the older activities; the worker and the fan-out look at the mark, so this costs the same for any number of rows. */
async function supersede(site: Site, row: ActivityRow): Promise<void> {
  const types = supersededTypes(row.type);
  if (types.length === 0) return;
  await activitiesOf(site).updateMany(
    {
      object: row.object,
      _id: { $ne: row._id },
      type: { $in: types },
      createdAt: { $lte: row.createdAt },
      cancelledAt: { $exists: false },
    },
    { $set: { cancelledAt: row.createdAt } },
  );
}
