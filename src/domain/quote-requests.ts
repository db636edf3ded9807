import type { ActorRow, PostRow } from "../database/rows.ts";
import { enqueueActivity, IdTaken } from "../delivery/enqueue.ts";
import { composeActivity } from "../documents/compose-activity.ts";
import { composeQuoteRequest } from "../documents/compose-quote.ts";
import type { JsonObject } from "../documents/parse-json.ts";
import type { ReadPost } from "../documents/read-post.ts";
import type { Site } from "../site.ts";
import { snowflake } from "../support/ids.ts";
import { normaliseUrl } from "../support/urls.ts";
import { findPost } from "./find-post.ts";
import { done, ignored, type Outcome } from "./outcome.ts";
import { quoteVerdict, settleQuote } from "./quotes.ts";
import { keepPost } from "./receive.ts";

/** Asks the author of what a status of ours quotes. Repeated, it is the same activity. */
export async function askToQuote(
  site: Site,
  post: PostRow,
  author: ActorRow,
  instrument: JsonObject,
): Promise<void> {
  const { quote } = post;
  if (quote?.request === undefined || quote.id === undefined || quote.state !== "pending") return;
  const quoted = await site.models.posts.findById(quote.id, { author: 1 }).lean<PostRow | null>();
  const owner = quoted && (await site.models.actors.findById(quoted.author).lean<ActorRow | null>());
  if (!owner || owner.local) return;
  try {
    await enqueueActivity(site, {
      id: quote.request,
      actor: author,
      activity: composeQuoteRequest({ actor: author.uri, quoted: quote.uri, instrument, to: owner.uri }),
      type: "QuoteRequest",
      object: post.uri,
      inboxes: [owner.inbox],
    });
  } catch (error) {
    if (!(error instanceof IdTaken)) throw error;
    const request = snowflake(site.clock.now());
    await site.models.posts.updateOne(
      { _id: post._id, "quote.request": quote.request },
      { $set: { "quote.request": request } },
    );
    await askToQuote(site, { ...post, quote: { ...quote, request } }, author, instrument);
  }
}

/**
 * Somebody asks to quote a post of ours (FEP-044f). By the post's policy it is answered at once: Accept with the address of
 * a stamp, or Reject.
 * @param request `post`: the quoting post, from a mouth that may speak of it.
 */
export async function receiveQuoteRequest(
  site: Site,
  actor: ActorRow,
  request: { uri: string; quotedUri: string; post: ReadPost },
): Promise<Outcome> {
  const quoted = await findPost(site, request.quotedUri);
  if (quoted?.local !== true || quoted.deletedAt !== undefined)
    return ignored("asks to quote nothing of ours");
  if (request.post.authorUri !== actor.uri) return ignored("asks for another author's post");
  const named = request.post.quote?.uri ?? "";
  if (!quoted.names.includes(named) && !quoted.names.includes(normaliseUrl(named) ?? named))
    return ignored("asks for a post that does not quote it");
  const owner = await site.models.actors.findById(quoted.author).lean<ActorRow | null>();
  if (!owner) return ignored("asks nobody");
  if ((await quoteVerdict(site, quoted, actor)) !== "yes") {
    await answer(site, owner, actor, request, quoted);
    return done("was refused to be quoted");
  }
  const post = await keepPost(site, actor, request.post);
  if (!post) return ignored("was deleted before it came");
  await settleQuote(site, post, actor);
  const settled = await findPost(site, post.uri);
  // Taken back by hand before: asking again does not bring it back.
  const isAccepted = settled?.quote?.state === "accepted";
  await answer(
    site,
    owner,
    actor,
    request,
    quoted,
    isAccepted ? site.urls.quoteStamp(quoted._id, post._id) : undefined,
  );
  return done(isAccepted ? "may quote" : "was refused to be quoted");
}

async function answer(
  site: Site,
  owner: ActorRow,
  actor: ActorRow,
  request: { uri: string; post: ReadPost },
  quoted: PostRow,
  stamp?: string,
): Promise<void> {
  const type = stamp === undefined ? "Reject" : "Accept";
  await enqueueActivity(site, {
    actor: owner,
    activity: {
      ...composeActivity({
        type,
        actor: owner.uri,
        object: {
          id: request.uri,
          type: "QuoteRequest",
          actor: actor.uri,
          object: quoted.uri,
          instrument: request.post.uri,
        },
        to: [actor.uri],
        cc: [],
      }),
      ...(stamp === undefined ? {} : { result: stamp }),
    },
    type,
    object: request.uri,
    inboxes: [actor.inbox],
  });
}
