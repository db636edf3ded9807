import type { ActorRow, PostRow, QuoteRow, Visibility } from "../database/rows.ts";
import { enqueueActivity } from "../delivery/enqueue.ts";
import { composeActivity } from "../documents/compose-activity.ts";
import { readStamp } from "../documents/read-quote.ts";
import type { ReadPost } from "../documents/read-post.ts";
import { fetchObject } from "../remote/objects.ts";
import type { Site } from "../site.ts";
import { InvalidInput, NotFound, reasonOf } from "../support/errors.ts";
import { snowflake } from "../support/ids.ts";
import { findPost, postById } from "./find-post.ts";
import { intendUpdate } from "./intents.ts";
import { maySee } from "./may-see.ts";
import { notify } from "./notifications.ts";
import { done, ignored, type Outcome } from "./outcome.ts";
import { shadowsOf } from "./shadows.ts";
import { isOpen } from "./visibility.ts";

/** May an actor quote a post? `ask`: only its author's server can tell. */
export type QuoteVerdict = "yes" | "no" | "ask";

/** What the author of a post has said about who may quote it (FEP-044f). */
export async function quoteVerdict(
  site: Site,
  quoted: PostRow,
  actor: Pick<ActorRow, "_id" | "uri">,
): Promise<QuoteVerdict> {
  if (quoted.author === actor._id) return quoted.visibility === "direct" ? "no" : "yes";
  if (!isOpen(quoted) || quoted.deletedAt !== undefined || quoted.quotePolicy === "nobody") return "no";
  if ((await shadowsOf(site, quoted.author, [actor._id])).blocked.has(actor._id)) return "no";
  if (quoted.quotePolicy === "followers" && !(await follows(site, actor, quoted))) return "no";
  return quoted.local ? "yes" : "ask";
}

async function follows(site: Site, actor: Pick<ActorRow, "_id">, quoted: PostRow): Promise<boolean> {
  const row = await site.models.follows.exists({
    follower: actor._id,
    followed: quoted.author,
    state: "accepted",
  });
  return row !== null;
}

/**
 * The quote of a status that is being written.
 * @throws {NotFound} for what the account may not see. @throws {InvalidInput} for what it may not quote.
 */
export async function quoteFor(
  site: Site,
  account: ActorRow,
  id: number,
  visibility: Visibility,
): Promise<QuoteRow> {
  const found = await postById(site, id);
  const quoted = found?.boostOf === undefined ? found : await postById(site, found.boostOf);
  if (!quoted || !(await maySee(site, quoted, account)))
    throw new NotFound("The post that you are trying to quote does not appear to exist");
  const verdict = await quoteVerdict(site, quoted, account);
  if (verdict === "no") throw new InvalidInput("You are not allowed to quote this post", "not-quotable");
  if (!isOpen(quoted) && (visibility === "public" || visibility === "unlisted"))
    throw new InvalidInput("A post for followers can only be quoted for followers", "not-quotable");
  return {
    uri: quoted.uri,
    id: quoted._id,
    state: verdict === "yes" ? "accepted" : "pending",
    ...(verdict === "ask" ? { request: snowflake(site.clock.now()) } : {}),
  };
}

/** What follows once a status that quotes is stored: the consent of ours gets its address, counts and bells ring. */
export async function finishQuote(site: Site, post: PostRow, author: ActorRow): Promise<void> {
  const { quote } = post;
  if (quote?.id === undefined || quote.state !== "accepted") return;
  const quoted = await postById(site, quote.id);
  if (quoted) await consented(site, post, quoted, author);
}

async function consented(site: Site, post: PostRow, quoted: PostRow, author: ActorRow): Promise<void> {
  if (quoted.local) {
    const authorization = site.urls.quoteStamp(quoted._id, post._id);
    await site.models.posts.updateOne(
      { _id: post._id, "quote.state": "accepted" },
      { $set: { "quote.authorization": authorization } },
    );
  }
  await site.models.posts.updateOne({ _id: quoted._id }, { $inc: { quotesCount: 1 } });
  const owner = quoted.local
    ? await site.models.actors.findById(quoted.author).lean<ActorRow | null>()
    : null;
  if (owner) await notify(site, { owner, type: "quote", from: author, post });
}

/** The quote of a post of another server as a row; whether its author consents is looked into by `settleQuote`. */
export function quoteOf(post: Pick<ReadPost, "quote">): QuoteRow | undefined {
  return post.quote && { ...post.quote, state: "pending" };
}

/**
 * Finds out whether a post of another server may quote what it quotes: our own author's word, the same author, or a stamp
 * on the host of the quoted one (FEP-044f). What nobody consents to stays pending, and is not shown.
 * @param fetch gets the quoted post where it is not here; left out, it is not fetched.
 */
export async function settleQuote(
  site: Site,
  post: PostRow,
  author: ActorRow,
  fetch?: (uri: string) => Promise<PostRow | null>,
): Promise<void> {
  const { quote } = post;
  if (!quote || quote.state === "accepted" || quote.state === "revoked") return;
  const quoted = await quotedPost(site, quote, fetch);
  if (!quoted) return;
  const state = await stateFor(site, post, quote, quoted, author);
  const { modifiedCount } = await site.models.posts.updateOne(
    { _id: post._id, "quote.uri": quote.uri, "quote.state": { $nin: ["accepted", "revoked"] } },
    { $set: { "quote.id": quoted._id, "quote.state": state } },
  );
  if (modifiedCount > 0 && state === "accepted")
    await consented(site, { ...post, quote: { ...quote, id: quoted._id, state } }, quoted, author);
}

async function quotedPost(
  site: Site,
  quote: QuoteRow,
  fetch: ((uri: string) => Promise<PostRow | null>) | undefined,
): Promise<PostRow | null> {
  const here = await findPost(site, quote.uri);
  if (here || !fetch) return here;
  try {
    return await fetch(quote.uri);
  } catch (error) {
    // The quoting post is shown without it.
    site.logger.debug({ uri: quote.uri, reason: reasonOf(error) }, "a quoted post could not be fetched");
    return null;
  }
}

async function stateFor(
  site: Site,
  post: PostRow,
  quote: QuoteRow,
  quoted: PostRow,
  author: ActorRow,
): Promise<QuoteRow["state"]> {
  if (quoted.local || quoted.author === author._id)
    return (await quoteVerdict(site, quoted, author)) === "yes" ? "accepted" : "rejected";
  if (quote.authorization === undefined) return "pending";
  return (await isStamped(site, post, quoted, quote.authorization)) ? "accepted" : "pending";
}

async function isStamped(site: Site, post: PostRow, quoted: PostRow, uri: string): Promise<boolean> {
  try {
    const stamp = readStamp(await fetchObject(site, uri));
    return (
      stamp !== undefined &&
      stamp.author === quoted.authorUri &&
      stamp.quoting === post.uri &&
      stamp.quoted === quoted.uri
    );
  } catch (error) {
    site.logger.debug({ uri, reason: reasonOf(error) }, "the consent to a quote could not be fetched");
    return false;
  }
}

/** The author of a quoted post has answered our QuoteRequest. */
export async function receiveQuoteAnswer(
  site: Site,
  actorUri: string,
  answer: { accepted: boolean; quoting: string; stamp?: string },
): Promise<Outcome> {
  const post = await site.models.posts.findOne({ uri: answer.quoting, local: true }).lean<PostRow | null>();
  const { quote } = post ?? {};
  if (!post || quote?.id === undefined) return ignored("is about no quote of ours");
  const quoted = await postById(site, quote.id);
  if (quoted?.authorUri !== actorUri) return ignored("is not the author of what was quoted");
  const state = answer.accepted ? "accepted" : "rejected";
  const { modifiedCount } = await site.models.posts.updateOne(
    { _id: post._id, "quote.state": { $ne: state } },
    {
      $set: {
        "quote.state": state,
        ...(answer.accepted && answer.stamp !== undefined ? { "quote.authorization": answer.stamp } : {}),
      },
    },
  );
  if (modifiedCount === 0) return ignored("says nothing new");
  const change = answer.accepted ? 1 : quote.state === "accepted" ? -1 : 0;
  if (change !== 0) await site.models.posts.updateOne({ _id: quoted._id }, { $inc: { quotesCount: change } });
  await intendUpdate(site, post);
  return done(answer.accepted ? "may be quoted" : "may not be quoted");
}

/** The author of a quoted post takes the consent back by deleting the stamp. `undefined`: it is no stamp known here. */
export async function receiveStampDeletion(
  site: Site,
  actorUri: string,
  stamp: string,
): Promise<Outcome | undefined> {
  const post = await site.models.posts.findOne({ "quote.authorization": stamp }).lean<PostRow | null>();
  if (post?.quote?.id === undefined) return undefined;
  const quoted = await postById(site, post.quote.id);
  if (quoted?.authorUri !== actorUri) return ignored("is not the author of what was quoted");
  if (!(await takeBack(site, post, quoted))) return ignored("was taken back before");
  return done("may no longer be quoted");
}

async function takeBack(site: Site, post: PostRow, quoted: PostRow): Promise<boolean> {
  const before = await site.models.posts
    .findOneAndUpdate(
      { _id: post._id, "quote.id": quoted._id, "quote.state": { $ne: "revoked" } },
      { $set: { "quote.state": "revoked" } },
    )
    .lean<PostRow | null>();
  if (!before) return false;
  if (before.quote?.state === "accepted")
    await site.models.posts.updateOne({ _id: quoted._id }, { $inc: { quotesCount: -1 } });
  if (post.local) await intendUpdate(site, post);
  return true;
}

/**
 * Takes one's consent to a quote back, and tells who quotes.
 * @throws {NotFound} for what does not quote it. @throws {InvalidInput} 403 unless it is one's own post.
 */
export async function revokeQuote(
  site: Site,
  account: ActorRow,
  quoted: PostRow,
  quoting: number,
): Promise<PostRow> {
  if (!(await maySee(site, quoted, account))) throw new NotFound("Record not found");
  if (quoted.author !== account._id) throw new InvalidInput("This action is not allowed", "not-allowed", 403);
  const post = await postById(site, quoting);
  if (post?.quote?.id !== quoted._id) throw new NotFound("Record not found");
  if ((await takeBack(site, post, quoted)) && !post.local)
    await tellOfRevocation(site, account, post, quoted);
  return (await postById(site, quoting)) ?? post;
}

async function tellOfRevocation(
  site: Site,
  account: ActorRow,
  post: PostRow,
  quoted: PostRow,
): Promise<void> {
  const author = await site.models.actors.findById(post.author).lean<ActorRow | null>();
  if (!author) return;
  const stamp = site.urls.quoteStamp(quoted._id, post._id);
  await enqueueActivity(site, {
    actor: account,
    activity: composeActivity({
      type: "Delete",
      actor: account.uri,
      object: {
        id: stamp,
        type: "QuoteAuthorization",
        attributedTo: account.uri,
        interactingObject: post.uri,
        interactionTarget: quoted.uri,
      },
      to: [author.uri],
      cc: [],
    }),
    type: "Delete",
    object: stamp,
    inboxes: [author.inbox],
  });
}

/** A post that quotes is gone: what it quoted counts one less. */
export async function forgetQuote(site: Site, post: Pick<PostRow, "quote">): Promise<void> {
  if (post.quote?.id === undefined || post.quote.state !== "accepted") return;
  await site.models.posts.updateOne({ _id: post.quote.id }, { $inc: { quotesCount: -1 } });
}

/** The post of this id, if it quotes `quoted` with its author's consent. */
export async function consentedQuote(
  site: Site,
  quoted: Pick<PostRow, "_id">,
  id: number,
): Promise<PostRow | null> {
  return site.models.posts
    .findOne({ _id: id, "quote.id": quoted._id, "quote.state": "accepted", deletedAt: { $exists: false } })
    .lean<PostRow | null>();
}

/** Who may quote a post from now on; followers are told. */
export async function setQuotePolicy(
  site: Site,
  post: PostRow,
  policy: NonNullable<PostRow["quotePolicy"]>,
): Promise<void> {
  if (post.quotePolicy === policy) return;
  await site.models.posts.updateOne({ _id: post._id }, { $set: { quotePolicy: policy } });
  await intendUpdate(site, post);
}
