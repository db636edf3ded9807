import {
  asArray,
  httpUrl,
  idOf,
  idsOf,
  isObject,
  isPublic,
  sameHost,
  typesOf,
  type JsonObject,
} from "./read.ts";

/** What a post says of the post that it quotes. */
export interface ReadQuote {
  uri: string;
  /** Where its author's consent is to be read (FEP-044f). */
  authorization?: string;
}

export type QuotePolicy = "public" | "followers" | "nobody";

/** In the order in which Mastodon believes them. */
const NAMES = ["quote", "_misskey_quote", "quoteUrl", "quoteUri"] as const;

/** The quoted post under any of its names, or as an object link (FEP-e232). */
export function readQuote(doc: JsonObject): ReadQuote | undefined {
  const named = NAMES.map((name) => httpUrl(idOf(doc[name]))).find((uri) => uri !== undefined);
  const uri = named ?? linked(doc.tag);
  if (uri === undefined || uri === doc.id) return undefined;
  const authorization = httpUrl(idOf(doc.quoteAuthorization));
  return { uri, ...(authorization === undefined ? {} : { authorization }) };
}

function linked(value: unknown): string | undefined {
  const link = asArray(value)
    .filter(isObject)
    .find(
      (tag) =>
        typesOf(tag).includes("Link") &&
        typeof tag.mediaType === "string" &&
        /^application\/(activity\+json|ld\+json\s*;.*activitystreams)/i.test(tag.mediaType),
    );
  return httpUrl(link?.href);
}

/**
 * Who may quote a post without asking, as its author says; `undefined` where nothing is said. Without the author's
 * document, what looks like a followers collection is taken for it.
 */
export function readQuotePolicy(doc: JsonObject): QuotePolicy | undefined {
  const policy = doc.interactionPolicy;
  const canQuote = isObject(policy) ? policy.canQuote : undefined;
  if (!isObject(canQuote)) return undefined;
  const automatic = idsOf(canQuote.automaticApproval);
  if (automatic.some(isPublic)) return "public";
  const author = idOf(doc.attributedTo) ?? "";
  const others = automatic.filter((uri) => uri !== author);
  return others.some((uri) => sameHost(uri, author) && /\/followers\b/i.test(uri)) ? "followers" : "nobody";
}

/** A stamp: its author consents that `quoting` quotes `quoted` (FEP-044f, QuoteAuthorization). */
export interface ReadStamp {
  uri: string;
  author: string;
  quoting: string;
  quoted: string;
}

/** Reads a stamp; `undefined` for anything that is none, or the word of another host than its author's. */
export function readStamp(doc: unknown): ReadStamp | undefined {
  if (!isObject(doc) || !typesOf(doc).includes("QuoteAuthorization")) return undefined;
  const uri = httpUrl(doc.id);
  const author = httpUrl(idOf(doc.attributedTo));
  const quoting = httpUrl(idOf(doc.interactingObject));
  const quoted = httpUrl(idOf(doc.interactionTarget));
  if (uri === undefined || author === undefined || quoting === undefined || quoted === undefined)
    return undefined;
  return sameHost(uri, author) ? { uri, author, quoting, quoted } : undefined;
}
