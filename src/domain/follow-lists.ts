import type { ActorRow, FollowRow } from "../database/rows.ts";
import type { Site } from "../site.ts";
import type { StatusPage } from "../support/cursors.ts";
import { inOrderOf, sortedPage } from "./page.ts";

/** People of a list that pages by hidden rows: what a client can only follow as a link. */
export interface PeoplePage {
  rows: ActorRow[];
  /** Ids of the hidden rows, newest first. */
  cursors: number[];
}

const NOBODY: PeoplePage = { rows: [], cursors: [] };

/** Who follows an account, the last first. Nobody, where the account does not show them to the viewer. Two queries. */
export async function followersPage(
  site: Site,
  account: ActorRow,
  page: StatusPage,
  viewer?: Pick<ActorRow, "_id">,
): Promise<PeoplePage> {
  if (isHidden(account, viewer)) return NOBODY;
  const rows = await sortedPage(
    site.models.follows,
    { followed: account._id, state: "accepted" },
    page,
    "_id",
    { followed: 1, state: 1, _id: -1 },
  );
  return people(site, rows, (row) => row.follower);
}

/** Whom an account follows, the last first. Two queries. */
export async function followingPage(
  site: Site,
  account: ActorRow,
  page: StatusPage,
  viewer?: Pick<ActorRow, "_id">,
): Promise<PeoplePage> {
  if (isHidden(account, viewer)) return NOBODY;
  const rows = await sortedPage(
    site.models.follows,
    { follower: account._id, state: "accepted" },
    page,
    "_id",
    { follower: 1, state: 1, _id: -1 },
  );
  return people(site, rows, (row) => row.followed);
}

/** People an account shows on its profile, the last first. Two queries. */
export async function endorsedPage(
  site: Site,
  account: Pick<ActorRow, "_id">,
  page: StatusPage,
): Promise<PeoplePage> {
  const rows = await sortedPage(site.models.relations, { owner: account._id, kind: "endorse" }, page);
  return people(site, rows, (row) => row.target);
}

function isHidden(account: ActorRow, viewer: Pick<ActorRow, "_id"> | undefined): boolean {
  return account.hidesCollections === true && viewer?._id !== account._id;
}

/** The people of a page of hidden rows. One query. */
export async function people<Row extends { _id: number }>(
  site: Site,
  rows: readonly Row[],
  personIn: (row: Row) => number,
): Promise<PeoplePage> {
  if (rows.length === 0) return NOBODY;
  const ids = rows.map(personIn);
  const actors = await site.models.actors.find({ _id: { $in: ids } }).lean<ActorRow[]>();
  return { rows: inOrderOf(ids, actors), cursors: rows.map((row) => row._id) };
}

/** Follows of an account that are looked through. */
const LOOKED_THROUGH = 2000;
/** People named for each account. */
const NAMED = 10;

/** Of those whom the viewer follows, who follows each of these accounts (as far as this site knows)? Three queries. */
export async function familiarFollowers(
  site: Site,
  viewer: Pick<ActorRow, "_id">,
  ids: readonly number[],
): Promise<Map<number, ActorRow[]>> {
  const mine = await site.models.follows
    .find({ follower: viewer._id, state: "accepted" }, { followed: 1 })
    .sort({ _id: -1 })
    .limit(LOOKED_THROUGH)
    .lean<FollowRow[]>();
  const followed = new Set(mine.map((row) => row.followed));
  const rows =
    followed.size === 0
      ? []
      : await site.models.follows
          .find({ followed: { $in: ids }, follower: { $in: [...followed] }, state: "accepted" })
          .limit(LOOKED_THROUGH)
          .lean<FollowRow[]>();
  const actors =
    rows.length === 0
      ? []
      : await site.models.actors
          .find({ _id: { $in: [...new Set(rows.map((row) => row.follower))] } })
          .lean<ActorRow[]>();
  return new Map(
    ids.map((id) => {
      const followers = rows.filter((row) => row.followed === id).map((row) => row.follower);
      return [id, inOrderOf(followers.slice(0, NAMED), actors)];
    }),
  );
}
