import type { ActorRow } from "../database/rows.ts";
import type { Site } from "../site.ts";
import type { StatusPage } from "../support/cursors.ts";
import { people, type PeoplePage } from "./follow-lists.ts";
import { receiveAccept, unfollowActor } from "./following.ts";
import { acceptFollower, removeFollower } from "./follows.ts";
import { sortedPage } from "./page.ts";

/** Who waits to be let in, the last first. Two queries. */
export async function followRequests(
  site: Site,
  account: Pick<ActorRow, "_id">,
  page: StatusPage,
): Promise<PeoplePage> {
  const rows = await sortedPage(
    site.models.follows,
    { followed: account._id, state: "pending" },
    page,
    "_id",
    { followed: 1, state: 1, _id: -1 },
  );
  return people(site, rows, (row) => row.follower);
}

/** Lets a follower in who waits. @returns whether one did. */
export async function authorizeFollower(site: Site, account: ActorRow, follower: ActorRow): Promise<boolean> {
  // Between two accounts of this site nothing is sent: what an Accept would bring about is done at once.
  const accepted = follower.local
    ? (await receiveAccept(site, account, { followerUri: follower.uri })).done
    : await acceptFollower(site, account, follower);
  if (accepted) await forgetRequest(site, account, follower);
  return accepted;
}

/** Removes a follower, let in or waiting. @returns whether there was one. */
export async function removeFollowerOf(site: Site, account: ActorRow, follower: ActorRow): Promise<boolean> {
  const removed = follower.local
    ? await unfollowActor(site, follower, account)
    : await removeFollower(site, account, follower);
  if (removed) await forgetRequest(site, account, follower);
  return removed;
}

/** The same person may ask again, and then it rings again. */
async function forgetRequest(site: Site, account: ActorRow, follower: ActorRow): Promise<void> {
  await site.models.notifications.deleteOne({ key: `${account._id}|follow_request|${follower._id}|` });
}
