import { insertRow } from "../database/native.ts";
import type { ActorRow, PollRow, PostRow, VoteRow } from "../database/rows.ts";
import { enqueueActivity } from "../delivery/enqueue.ts";
import { composeActivity } from "../documents/compose-activity.ts";
import type { ReadPost } from "../documents/read-post.ts";
import type { Site } from "../site.ts";
import { MINUTE, fromNow } from "../support/clock.ts";
import { InvalidInput, isDuplicateKey, NotFound } from "../support/errors.ts";
import { snowflake } from "../support/ids.ts";
import { findPost } from "./find-post.ts";
import { tellTimelines } from "./timelines.ts";
import { intendUpdate } from "./intents.ts";
import { maySee } from "./may-see.ts";
import { done, ignored, type Outcome } from "./outcome.ts";

/** Votes of this long are told together. */
const GATHERED = MINUTE;

export function hasEnded(poll: PollRow, now: Date): boolean {
  return poll.endsAt !== undefined && poll.endsAt <= now;
}

/**
 * Votes in a poll, ours or another server's; the author of another's is told, and nobody else.
 * @param choices indices of the options.
 * @returns the post with the new counts.
 * @throws {NotFound} for what the account may not see, or is no poll. @throws {InvalidInput} for a vote that cannot be.
 */
export async function vote(
  site: Site,
  account: ActorRow,
  post: PostRow,
  choices: readonly number[],
): Promise<PostRow> {
  const { poll } = post;
  if (!poll || !(await maySee(site, post, account))) throw new NotFound("Record not found");
  if (hasEnded(poll, site.clock.now())) throw refused("The poll has already ended");
  if (post.author === account._id) throw refused("You cannot vote in your own polls");
  const chosen = [...new Set(choices)];
  if (chosen.length === 0) throw refused("Choose at least one of the options");
  if (chosen.some((choice) => poll.options[choice] === undefined))
    throw refused("The chosen vote option does not exist");
  if (!poll.multiple && chosen.length > 1) throw refused("Only one option can be chosen");
  if ((await site.models.votes.exists({ post: post._id, actor: account._id })) !== null)
    throw refused("You have already voted on this poll");
  const votes = [];
  for (const choice of chosen) {
    const row = await keepVote(site, post, poll, account, choice);
    // The same person at the same moment on another device.
    if (!row) throw refused("You have already voted on this poll");
    votes.push(row);
  }
  await count(site, post, chosen, true);
  if (post.local) await intendUpdate(site, post, fromNow(site.clock, GATHERED));
  else await tellAuthor(site, account, post, poll, votes);
  return (await site.models.posts.findById(post._id).lean<PostRow | null>()) ?? post;
}

function refused(reason: string): InvalidInput {
  return new InvalidInput(`Validation failed: ${reason}`, "vote");
}

/** @returns `undefined` when the actor has chosen this before or, with one choice only, any. */
async function keepVote(
  site: Site,
  post: PostRow,
  poll: PollRow,
  actor: Pick<ActorRow, "_id">,
  choice: number,
): Promise<VoteRow | undefined> {
  const row: VoteRow = {
    _id: snowflake(site.clock.now()),
    post: post._id,
    actor: actor._id,
    choice,
    key: `${post._id}|${actor._id}|${poll.multiple ? choice : "one"}`,
  };
  try {
    await insertRow(site.models.votes, row);
    return row;
  } catch (error) {
    if (!isDuplicateKey(error)) throw error;
    const known = await site.models.votes.exists({ key: row.key });
    return known === null ? keepVote(site, post, poll, actor, choice) : undefined;
  }
}

async function count(
  site: Site,
  post: PostRow,
  choices: readonly number[],
  isNewVoter: boolean,
): Promise<void> {
  await site.models.posts.updateOne(
    { _id: post._id },
    {
      $inc: {
        ...Object.fromEntries(choices.map((choice) => [`poll.options.${choice}.votes`, 1])),
        ...(isNewVoter && (post.local || post.poll?.voters !== undefined) ? { "poll.voters": 1 } : {}),
      },
    },
  );
  await tellTimelines(site, post, "status.update");
}

/** One Note with a name and no text for each choice, to the author alone: so every server reads votes. */
async function tellAuthor(
  site: Site,
  account: ActorRow,
  post: PostRow,
  poll: PollRow,
  votes: readonly VoteRow[],
): Promise<void> {
  const author = await site.models.actors.findById(post.author).lean<ActorRow | null>();
  if (!author) return;
  for (const row of votes) {
    const note = {
      id: `${account.uri}#votes/${row._id}`,
      type: "Note",
      name: poll.options[row.choice]?.title,
      attributedTo: account.uri,
      inReplyTo: post.uri,
      to: [author.uri],
      cc: [],
      published: site.clock.now().toISOString(),
    };
    await enqueueActivity(site, {
      actor: account,
      activity: composeActivity({
        type: "Create",
        actor: account.uri,
        object: note,
        to: [author.uri],
        cc: [],
      }),
      type: "Create",
      object: note.id,
      inboxes: [author.inbox],
    });
  }
}

/** Somebody of another server has voted in a poll of ours: once for each option, or once at all. */
export async function receiveVote(site: Site, actor: ActorRow, note: ReadPost): Promise<Outcome> {
  if (note.inReplyTo === undefined || note.voteFor === undefined) return ignored("is no vote");
  const post = await findPost(site, note.inReplyTo);
  const poll = post?.poll;
  if (post?.local !== true || !poll || post.deletedAt !== undefined)
    return ignored("votes in no poll of ours");
  if (post.author === actor._id || !(await maySee(site, post, actor))) return ignored("may not vote there");
  if (hasEnded(poll, site.clock.now())) return ignored("came after the end");
  const choice = poll.options.findIndex((option) => option.title === note.voteFor);
  if (choice === -1) return ignored("votes for no option");
  const isNewVoter = (await site.models.votes.exists({ post: post._id, actor: actor._id })) === null;
  if (!(await keepVote(site, post, poll, actor, choice))) return ignored("has voted before");
  await count(site, post, [choice], isNewVoter);
  await intendUpdate(site, post, fromNow(site.clock, GATHERED));
  return done("was counted");
}

/** The poll of a post of another server as a row; the counts are its server's word. */
export function pollOf(post: Pick<ReadPost, "poll">): PollRow | undefined {
  const { poll } = post;
  return poll && { ...poll, options: poll.options.map((option) => ({ ...option })) };
}

/**
 * New counts of another server's poll, or a new end. Other options are another poll: its votes are forgotten.
 * @returns whether it changed.
 */
export async function receiveCounts(site: Site, known: PostRow, post: ReadPost): Promise<boolean> {
  const poll = pollOf(post);
  if (!poll || !known.poll || known.local) return false;
  const isSame =
    poll.multiple === known.poll.multiple &&
    poll.options.length === known.poll.options.length &&
    poll.options.every((option, at) => option.title === known.poll?.options[at]?.title);
  const { endToldAt } = known.poll;
  const next: PollRow = { ...poll, ...(isSame && endToldAt !== undefined ? { endToldAt } : {}) };
  if (JSON.stringify(next) === JSON.stringify(known.poll)) return false;
  await site.models.posts.updateOne({ _id: known._id }, { $set: { poll: next } });
  if (!isSame) await forgetVotes(site, known);
  await tellTimelines(site, known, "status.update");
  return true;
}

/** What was voted is of a poll that is no more, and so is what told of its end: that of the next one is news. */
export async function forgetVotes(site: Site, post: Pick<PostRow, "_id">): Promise<void> {
  await site.models.votes.deleteMany({ post: post._id });
  await site.models.notifications.deleteMany({ post: post._id, type: "poll" });
}
