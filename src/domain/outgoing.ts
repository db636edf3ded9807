import type { Collection, Filter } from "mongodb";
import type { Model } from "mongoose";
import { native } from "../database/native.ts";
import type { ActorRow, IntentRow, MentionRow, PostRow } from "../database/rows.ts";
import { enqueueActivity } from "../delivery/enqueue.ts";
import { addressing } from "../documents/addressing.ts";
import { composeActivity } from "../documents/compose-activity.ts";
import { composeActor } from "../documents/compose-actor.ts";
import { composePost, composeTombstone } from "../documents/compose-post.ts";
import { PUBLIC } from "../documents/read.ts";
import { readPost } from "../documents/read-post.ts";
import { resolveActor, resolveHandle } from "../remote/actors.ts";
import { fetchObject } from "../remote/objects.ts";
import type { Site } from "../site.ts";
import { MINUTE, fromNow } from "../support/clock.ts";
import { reasonOf } from "../support/errors.ts";
import { snowflake } from "../support/ids.ts";
import { accountKey } from "./accounts.ts";
import { keepInConversations } from "./conversations.ts";
import { findPost } from "./find-post.ts";
import { groupOf } from "./group.ts";
import { notify } from "./notifications.ts";
import { MOST_MENTIONS } from "./own-mentions.ts";
import { askToQuote } from "./quote-requests.ts";
import { renderOwn } from "./render.ts";
import { isOpen } from "./visibility.ts";

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

async function turn<Row extends { _id: number; fingerprint?: string }>(
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
    await send(site, row, intent);
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

async function sendPost(site: Site, row: PostRow, intent: IntentRow): Promise<void> {
  const author = await site.models.actors.findById(row.author).lean<ActorRow | null>();
  if (!author) return;
  if (row.boostOf !== undefined) return sendBoost(site, row, author, intent);
  if (intent.type === "Delete") return sendDelete(site, row, author, intent);
  // Removed since: the Delete that follows would say so of something nobody has got.
  if (row.deletedAt !== undefined) return;
  const { post, inboxes } = await withPeople(site, row, author);
  const groupUri = post.type === "Article" ? await groupOf(site, author) : undefined;
  const object = composePost(
    site.urls,
    post,
    { username: author.username, uri: author.uri, ...(groupUri === undefined ? {} : { groupUri }) },
    { articleSummary: site.options.articleSummary },
  );
  await enqueueActivity(site, {
    id: intent.id,
    actor: author,
    activity: composeActivity({
      id: site.urls.activity(intent.id),
      type: intent.type,
      actor: author.uri,
      object,
      to: post.to,
      cc: post.cc,
      published: intent.type === "Create" ? post.publishedAt : intent.at,
    }),
    type: intent.type,
    object: post.uri,
    post: post._id,
    toFollowers: post.visibility !== "direct",
    inboxes,
    public: isOpen(post),
    supersedes: intent.type === "Update",
  });
  if (intent.type === "Create") await askToQuote(site, post, author, object);
}

/** A boost is an Announce with the row's own id; taken back, its Undo holds the whole of it. */
async function sendBoost(site: Site, row: PostRow, author: ActorRow, intent: IntentRow): Promise<void> {
  const boosted = await site.models.posts.findById(row.boostOf).lean<PostRow | null>();
  if (!boosted || (intent.type === "Create" && row.deletedAt !== undefined)) return;
  const of = await site.models.actors.findById(boosted.author).lean<ActorRow | null>();
  const audience = { to: row.to, cc: row.cc };
  const announcing = {
    type: "Announce",
    actor: author.uri,
    object: boosted.uri,
    ...audience,
    published: row.publishedAt,
  };
  await enqueueActivity(site, {
    id: intent.id,
    actor: author,
    activity:
      intent.type === "Delete"
        ? composeActivity({
            id: site.urls.activity(intent.id),
            type: "Undo",
            actor: author.uri,
            object: { id: row.uri, ...announcing, published: row.publishedAt.toISOString() },
            ...audience,
          })
        : composeActivity({ id: row.uri, ...announcing }),
    type: intent.type === "Delete" ? "Undo" : "Announce",
    object: row.uri,
    toFollowers: true,
    inboxes: of && !of.local ? [of.sharedInbox ?? of.inbox] : [],
    public: isOpen(row),
    supersedes: intent.type === "Delete",
  });
}

async function sendDelete(site: Site, row: PostRow, author: ActorRow, intent: IntentRow): Promise<void> {
  await enqueueActivity(site, {
    id: intent.id,
    actor: author,
    activity: composeActivity({
      id: site.urls.activity(intent.id),
      type: "Delete",
      actor: author.uri,
      object: composeTombstone({ uri: row.uri, type: row.type, deletedAt: row.deletedAt ?? intent.at }),
      to: row.to,
      cc: row.cc,
      published: intent.at,
    }),
    type: "Delete",
    object: row.uri,
    post: row._id,
    toFollowers: row.visibility !== "direct",
    inboxes: await inboxesOf(site, row, row.mentions),
    public: isOpen(row),
    supersedes: true,
  });
}

async function sendProfile(site: Site, actor: ActorRow, intent: IntentRow): Promise<void> {
  const object = composeActor(site.urls, actor, await accountKey(site, actor._id));
  await enqueueActivity(site, {
    id: intent.id,
    actor,
    activity: composeActivity({
      id: site.urls.activity(intent.id),
      type: "Update",
      actor: actor.uri,
      object,
      to: [PUBLIC],
      cc: [site.urls.followers(actor.username)],
      published: intent.at,
    }),
    type: "Update",
    object: actor.uri,
    toFollowers: true,
    public: true,
    supersedes: true,
  });
}

/** Looks up whom the post speaks to, and stores the post as it now reads. Who cannot be found stays text. */
async function withPeople(
  site: Site,
  row: PostRow,
  author: ActorRow,
): Promise<{ post: PostRow; inboxes: string[] }> {
  const mentions: MentionRow[] = [];
  for (const mention of row.mentions.slice(0, MOST_MENTIONS)) mentions.push(await lookUp(site, mention));
  const answered = await answeredPerson(site, row);
  if (answered && answered.uri !== author.uri && !mentions.some((each) => each.uri === answered.uri))
    mentions.unshift(answered);

  const base = row.source === undefined ? undefined : renderOwn(site, row.source, row.url, mentions);
  const changes: Partial<PostRow> = {
    mentions,
    ...(base ? { content: base.content, excerpt: base.excerpt } : {}),
    ...addressing(row.visibility, {
      followers: site.urls.followers(author.username),
      mentions: mentions.flatMap((each) => (each.uri === undefined ? [] : [each.uri])),
    }),
  };
  await site.models.posts.updateOne(
    { _id: row._id, fingerprint: row.fingerprint ?? null },
    { $set: changes },
  );
  const post = { ...row, ...changes };
  await tellMentioned(site, post, author);
  await keepInConversations(site, post);
  return { post, inboxes: await inboxesOf(site, row, mentions) };
}

async function lookUp(site: Site, mention: MentionRow): Promise<MentionRow> {
  if (mention.uri !== undefined) return mention;
  try {
    const actor = await resolveHandle(site, mention.handle);
    return { handle: mention.handle, uri: actor.uri, url: actor.url };
  } catch (error) {
    site.logger.info(
      { handle: mention.handle, reason: reasonOf(error) },
      "a mentioned person could not be found; the mention stays text",
    );
    return { handle: mention.handle };
  }
}

/** Who wrote what this post answers: without a Mention of them their server would not notify. */
async function answeredPerson(site: Site, row: PostRow): Promise<MentionRow | undefined> {
  if (row.inReplyTo === undefined) return undefined;
  try {
    const parent = await findPost(site, row.inReplyTo);
    const authorUri = parent?.authorUri ?? (await authorElsewhere(site, row.inReplyTo));
    if (authorUri === undefined) return undefined;
    const actor = await resolveActor(site, authorUri);
    return { handle: `${actor.username}@${actor.host}`, uri: actor.uri, url: actor.url };
  } catch (error) {
    site.logger.warn(
      { inReplyTo: row.inReplyTo, reason: reasonOf(error) },
      "the author of what was answered could not be found; they will not be notified",
    );
    return undefined;
  }
}

async function authorElsewhere(site: Site, uri: string): Promise<string | undefined> {
  const read = readPost(await fetchObject(site, uri));
  return read.ok ? read.post.authorUri : undefined;
}

/** Accounts of this site that are mentioned hear of it here; no activity goes to ourselves. */
async function tellMentioned(site: Site, post: PostRow, author: ActorRow): Promise<void> {
  const uris = post.mentions.flatMap((mention) =>
    mention.uri !== undefined && site.urls.isOurs(mention.uri) ? [mention.uri] : [],
  );
  if (uris.length === 0) return;
  const accounts = await site.models.actors.find({ uri: { $in: uris }, local: true }).lean<ActorRow[]>();
  for (const owner of accounts) await notify(site, { owner, type: "mention", from: author, post });
}

async function inboxesOf(
  site: Site,
  post: Pick<PostRow, "visibility">,
  mentions: readonly MentionRow[],
): Promise<string[]> {
  const uris = mentions.flatMap((mention) => (mention.uri === undefined ? [] : [mention.uri]));
  if (uris.length === 0) return [];
  const actors = await site.models.actors
    .find({ uri: { $in: uris }, local: false }, { inbox: 1, sharedInbox: 1 })
    .lean<ActorRow[]>();
  // A message to one person goes to that person's own inbox.
  const inboxes = actors.map((actor) =>
    post.visibility === "direct" ? actor.inbox : (actor.sharedInbox ?? actor.inbox),
  );
  return [...new Set(inboxes)];
}
