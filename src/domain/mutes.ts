import type { ActorRow, RelationRow } from "../database/rows.ts";
import type { Site } from "../site.ts";
import { fromNow, SECOND } from "../support/clock.ts";
import type { StatusPage } from "../support/cursors.ts";
import { inOrderOf, sortedPage } from "./page.ts";
import { people, type PeoplePage } from "./follow-lists.ts";
import { mergeIntoTimelines } from "./fill-timelines.ts";
import { leaveTimelines } from "./timelines.ts";
import { dropRelation, setRelation } from "./relations.ts";

/** How somebody is muted. */
export interface MuteWishes {
  /** Their notifications, too. Default true. */
  notifications?: boolean;
  /** Seconds; 0 or left out: until it is taken back. */
  duration?: number;
}

/** Hides somebody's posts, of which they learn nothing; the follow stays. To mute oneself does nothing. */
export async function muteActor(
  site: Site,
  account: ActorRow,
  target: ActorRow,
  wishes: MuteWishes = {},
): Promise<void> {
  if (account._id === target._id) return;
  const { notifications = true, duration = 0 } = wishes;
  await setRelation(site, account, target, "mute", {
    notifications,
    ...(duration > 0 ? { until: fromNow(site.clock, duration * SECOND) } : {}),
  });
  await leaveTimelines(site, account, target);
}

/** @returns whether there was a mute. What is stored of those who are followed comes back to the timelines. */
export async function unmuteActor(site: Site, account: ActorRow, target: ActorRow): Promise<boolean> {
  if ((await dropRelation(site, account, target, "mute")) === null) return false;
  await mergeIntoTimelines(site, account, target);
  return true;
}

/** Whom an account blocks, the last first. Two queries. */
export async function blocksPage(
  site: Site,
  account: Pick<ActorRow, "_id">,
  page: StatusPage,
): Promise<PeoplePage> {
  const rows = await sortedPage(site.models.relations, { owner: account._id, kind: "block" }, page);
  return people(site, rows, (row) => row.target);
}

/** Somebody who is muted, and until when. */
export interface Muted {
  actor: ActorRow;
  until?: Date;
}

/** Whom an account mutes, the last first; not those whose time is over. Two queries. */
export async function mutesPage(
  site: Site,
  account: Pick<ActorRow, "_id">,
  page: StatusPage,
): Promise<{ rows: Muted[]; cursors: number[] }> {
  const rows = await sortedPage<RelationRow>(
    site.models.relations,
    {
      owner: account._id,
      kind: "mute",
      $or: [{ until: { $exists: false } }, { until: { $gt: site.clock.now() } }],
    },
    page,
  );
  if (rows.length === 0) return { rows: [], cursors: [] };
  const ids = rows.map((row) => row.target);
  const actors = await site.models.actors.find({ _id: { $in: ids } }).lean<ActorRow[]>();
  const untils = new Map(rows.map((row) => [row.target, row.until]));
  return {
    rows: inOrderOf(ids, actors).map((actor) => {
      const until = untils.get(actor._id);
      return { actor, ...(until === undefined ? {} : { until }) };
    }),
    cursors: rows.map((row) => row._id),
  };
}
