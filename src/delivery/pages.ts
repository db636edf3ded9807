import { activitiesOf, deliveriesOf, followsOf } from "./collections.ts";
import type { ActivityRow } from "../database/rows.ts";
import type { Site } from "../site.ts";

/** Inboxes to write to, and the place behind them. */
export interface Page {
  inboxes: string[];
  cursor: string;
}

/** Rows read at once; the memory of a fan-out, whatever the number of followers. */
export const PAGE = 1000;
/** The first page is small and the next ones double, so that the first follower hears at once. */
export const FIRST_PAGE = 100;

/** A cursor is the letter of a stage, in their order, and the place inside it. */
const NAMED = "n";
const FOLLOWERS = "f";
const PAST = "p";

/**
 * The inboxes of an activity from its stored cursor on: those named in it, its actor's followers, and for a Delete also
 * those who were sent the object and follow no more.
 */
export async function* audience(site: Site, activity: ActivityRow): AsyncGenerator<Page> {
  const cursor = activity.fanoutCursor ?? NAMED;
  const stage = cursor.charAt(0);
  const place = cursor.slice(1);
  if (stage === NAMED) yield* named(activity, Number(place));
  if (activity.toFollowers && stage !== PAST) {
    yield* followers(site, activity, stage === FOLLOWERS ? place : "");
  }
  if (activity.type === "Delete") yield* past(site, activity, stage === PAST ? place : "");
}

function* named(activity: ActivityRow, from: number): Generator<Page> {
  for (let at = from; at < activity.inboxes.length; at += PAGE) {
    yield { inboxes: activity.inboxes.slice(at, at + PAGE), cursor: `${NAMED}${at + PAGE}` };
  }
}

/** A step seeks past the last inbox, so thousands who share one inbox cost a page and not their number. */
async function* followers(site: Site, activity: ActivityRow, from: string): AsyncGenerator<Page> {
  let limit = FIRST_PAGE;
  for (let last = from; ; limit = Math.min(limit * 2, PAGE)) {
    const rows = await followsOf(site)
      .find(
        { followed: activity.actor, state: "accepted", deliverTo: { $gt: last } },
        { projection: { _id: 0, deliverTo: 1 }, sort: { deliverTo: 1, _id: 1 }, limit, batchSize: limit },
      )
      .toArray();
    const inboxes = [...new Set(rows.map((row) => row.deliverTo))];
    const end = inboxes.at(-1);
    if (end === undefined) return;
    yield { inboxes, cursor: FOLLOWERS + end };
    last = end;
  }
}

async function* past(site: Site, activity: ActivityRow, from: string): AsyncGenerator<Page> {
  const creates = await activitiesOf(site)
    .find({ object: activity.object, type: "Create" }, { projection: { _id: 1 }, sort: { _id: 1 } })
    .toArray();
  const separator = from.indexOf(" ");
  const resumed = separator < 0 ? 0 : Number(from.slice(0, separator));
  for (const create of creates) {
    const id = Number(create._id);
    if (id < resumed) continue;
    for (let last = id === resumed ? from.slice(separator + 1) : ""; ;) {
      const rows = await deliveriesOf(site)
        .find(
          { activity: id, inbox: { $gt: last } },
          { projection: { _id: 0, inbox: 1, state: 1 }, sort: { inbox: 1 }, limit: PAGE, batchSize: PAGE },
        )
        .toArray();
      const end = rows.at(-1)?.inbox;
      if (end === undefined) break;
      const inboxes = rows.filter((row) => row.state === "delivered").map((row) => row.inbox);
      yield { inboxes, cursor: `${PAST}${id} ${end}` };
      last = end;
    }
  }
}
