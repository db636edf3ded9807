import type { ActorRow, MentionRow, PostRow } from "../database/rows.ts";
import { addressing } from "../documents/addressing.ts";
import { readPost } from "../documents/read-post.ts";
import { resolveActor, resolveHandle } from "../remote/actors.ts";
import { fetchObject } from "../remote/objects.ts";
import type { Site } from "../site.ts";
import { reasonOf } from "../support/errors.ts";
import { keepInConversations } from "./conversations.ts";
import { findPost } from "./find-post.ts";
import { notify } from "./notifications.ts";
import { MOST_MENTIONS } from "./own-mentions.ts";
import { renderOwn } from "./render.ts";
import { isOpen } from "./visibility.ts";

/** Looks up whom the post speaks to, and stores the post as it now reads. Who cannot be found stays text. */
export async function withPeople(
  site: Site,
  row: PostRow,
  author: ActorRow,
): Promise<{ post: PostRow; inboxes: string[] }> {
  const mentions: MentionRow[] = [];
  for (const mention of row.mentions.slice(0, MOST_MENTIONS)) mentions.push(await lookUp(site, mention));
  // What is not open goes to whom it names: who took the name out of the text meant that.
  const answered = isOpen(row) ? await answeredPerson(site, row) : undefined;
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

/** Where the people that a post speaks to are reached, each inbox once. One query. */
export async function inboxesOf(
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
