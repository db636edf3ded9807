import type { Urls } from "../support/urls.ts";
import { addressing } from "./addressing.ts";
import { composeMedia } from "./compose-media.ts";
import { composePoll } from "./compose-poll.ts";
import { composeQuote, quoteLine, quotePolicy, quoteTag, shownQuote } from "./compose-quote.ts";
import { escapeText } from "./escape.ts";
import type { JsonObject } from "./parse-json.ts";
import type { MediaView, PostView } from "./views.ts";

export interface ComposePostOptions {
  /** What an Article carries as `summary`; see the option of the same name. Default `excerpt`. */
  articleSummary?: "excerpt" | "own" | "none";
  /** Ids of the first replies, given inside `replies` so that a server that fetched the post need not ask again. */
  replies?: readonly string[];
}

/** Whoever wrote it; `groupUri` is the blog as a Group, without which Plume takes no Article. */
export interface PostAuthor {
  username: string;
  uri: string;
  groupUri?: string;
}

const SUMMARY_LENGTH = 500;

/**
 * A post of ours as an ActivityStreams object without a context, to be put into an activity or behind `withContext`.
 * Arrays are always arrays, ids are strings, and nesting stays so flat that inside an activity it is below the eight
 * levels that Pixelfed decodes.
 */
export function composePost(
  urls: Urls,
  post: PostView,
  author: PostAuthor,
  options: ComposePostOptions = {},
): JsonObject {
  const isArticle = post.type === "Article";
  const audience = addressing(post.visibility, {
    followers: urls.followers(author.username),
    mentions: post.mentions.map((mention) => mention.uri).filter((uri) => uri !== undefined),
  });
  const quote = shownQuote(post);
  const content = isArticle ? post.content : `${quote ? quoteLine(quote) : ""}${titled(post)}`;
  const summary = isArticle ? articleSummary(post, options.articleSummary ?? "excerpt") : post.warning;
  const shared: JsonObject = {
    attributedTo: isArticle && author.groupUri !== undefined ? [author.uri, author.groupUri] : author.uri,
    ...audience,
    published: post.publishedAt.toISOString(),
    ...(isEdited(post) ? { updated: post.updatedAt.toISOString() } : {}),
    url: post.url,
    sensitive: post.sensitive || post.warning !== undefined,
  };
  const tag = composeTags(urls, post);
  return {
    id: post.uri,
    type: post.poll ? "Question" : post.type,
    ...shared,
    ...(isArticle && post.title !== undefined ? { name: post.title } : {}),
    ...(summary === undefined ? {} : { summary: escapeText(summary) }),
    ...(isArticle && post.warning !== undefined ? { "dcterms:subject": post.warning } : {}),
    content,
    ...(post.language === undefined ? {} : { contentMap: { [post.language]: content } }),
    ...(post.source === undefined
      ? {}
      : { source: { content: post.source.text, mediaType: post.source.mediaType } }),
    ...(post.inReplyTo === undefined ? {} : { inReplyTo: post.inReplyTo }),
    context: urls.context(post.thread ?? post._id),
    tag,
    ...(isArticle && post.image ? { image: { ...composeMedia(post.image), type: "Image" } } : {}),
    attachment: pictures(post).map(composeMedia),
    ...(isArticle ? { preview: composePreview(post, shared, tag) } : {}),
    ...composeCounts(urls, post, options.replies ?? []),
    ...(post.poll ? composePoll(post.poll) : {}),
    ...(quote ? composeQuote(quote) : {}),
    interactionPolicy: quotePolicy(urls, post, author),
  };
}

/** What stands at a deleted post's id (ActivityPub 6.4). */
export function composeTombstone(post: { uri: string; type: string; deletedAt?: Date }): JsonObject {
  return {
    id: post.uri,
    type: "Tombstone",
    formerType: post.type,
    ...(post.deletedAt === undefined ? {} : { deleted: post.deletedAt.toISOString() }),
  };
}

/** Mastodon takes a post with `updated` for edited, and PeerTube's habit of always sending it has confused others. */
function isEdited(post: PostView): post is PostView & { updatedAt: Date } {
  return post.updatedAt !== undefined && post.updatedAt > post.publishedAt;
}

/** A Note has no title of its own, and a reply with a `name` is a vote to Mastodon: the title goes into the text. */
function titled(post: PostView): string {
  return post.title === undefined
    ? post.content
    : `<p><strong>${escapeText(post.title)}</strong></p>${post.content}`;
}

function articleSummary(post: PostView, wanted: "excerpt" | "own" | "none"): string | undefined {
  if (wanted === "none") return undefined;
  const summary = post.summary ?? (wanted === "excerpt" ? post.excerpt : undefined);
  return summary === undefined || summary === "" ? undefined : shorten(summary);
}

function shorten(text: string): string {
  if (text.length <= SUMMARY_LENGTH) return text;
  // Half a surrogate pair is what a cut in the middle of an emoji leaves.
  return `${text
    .slice(0, SUMMARY_LENGTH - 1)
    .replace(/[\ud800-\udbff]$/, "")
    .trimEnd()}…`;
}

function composeTags(urls: Urls, post: PostView): JsonObject[] {
  const hashtags = post.hashtags.map((name) => ({
    type: "Hashtag",
    href: urls.tagPage(name.toLowerCase()),
    name: `#${name}`,
  }));
  const mentions = post.mentions
    .filter((mention) => mention.uri !== undefined)
    .map((mention) => ({ type: "Mention", href: mention.uri, name: `@${mention.handle}` }));
  const quote = shownQuote(post);
  return [...hashtags, ...mentions, ...(quote ? [quoteTag(quote)] : [])];
}

/** The lead picture comes first: Mastodon reads no `image` and keeps four attachments. */
function pictures(post: PostView): MediaView[] {
  const { image, attachments } = post;
  return image && !attachments.some((media) => media.url === image.url)
    ? [image, ...attachments]
    : attachments;
}

/** The Note that stands for an Article where only short posts are shown (FEP-b2b8). */
function composePreview(post: PostView, shared: JsonObject, tag: JsonObject[]): JsonObject {
  const lines = [
    ...(post.title === undefined ? [] : [`<strong>${escapeText(post.title)}</strong>`]),
    ...(post.excerpt === "" ? [] : [escapeText(shorten(post.excerpt))]),
    `<a href="${escapeText(post.url)}">${escapeText(post.url)}</a>`,
  ];
  return {
    type: "Note",
    ...shared,
    ...(post.warning === undefined ? {} : { summary: escapeText(post.warning) }),
    content: lines.map((line) => `<p>${line}</p>`).join(""),
    tag,
    attachment: pictures(post).slice(0, 4).map(composeMedia),
  };
}

/**
 * Counts are embedded, since Mastodon reads them nowhere else. `replies` holds the beginning of its first page (which
 * therefore has no id here), for Mastodon and Pleroma look for items there and fetch none on arrival.
 */
function composeCounts(urls: Urls, post: PostView, replies: readonly string[]): JsonObject {
  const id = urls.replies(post._id);
  return {
    replies: {
      id,
      type: "Collection",
      totalItems: post.repliesCount,
      first: { type: "CollectionPage", partOf: id, next: `${id}?page=true`, items: [...replies] },
    },
    likes: counted(urls.likes(post._id), post.likesCount),
    shares: counted(urls.shares(post._id), post.boostsCount),
  };
}

function counted(id: string, totalItems: number): JsonObject {
  return { id, type: "Collection", totalItems, first: `${id}?page=true` };
}
