import { insertRow } from "../database/native.ts";
import type { ActorRow, ConversationRow, PostRow } from "../database/rows.ts";
import type { Site } from "../site.ts";
import type { StatusPage } from "../support/cursors.ts";
import { isDuplicateKey } from "../support/errors.ts";
import { snowflake } from "../support/ids.ts";
import { localAccounts } from "./accounts.ts";
import { sortedPage } from "./page.ts";
import { publishEvent } from "./publish-event.ts";
import { shadowsOf } from "./shadows.ts";

type Owner = Pick<ActorRow, "_id" | "uri">;

/** People of one conversation that are kept; a longer list is somebody's mistake or worse. */
const PEOPLE = 50;
/** Earlier messages looked at to find what an account has left of a conversation. */
const LOOKED_AT = 100;

const keyOf = (owner: Pick<ActorRow, "_id">, conversation: number): string => `${owner._id}|${conversation}`;
const conversationOf = (post: Pick<PostRow, "_id" | "conversation">): number => post.conversation ?? post._id;

/**
 * Keeps a direct message in the conversations of everybody here who takes part, and tells their streams. Again: nothing
 * but people who were looked up meanwhile.
 * @param except accounts that are not to hear of it: it is held back from them.
 */
export async function keepInConversations(
  site: Site,
  post: PostRow,
  except: ReadonlySet<number> = new Set(),
): Promise<void> {
  if (post.visibility !== "direct" || post.deletedAt !== undefined) return;
  const accounts = (await localAccounts(site)).filter(
    (account) => isPartOf(account, post) && !except.has(account._id),
  );
  for (const account of accounts) await keepInConversation(site, account, post);
}

/** The same for one account. */
export async function keepInConversation(site: Site, owner: Owner, post: PostRow): Promise<void> {
  if (post.author !== owner._id) {
    const shadows = await shadowsOf(site, owner._id, [post.author]);
    if (shadows.blocked.has(post.author) || shadows.muted.has(post.author)) return;
  }
  const people = await othersIn(site, owner, post);
  const id = await keep(site, owner, post, people);
  if (id !== undefined)
    publishEvent(site, { channels: [`direct:${owner._id}`], event: "conversation", id: String(id) });
}

function isPartOf(account: Owner, post: PostRow): boolean {
  return (
    post.author === account._id ||
    post.mentions.some((mention) => mention.uri === account.uri) ||
    post.to.includes(account.uri) ||
    post.cc.includes(account.uri)
  );
}

/** Author and people spoken to, as far as they are known here. */
async function othersIn(site: Site, owner: Owner, post: PostRow): Promise<number[]> {
  const uris = new Set(post.mentions.flatMap(({ uri }) => (uri === undefined ? [] : [uri])));
  for (const uri of [...post.to, ...post.cc]) uris.add(uri);
  const known =
    uris.size === 0
      ? []
      : await site.models.actors
          .find({ uri: { $in: [...uris].slice(0, PEOPLE) } }, { _id: 1 })
          .lean<Pick<ActorRow, "_id">[]>();
  return [...new Set([post.author, ...known.map((row) => row._id)])].filter((id) => id !== owner._id);
}

/** @returns the conversation's id where the message is new to it. */
async function keep(
  site: Site,
  owner: Owner,
  post: PostRow,
  people: readonly number[],
): Promise<number | undefined> {
  const key = keyOf(owner, conversationOf(post));
  const present = await site.models.conversations
    .findOneAndUpdate({ key }, { $addToSet: { accounts: { $each: people } } }, { returnDocument: "after" })
    .lean<ConversationRow | null>();
  const news = { lastPost: post._id, unread: post.author !== owner._id };
  if (present) {
    const { modifiedCount } = await site.models.conversations.updateOne(
      { _id: present._id, lastPost: { $lt: post._id } },
      { $set: news },
    );
    return modifiedCount > 0 ? present._id : undefined;
  }
  const _id = snowflake(site.clock.now());
  try {
    await insertRow(site.models.conversations, {
      _id,
      owner: owner._id,
      key,
      conversation: conversationOf(post),
      accounts: [...people],
      ...news,
    });
    return _id;
  } catch (error) {
    // Another message made it meanwhile, or the snowflake was taken.
    if (isDuplicateKey(error)) return keep(site, owner, post, people);
    throw error;
  }
}

/** A direct message is gone: the conversation ends with the one before it, or is none any more. */
export async function takeFromConversations(site: Site, post: PostRow): Promise<void> {
  if (post.visibility !== "direct") return;
  const conversation = conversationOf(post);
  const accounts = await localAccounts(site);
  const rows = await site.models.conversations
    .find({ key: { $in: accounts.map((account) => keyOf(account, conversation)) }, lastPost: post._id })
    .lean<ConversationRow[]>();
  if (rows.length === 0) return;
  const earlier = await site.models.posts
    .find({
      conversation,
      _id: { $lt: post._id },
      visibility: "direct",
      deletedAt: { $exists: false },
    })
    .sort({ _id: -1 })
    .limit(LOOKED_AT)
    .lean<PostRow[]>();
  for (const row of rows) {
    const owner = accounts.find((account) => account._id === row.owner);
    const last = owner && earlier.find((each) => isPartOf(owner, each));
    const same = { _id: row._id, lastPost: post._id };
    if (last) await site.models.conversations.updateOne(same, { $set: { lastPost: last._id } });
    else await site.models.conversations.deleteOne(same);
  }
}

/** Conversations of an account, the one with the newest message first; pages by the id of that message. One query. */
export async function conversationsPage(
  site: Site,
  owner: Pick<ActorRow, "_id">,
  page: StatusPage,
): Promise<ConversationRow[]> {
  return sortedPage(site.models.conversations, { owner: owner._id }, page, "lastPost", {
    owner: 1,
    lastPost: -1,
  });
}

/** Marks one as read or unread. @returns `null` where there is none. */
export async function markConversation(
  site: Site,
  owner: Pick<ActorRow, "_id">,
  id: number,
  unread: boolean,
): Promise<ConversationRow | null> {
  return site.models.conversations
    .findOneAndUpdate({ _id: id, owner: owner._id }, { $set: { unread } }, { returnDocument: "after" })
    .lean<ConversationRow | null>();
}

/** Takes one off the list; its messages stay, and the next one brings it back. @returns whether it was there. */
export async function dropConversation(
  site: Site,
  owner: Pick<ActorRow, "_id">,
  id: number,
): Promise<boolean> {
  const { deletedCount } = await site.models.conversations.deleteOne({ _id: id, owner: owner._id });
  return deletedCount > 0;
}
