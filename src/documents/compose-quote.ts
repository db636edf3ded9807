import type { Urls } from "../support/urls.ts";
import { escapeText } from "./escape.ts";
import { withContext } from "./context.ts";
import type { JsonObject } from "./parse-json.ts";
import { PUBLIC } from "./read.ts";
import type { PostView, QuoteView } from "./views.ts";

const ACTIVITY_TYPE = 'application/ld+json; profile="https://www.w3.org/ns/activitystreams"';
const MISSKEY_QUOTE = "https://misskey-hub.net/ns#_misskey_quote";

/** A quote that may be shown: what its author refused is no longer said. */
export function shownQuote(post: PostView): QuoteView | undefined {
  const { quote } = post;
  return quote?.state === "pending" || quote?.state === "accepted" ? quote : undefined;
}

/** The quoted post under every name that some server reads, and the consent once it was given. */
export function composeQuote(quote: QuoteView): JsonObject {
  return {
    quote: quote.uri,
    _misskey_quote: quote.uri,
    quoteUrl: quote.uri,
    quoteUri: quote.uri,
    ...(quote.authorization === undefined ? {} : { quoteAuthorization: quote.authorization }),
  };
}

/** The same as an object link (FEP-e232), for Threads, Mitra and Pleroma. */
export function quoteTag(quote: QuoteView): JsonObject {
  return {
    type: "Link",
    mediaType: ACTIVITY_TYPE,
    rel: MISSKEY_QUOTE,
    href: quote.uri,
    name: `RE: ${quote.uri}`,
  };
}

/** For readers that know no quotes; those that do leave this class out. */
export function quoteLine(quote: QuoteView): string {
  const address = escapeText(quote.uri).replaceAll('"', "&quot;");
  return `<p class="quote-inline">RE: <a href="${address}">${escapeText(quote.uri)}</a></p>`;
}

/** Who may quote a post without asking (FEP-044f); what is not open to all can be quoted by its author alone. */
export function quotePolicy(
  urls: Urls,
  post: PostView,
  author: { uri: string; username: string },
): JsonObject {
  const isOpen = post.visibility === "public" || post.visibility === "unlisted";
  const who = !isOpen || post.quotePolicy === "nobody" ? author.uri : whom(urls, post, author.username);
  return { canQuote: { automaticApproval: [who] } };
}

function whom(urls: Urls, post: PostView, username: string): string {
  return post.quotePolicy === "followers" ? urls.followers(username) : PUBLIC;
}

/** The stamp at `id`, by which `author` consents that `quoting` quotes `quoted`. */
export function composeStamp(stamp: {
  id: string;
  author: string;
  quoting: string;
  quoted: string;
}): JsonObject {
  return withContext({
    id: stamp.id,
    type: "QuoteAuthorization",
    attributedTo: stamp.author,
    interactingObject: stamp.quoting,
    interactionTarget: stamp.quoted,
  });
}

/** Asks the author of `quoted` to consent; `instrument` is the quoting post, whole, for who may not fetch it. */
export function composeQuoteRequest(request: {
  actor: string;
  quoted: string;
  instrument: JsonObject;
  to: string;
}): JsonObject {
  return withContext({
    type: "QuoteRequest",
    actor: request.actor,
    to: [request.to],
    cc: [],
    object: request.quoted,
    instrument: request.instrument,
  });
}
