import type { ActorRow, PostRow, VoteRow } from "../database/rows.ts";
import { readPost } from "../documents/read-post.ts";
import { fetchObject } from "../remote/objects.ts";
import type { Site } from "../site.ts";
import { DAY } from "../support/clock.ts";
import { reasonOf } from "../support/errors.ts";
import { localAccounts } from "./accounts.ts";
import { tellTimelines } from "./timelines.ts";
import { intendUpdate } from "./intents.ts";
import { notify } from "./notifications.ts";
import { receiveCounts } from "./polls.ts";

/** A poll that ended longer ago, while the site was down, is no news any more. */
const NEWS = 7 * DAY;
const AT_ONCE = 100;

/** Tells of polls that have ended: their author and voters here, and, of ours, everybody who has the post. */
export async function drainPolls(site: Site): Promise<void> {
  const now = site.clock.now();
  const ended = await site.models.posts
    .find({
      "poll.endsAt": { $lte: now, $gt: new Date(now.getTime() - NEWS) },
      "poll.endToldAt": { $exists: false },
      deletedAt: { $exists: false },
    })
    .sort({ "poll.endsAt": 1 })
    .limit(AT_ONCE)
    .lean<PostRow[]>();
  for (const post of ended) await tellOfEnd(site, post);
  if (ended.length === AT_ONCE) await drainPolls(site);
}

async function tellOfEnd(site: Site, post: PostRow): Promise<void> {
  const accounts = await localAccounts(site);
  const votes = await site.models.votes
    .find({ post: post._id, actor: { $in: accounts.map((account) => account._id) } })
    .lean<VoteRow[]>();
  const concerned = accounts.filter(
    (account) => account._id === post.author || votes.some((row) => row.actor === account._id),
  );
  if (!post.local && concerned.length > 0) await countAgain(site, post);
  const author = await site.models.actors.findById(post.author).lean<ActorRow | null>();
  if (author) for (const owner of concerned) await notify(site, { owner, type: "poll", from: author, post });
  // Last: a crash before repeats what is never told twice, a crash after would have lost it.
  await site.models.posts.updateOne(
    { _id: post._id, poll: { $exists: true } },
    { $set: { "poll.endToldAt": site.clock.now() } },
  );
  if (post.local) await intendUpdate(site, post);
  await tellTimelines(site, post, "status.update");
}

/** The last counts, from the poll's own server; without it the ones known stand. */
async function countAgain(site: Site, post: PostRow): Promise<void> {
  try {
    const read = readPost(await fetchObject(site, post.uri));
    if (read.ok && read.post.authorUri === post.authorUri) await receiveCounts(site, post, read.post);
  } catch (error) {
    site.logger.debug(
      { poll: post.uri, reason: reasonOf(error) },
      "the last counts of a poll could not be had",
    );
  }
}
