import {
  asArray,
  date,
  httpUrl,
  idOf,
  idsOf,
  isObject,
  isPublic,
  languageTag,
  localised,
  sameHost,
  text,
  typesOf,
  type JsonObject,
} from "./read.ts";
import { readAttachments, readMedia } from "./read-media.ts";
import { readPoll, type ReadPoll } from "./read-poll.ts";
import { readQuote, readQuotePolicy, type QuotePolicy, type ReadQuote } from "./read-quote.ts";
import { readPageUrl } from "./read-url.ts";
import type { MediaView, Visibility } from "./views.ts";

/** A foreign post. Every text is as it was sent: unsafe HTML, or Markdown where `mediaType` says so. */
export interface ReadPost {
  uri: string;
  type: string;
  authorUri: string;
  url: string;
  /** `name`; never of a vote. */
  title?: string;
  content: string;
  /** Media type of `content`: `text/html`, or what its server names (PeerTube: `text/markdown`). */
  mediaType: string;
  /** Of an Article and its like; may hold HTML. */
  summary?: string;
  /** Content warning; may hold HTML. */
  warning?: string;
  sensitive: boolean;
  language?: string;
  visibility: Visibility;
  to: string[];
  cc: string[];
  /** `uri` is the actor's id, or with some servers the profile page. */
  mentions: { uri: string; name?: string }[];
  /** Without #. */
  hashtags: string[];
  attachments: MediaView[];
  inReplyTo?: string;
  published?: Date;
  updated?: Date;
  /** The option chosen, where this is a vote in a poll: a reply with a name and no content. */
  voteFor?: string;
  poll?: ReadPoll;
  quote?: ReadQuote;
  /** Who may quote it without asking, where its author says so. */
  quotePolicy?: QuotePolicy;
}

export type PostRefusal = "not-an-object" | "not-a-post" | "no-id" | "no-author" | "author-on-another-host";

const TYPES = ["Note", "Article", "Page", "Question", "Video", "Audio", "Image", "Event", "Document"];

/**
 * Reads a post tolerantly, and refuses an id on another host than its author's, whoever sends it.
 * @param envelope the audience of the activity around it, used where the object itself names none.
 * @param now when a poll ended of which is only said that it is over.
 */
export function readPost(
  doc: unknown,
  envelope: { to: string[]; cc: string[] } = { to: [], cc: [] },
  now = new Date(),
): { ok: true; post: ReadPost } | { ok: false; reason: PostRefusal } {
  if (!isObject(doc)) return { ok: false, reason: "not-an-object" };
  const type = typesOf(doc).find((name) => TYPES.includes(name));
  if (type === undefined) return { ok: false, reason: "not-a-post" };
  const uri = httpUrl(doc.id);
  if (uri === undefined) return { ok: false, reason: "no-id" };
  const authorUri = authorOf(doc);
  if (authorUri === undefined) return { ok: false, reason: "no-author" };
  if (!sameHost(uri, authorUri)) return { ok: false, reason: "author-on-another-host" };

  const own = { to: idsOf(doc.to), cc: idsOf(doc.cc) };
  const { to, cc } = own.to.length + own.cc.length > 0 ? own : envelope;
  const { mentions, hashtags } = readTags(doc.tag);
  const content = localised(doc, "content");
  const inReplyTo = idOf(doc.inReplyTo);
  const name = text(localised(doc, "name").text, 2048);
  const isVote =
    type === "Note" && inReplyTo !== undefined && name !== undefined && text(content.text, 1) === undefined;
  const image = readMedia(doc.image);
  const attachments = readAttachments(doc.attachment);
  if (image && type !== "Note" && !attachments.some((media) => media.url === image.url))
    attachments.unshift(image);
  return {
    ok: true,
    post: {
      uri,
      type,
      authorUri,
      url: readPageUrl(doc.url) ?? uri,
      content: content.text ?? "",
      mediaType:
        typeof doc.mediaType === "string" && /^text\//.test(doc.mediaType) ? doc.mediaType : "text/html",
      sensitive: isSensitive(doc, hashtags),
      visibility: visibilityOf(to, cc, new Set(mentions.map((mention) => mention.uri))),
      to,
      cc,
      mentions,
      hashtags,
      attachments,
      ...present({
        title: isVote ? undefined : name,
        voteFor: isVote ? name : undefined,
        language:
          content.language ?? languageTag(isObject(doc.language) ? doc.language.identifier : doc.language),
        inReplyTo,
        published: date(doc.published),
        updated: date(doc.updated),
        poll: type === "Question" ? readPoll(doc, now) : undefined,
        quote: readQuote(doc),
        quotePolicy: readQuotePolicy(doc),
        ...summaries(doc, type),
      }),
    },
  };
}

/** Old Mastodon and Pleroma mark it by the hashtag alone. */
function isSensitive(doc: JsonObject, hashtags: string[]): boolean {
  if (typeof doc.sensitive === "boolean") return doc.sensitive;
  return doc.sensitive === "true" || hashtags.some((tag) => tag.toLowerCase() === "nsfw");
}

/** The Person where several are named (PeerTube and Plume name the channel or blog too), else the first. */
function authorOf(doc: JsonObject): string | undefined {
  const named = asArray(doc.attributedTo);
  const person = named.find((value) => typesOf(value).includes("Person"));
  return httpUrl(idOf(person)) ?? httpUrl(idOf(named)) ?? httpUrl(idOf(doc.actor));
}

/** `summary` warns before a Note and sums up an Article; FEP-b2b8 gives the Article's warning its own property. */
function summaries(doc: JsonObject, type: string): { summary?: string; warning?: string } {
  const summary = text(localised(doc, "summary").text, 10_000);
  if (type === "Note" || type === "Question") return summary === undefined ? {} : { warning: summary };
  const warning = text(doc["dcterms:subject"], 1000);
  return { ...(summary === undefined ? {} : { summary }), ...(warning === undefined ? {} : { warning }) };
}

/** Whom an object, or a boost, is for. */
export function visibilityOf(
  to: readonly string[],
  cc: readonly string[],
  mentioned: ReadonlySet<string>,
): Visibility {
  if (to.some(isPublic)) return "public";
  if (cc.some(isPublic)) return "unlisted";
  // Without the author's document nobody can tell a collection from an actor; both kinds are hidden from strangers.
  const looksLikeCollection = (uri: string): boolean =>
    !mentioned.has(uri) && /\/(followers|following|circles?|lists?)\b/i.test(uri);
  return [...to, ...cc].some(looksLikeCollection) ? "followers" : "direct";
}

function readTags(value: unknown): { mentions: { uri: string; name?: string }[]; hashtags: string[] } {
  const mentions = new Map<string, { uri: string; name?: string }>();
  const hashtags = new Map<string, string>();
  for (const tag of tagsOf(value)) {
    const types = typesOf(tag);
    const name = text(tag.name, 300);
    if (types.includes("Mention")) {
      const uri = httpUrl(idOf(tag.href ?? tag.id));
      if (uri !== undefined && mentions.size < 200)
        mentions.set(uri, { uri, ...(name === undefined ? {} : { name }) });
    } else if (types.includes("Hashtag") && name !== undefined && hashtags.size < 100) {
      const bare = name.replace(/^#+/, "");
      if (bare !== "" && !/\s/.test(bare) && !hashtags.has(bare.toLowerCase()))
        hashtags.set(bare.toLowerCase(), bare);
    }
  }
  return { mentions: [...mentions.values()], hashtags: [...hashtags.values()] };
}

/** Pixelfed merges a reply's mention into the list, which makes one object of it, its other tags under numeric keys. */
function tagsOf(value: unknown): JsonObject[] {
  return asArray(value)
    .filter(isObject)
    .flatMap((tag) => {
      const numbered = Object.keys(tag).filter((key) => /^\d{1,3}$/.test(key));
      return numbered.length === 0 ? [tag] : [tag, ...numbered.map((key) => tag[key]).filter(isObject)];
    });
}

type Present<T> = { [K in keyof T]?: Exclude<T[K], undefined> };
function present<T extends Record<string, unknown>>(values: T): Present<T> {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined)) as Present<T>;
}
