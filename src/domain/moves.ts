import { insertRow } from "../database/native.ts";
import type { ActorRow, FollowRow, ListMemberRow, RelationRow } from "../database/rows.ts";
import { findActor, resolveActor } from "../remote/actors.ts";
import type { Site } from "../site.ts";
import { isDuplicateKey } from "../support/errors.ts";
import { snowflake } from "../support/ids.ts";
import { localAccounts } from "./accounts.ts";
import { blockActor } from "./blocks.ts";
import { followActor, unfollowActor } from "./following.ts";
import { muteActor } from "./mutes.ts";
import { done, ignored, type Outcome } from "./outcome.ts";
import { refuses } from "./shadows.ts";

/**
 * Somebody has moved to another account: who follows the old one here follows the new one, with the same wishes and in the
 * same lists; who blocks or mutes the old one, the new one too. Both are read again, and the new one must name the old in
 * `alsoKnownAs`, or anybody could send their followers anywhere. Nobody is fetched whom no account here has to do with.
 * Bears being called twice.
 */
export async function receiveMove(site: Site, actorUri: string, targetUri: string): Promise<Outcome> {
  const known = await findActor(site, actorUri);
  if (!known || known.local) return ignored("is nobody known here");
  const accounts = await localAccounts(site);
  const ids = accounts.map((account) => account._id);
  const [follows, relations] = await Promise.all([
    site.models.follows
      .find({ followed: known._id, follower: { $in: ids }, state: "accepted" })
      .lean<FollowRow[]>(),
    site.models.relations
      .find({ owner: { $in: ids }, kind: { $in: ["block", "mute"] }, target: known._id })
      .lean<RelationRow[]>(),
  ]);
  if (follows.length === 0 && relations.length === 0)
    return ignored("nobody here follows the account that moves");

  const origin = await resolveActor(site, actorUri, { refresh: true });
  const target = await resolveActor(site, targetUri, { refresh: true });
  if (!target.alsoKnownAs.includes(origin.uri)) return ignored("moves to an account that does not know it");
  if (origin.movedTo !== target.uri)
    await site.models.actors.updateOne({ _id: origin._id }, { $set: { movedTo: target.uri } });

  for (const account of accounts) {
    const own = relations.filter((row) => row.owner === account._id);
    await carryOver(site, account, target, own);
    const follow = follows.find((row) => row.follower === account._id);
    if (follow) await moveFollow(site, account, follow, origin, target);
  }
  return done(`${follows.length} moved with the account`);
}

async function carryOver(
  site: Site,
  account: ActorRow,
  target: ActorRow,
  relations: readonly RelationRow[],
): Promise<void> {
  const now = site.clock.now().getTime();
  for (const row of relations) {
    if (row.kind === "block") await blockActor(site, account, target);
    else if (row.until === undefined || row.until.getTime() > now) {
      await muteActor(site, account, target, {
        ...(row.notifications === undefined ? {} : { notifications: row.notifications }),
        ...(row.until === undefined ? {} : { duration: (row.until.getTime() - now) / 1000 }),
      });
    }
  }
}

async function moveFollow(
  site: Site,
  account: ActorRow,
  follow: FollowRow,
  origin: ActorRow,
  target: ActorRow,
): Promise<void> {
  const isWelcome = account._id !== target._id && !(await refuses(site, account, target));
  if (isWelcome) {
    await followActor(site, account, target, {
      ...(follow.showBoosts === undefined ? {} : { showBoosts: follow.showBoosts }),
      ...(follow.notify === undefined ? {} : { notify: follow.notify }),
      ...(follow.languages === undefined ? {} : { languages: follow.languages }),
    });
    const memberships = await site.models.listMembers
      .find({ owner: account._id, account: origin._id })
      .lean<ListMemberRow[]>();
    for (const row of memberships) await join(site, row, target);
  }
  // The new follow first: a crash in between is made good by the repeated Move, which still finds the old one.
  await unfollowActor(site, account, origin);
}

async function join(site: Site, membership: ListMemberRow, target: ActorRow): Promise<void> {
  try {
    await insertRow(site.models.listMembers, {
      ...membership,
      _id: snowflake(site.clock.now()),
      account: target._id,
    });
  } catch (error) {
    if (!isDuplicateKey(error)) throw error;
    const isThere = await site.models.listMembers.exists({ list: membership.list, account: target._id });
    if (isThere === null) await join(site, membership, target);
  }
}
