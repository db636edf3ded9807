import type { ActorRow, PostRow } from "../database/rows.ts";
import type { Site } from "../site.ts";
import { localAccounts } from "./accounts.ts";
import { SEEN_BY_ANYONE } from "./visibility.ts";

/**
 * Counts anew, from the rows, what is known of a post: a process may have died between a row and its count. Only for what
 * is done a second time; in the ordinary way each row adds its one.
 */
export async function countPostAgain(site: Site, id: number): Promise<void> {
  const { posts, interactions } = site.models;
  const before = await posts.findById(id).lean<PostRow | null>();
  if (before === null) return;
  const [likesCount, boostsCount, repliesCount, quotesCount] = await Promise.all([
    interactions.countDocuments({ post: id, kind: "like" }),
    interactions.countDocuments({ post: id, kind: "boost" }),
    posts.countDocuments({ inReplyToId: id, ...SEEN_BY_ANYONE }),
    posts.countDocuments({ "quote.id": id, "quote.state": "accepted", deletedAt: { $exists: false } }),
  ]);
  const known = {
    likesCount: before.likesCount,
    boostsCount: before.boostsCount,
    repliesCount: before.repliesCount,
  };
  // What others have counted meanwhile is not written over: it will be true without us.
  await posts.updateOne(
    { _id: id, ...known },
    {
      $set: {
        likesCount,
        boostsCount,
        repliesCount,
        ...(quotesCount > 0 || before.quotesCount !== undefined ? { quotesCount } : {}),
      },
    },
  );
}

/** The same for the votes in a poll of ours; of another server's poll the counts are its word. */
export async function countVotesAgain(site: Site, id: number): Promise<void> {
  const { posts, votes } = site.models;
  const before = await posts.findById(id).lean<PostRow | null>();
  const { poll } = before ?? {};
  if (before?.local !== true || poll === undefined) return;
  const counts = await Promise.all(
    poll.options.map((_, choice) => votes.countDocuments({ post: id, choice })),
  );
  const [voters] = await votes.aggregate<{ count: number }>([
    { $match: { post: id } },
    { $group: { _id: "$actor" } },
    { $count: "count" },
  ]);
  const each = <Value>(value: (choice: number) => Value): Record<string, Value> =>
    Object.fromEntries(poll.options.map((_, choice) => [`poll.options.${choice}.votes`, value(choice)]));
  await posts.updateOne(
    { _id: id, "poll.voters": poll.voters ?? null, ...each((choice) => poll.options[choice]?.votes) },
    { $set: { "poll.voters": voters?.count ?? 0, ...each((choice) => counts[choice] ?? 0) } },
  );
}

/** The same for whom our accounts follow, and who follows them. */
export async function countFollowsAgain(site: Site): Promise<void> {
  for (const account of await localAccounts(site)) {
    const { follows, actors } = site.models;
    const before = await actors.findById(account._id).lean<ActorRow | null>();
    if (before === null) continue;
    const [followersCount, followingCount] = await Promise.all([
      follows.countDocuments({ followed: account._id, state: "accepted" }),
      follows.countDocuments({ follower: account._id, state: "accepted" }),
    ]);
    await actors.updateOne(
      { _id: account._id, followersCount: before.followersCount, followingCount: before.followingCount },
      { $set: { followersCount, followingCount } },
    );
  }
}
