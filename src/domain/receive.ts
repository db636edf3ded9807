import { isDeepStrictEqual } from "node:util";
import { insertRow } from "../database/native.ts";
import type { ActorRow, PostRow } from "../database/rows.ts";
import { sameHost } from "../documents/read.ts";
import { readPost, type ReadPost } from "../documents/read-post.ts";
import { resolveActor } from "../remote/actors.ts";
import { fetchObject } from "../remote/objects.ts";
import { announce, type Site } from "../site.ts";
import { isDuplicateKey } from "../support/errors.ts";
import { hostOf } from "../support/urls.ts";
import { findAncestry } from "./ancestry.ts";
import { recount } from "./comments.ts";
import { keepInConversations } from "./conversations.ts";
import { keepEdit, tellOfEdit } from "./edits.ts";
import { findPost, namesOf } from "./find-post.ts";
import { placeInTimelines } from "./fill-timelines.ts";
import { notify } from "./notifications.ts";
import { done, ignored, type Outcome } from "./outcome.ts";
import { receiveCounts, receiveVote } from "./polls.ts";
import { tellPublicStreams } from "./public-streams.ts";
import { settleQuote } from "./quotes.ts";
import { seenFields } from "./seen-fields.ts";
import { refuses } from "./shadows.ts";
import { idBeneath, threadOf } from "./threading.ts";
import { isBuried } from "./tombstones.ts";
import { isOpen, seenByAnyone } from "./visibility.ts";
import { concernsAnAccount, isFollowedOrAsked, speaksToAnAccount } from "./wanted.ts";

/**
 * A post of somebody else arrived. If it answers one of ours, or something beneath one of ours, it is a comment; if an
 * account here follows its author or its tag, or is spoken to, it is news. Anything else is none of our business.
 * @param author who wrote it, proven.
 */
export async function receivePost(site: Site, author: ActorRow, post: ReadPost): Promise<Outcome> {
  if (post.voteFor !== undefined) return receiveVote(site, author, post);
  if (await isBuried(site, author.uri, post.uri)) return ignored("was deleted before it came");
  const known = await site.models.posts.findOne({ uri: post.uri }).lean<PostRow | null>();
  if (known) return again(site, known, author, post);

  const parent = await parentOf(site, post);
  let root = parent === null ? null : await rootOf(site, parent);
  if (root && (await refuses(site, { _id: root.author }, author))) {
    // No comment; another account here may still follow its author.
    if (!(await isFollowedOrAsked(site, author))) return ignored("is of somebody whom the account blocks");
    root = null;
  }
  if (!root && !(await concernsAnAccount(site, author, post))) {
    return ignored(post.inReplyTo === undefined ? "concerns nobody here" : "answers nothing that is here");
  }
  return store(site, author, post, parent, root);
}

/**
 * It is here already: sent twice, fetched before it came, or stored by a process that died before anybody was told. In the
 * latter two cases it is news all the same.
 */
async function again(site: Site, known: PostRow, author: ActorRow, post: ReadPost): Promise<Outcome> {
  const outcome = await edit(site, known, author, post);
  if (known.untold !== true || known.authorUri !== author.uri) return outcome;
  const row = await site.models.posts.findById(known._id).lean<PostRow | null>();
  if (row?.deletedAt !== undefined || row?.hiddenAt !== undefined || row === null) return outcome;
  await tell(site, row, author);
  return done(row.thread === undefined ? "is news" : "became a comment");
}

/**
 * Fetches a post and keeps it, because somebody here asked for it: a search, a boost of somebody followed, a thread.
 * @returns `null` for what cannot be had or is no post.
 */
export async function importPost(site: Site, uri: string): Promise<PostRow | null> {
  const here = await findPost(site, uri);
  if (here) return here;
  const read = readPost(await fetchObject(site, uri));
  if (!read.ok || hostOf(read.post.authorUri) !== hostOf(read.post.uri)) return null;
  return keepPost(site, await resolveActor(site, read.post.authorUri), read.post);
}

/** Keeps a post that somebody here asked for, or that asks to quote one of ours. `null`: its author has deleted it. */
export async function keepPost(site: Site, author: ActorRow, post: ReadPost): Promise<PostRow | null> {
  const known = await findPost(site, post.uri);
  if (known) return known;
  if (await isBuried(site, author.uri, post.uri)) return null;
  const parent = post.inReplyTo === undefined ? null : await findPost(site, post.inReplyTo);
  await store(site, author, post, parent, parent === null ? null : await rootOf(site, parent), "quietly");
  return findPost(site, post.uri);
}

/** What a post answers. Answers in between that never reached us are fetched if the post speaks to one of us. */
async function parentOf(site: Site, post: ReadPost): Promise<PostRow | null> {
  if (post.inReplyTo === undefined) return null;
  const here = await findPost(site, post.inReplyTo);
  if (here || !speaksToAnAccount(site, post)) return here;
  const ancestry = await findAncestry(site, post.inReplyTo);
  if (!ancestry) return null;
  for (const missing of ancestry.missing)
    await receivePost(site, await resolveActor(site, missing.authorUri), missing);
  return ancestry.missing.length === 0 ? ancestry.here : findPost(site, post.inReplyTo);
}

/** The live post of ours at the root of a thread. */
async function rootOf(site: Site, parent: PostRow): Promise<PostRow | null> {
  const { thread } = threadOf(parent);
  if (thread === undefined) return null;
  const root =
    thread === parent._id ? parent : await site.models.posts.findById(thread).lean<PostRow | null>();
  return root?.deletedAt === undefined ? root : null;
}

async function store(
  site: Site,
  author: ActorRow,
  post: ReadPost,
  parent: PostRow | null,
  root: PostRow | null,
  how: "aloud" | "quietly" = "aloud",
): Promise<Outcome> {
  const now = site.clock.now();
  // A date in the future would keep it at the top for good.
  const publishedAt = post.published !== undefined && post.published <= now ? post.published : now;
  const _id = idBeneath(parent, publishedAt);
  const { thread, ...place } = parent ? threadOf(parent) : { thread: undefined };
  const row: PostRow = {
    _id,
    uri: post.uri,
    url: post.url,
    // A page on another host is shown and never believed: it may be ours, or somebody else's post.
    names: namesOf(post.uri, sameHost(post.url, post.uri) ? post.url : undefined),
    local: false,
    author: author._id,
    authorUri: author.uri,
    ...seenFields(post),
    ...(post.inReplyTo === undefined ? {} : { inReplyTo: post.inReplyTo }),
    ...place,
    ...(root && thread !== undefined ? { thread } : {}),
    conversation: parent?.conversation ?? parent?._id ?? _id,
    publishedAt,
    ...(post.updated === undefined || post.updated <= publishedAt ? {} : { updatedAt: post.updated }),
    createdAt: now,
    untold: true,
    federated: false,
    likesCount: 0,
    boostsCount: 0,
    repliesCount: 0,
  };
  try {
    await insertRow(site.models.posts, row);
  } catch (error) {
    if (!isDuplicateKey(error)) throw error;
    // It came twice at once, or the snowflake was taken: the second look tells.
    if ((await site.models.posts.exists({ uri: post.uri })) !== null) return done("is known");
    return store(site, author, post, parent, root, how);
  }
  await site.models.actors.updateOne(
    { _id: author._id },
    { $inc: { postsCount: 1 }, $max: { lastPostAt: publishedAt } },
  );
  if (parent && seenByAnyone(row))
    await site.models.posts.updateOne({ _id: parent._id }, { $inc: { repliesCount: 1 } });
  if (root && seenByAnyone(row)) announce(site, "comment", { comment: row, author, post: root });
  if (how === "aloud") await tell(site, row, author);
  // A quote of a quote is not fetched: somebody could go on like this for ever.
  else if (row.quote) await settleQuote(site, row, author);
  return done(root ? "became a comment" : "is news");
}

/** Whoever is to know of it is told. Bears being repeated. */
async function tell(site: Site, row: PostRow, author: ActorRow): Promise<void> {
  if (row.quote) await settleQuote(site, row, author, (uri) => importPost(site, uri));
  await spread(site, row, author);
  await site.models.posts.updateOne({ _id: row._id }, { $unset: { untold: 1 } });
}

/** Timelines and notifications. */
async function spread(site: Site, row: PostRow, author: ActorRow): Promise<void> {
  const uris = [
    ...new Set([
      ...row.to,
      ...row.cc,
      ...row.mentions.flatMap(({ uri }) => (uri === undefined ? [] : [uri])),
    ]),
  ].filter((uri) => site.urls.isOurs(uri));
  const spokenTo =
    uris.length === 0
      ? []
      : await site.models.actors.find({ uri: { $in: uris }, local: true }).lean<ActorRow[]>();
  // Mastodon rings for those who are tagged; for a direct message everybody addressed is meant.
  const tagged = spokenTo.filter(
    (owner) => row.visibility === "direct" || row.mentions.some((mention) => mention.uri === owner.uri),
  );
  const heldBack = new Set<number>();
  for (const owner of tagged) {
    const told = await notify(site, { owner, type: "mention", from: author, post: row });
    if (told?.filtered === true) heldBack.add(owner._id);
  }
  await keepInConversations(site, row, heldBack);
  await placeInTimelines(site, row);
  tellPublicStreams(site, row, "update");
  if (row.inReplyTo !== undefined) return;
  const ringing = await site.models.follows
    .find({ followed: author._id, state: "accepted", notify: true }, { follower: 1 })
    .limit(100)
    .lean();
  for (const { follower } of ringing) {
    const owner = await site.models.actors.findById(follower).lean<ActorRow | null>();
    if (owner) await notify(site, { owner, type: "status", from: author, post: row });
  }
}

/** An edit, maybe before the post itself: then it is the post. Older than what is known, it changes nothing. */
export async function receiveEdit(site: Site, author: ActorRow, post: ReadPost): Promise<Outcome> {
  const known = await site.models.posts.findOne({ uri: post.uri }).lean<PostRow | null>();
  return known ? edit(site, known, author, post) : receivePost(site, author, post);
}

/** What people see of a post besides its text and its poll. */
const SHOWN = ["title", "warning", "sensitive", "language", "visibility", "attachments"] as const;

async function edit(site: Site, known: PostRow, author: ActorRow, post: ReadPost): Promise<Outcome> {
  if (known.local || known.authorUri !== author.uri) return ignored("is another author's post");
  if (known.deletedAt !== undefined) return ignored("was deleted");
  const recounted = await receiveCounts(site, known, post);
  // Whether the quoted author consents was found out before; only another quote, or a stamp, is news.
  const { poll: _, quote, ...fields } = seenFields(post);
  const isNewQuote =
    quote !== undefined &&
    (quote.uri !== known.quote?.uri ||
      (known.quote.state === "pending" && quote.authorization !== known.quote.authorization));
  if (isNewQuote) {
    await site.models.posts.updateOne({ _id: known._id }, { $set: { quote } });
    await settleQuote(site, { ...known, quote }, author, (uri) => importPost(site, uri));
  }
  const newest = known.updatedAt ?? known.publishedAt;
  const isNewer = post.updated === undefined ? known.updatedAt === undefined : post.updated > newest;
  if (
    !isNewer ||
    (fields.source.text === known.source?.text &&
      SHOWN.every((name) => isDeepStrictEqual(fields[name], known[name])))
  ) {
    return recounted || isNewQuote ? done("was brought up to date") : ignored("says nothing new");
  }
  const now = site.clock.now();
  const updatedAt = post.updated !== undefined && post.updated <= now ? post.updated : now;
  const missing = (["title", "warning", "language"] as const).filter((name) => fields[name] === undefined);
  const changed = await site.models.posts
    .findOneAndUpdate(
      { _id: known._id, deletedAt: { $exists: false } },
      {
        $set: { ...fields, updatedAt },
        ...(missing.length === 0 ? {} : { $unset: Object.fromEntries(missing.map((name) => [name, 1])) }),
      },
      { returnDocument: "after" },
    )
    .lean<PostRow | null>();
  if (!changed) return ignored("was deleted");
  await recount(site, known, changed);
  await keepEdit(site, known);
  await tellOfEdit(site, changed, author);
  const root =
    changed.thread === undefined
      ? null
      : await site.models.posts.findById(changed.thread).lean<PostRow | null>();
  if (root && isOpen(changed)) announce(site, "commentEdited", { comment: changed, author, post: root });
  return done("was edited");
}
