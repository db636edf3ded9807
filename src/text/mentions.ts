import { LinkifyIt } from "linkify-it";
import { escapeAttribute, escapeText } from "./escape.ts";
import { parseHandle, type Handle } from "./handles.ts";
import { isTagName, normaliseTag } from "./hashtags.ts";
import { LINK_SCHEMES, safeUrl } from "./links.ts";

/** A place in a text that means more than its letters. */
export type Span = { start: number; end: number } & (
  { kind: "mention"; handle: Handle } | { kind: "hashtag"; name: string } | { kind: "link"; url: string }
);

/**
 * Where mentions and hashtags lead. A mention for which there is no URL (yet) stays text; it is still among those found.
 * `handle` is `user@host`.
 */
export interface Targets {
  mentionUrl?: ((handle: string) => string | undefined) | undefined;
  tagUrl: (tag: string) => string;
}

const linkify = new LinkifyIt({ fuzzyLink: false, fuzzyEmail: false, maxLength: 2048 });

/** Not behind a letter (e-mail addresses), a slash (paths) or an ampersand (entities). The ends are trimmed later. */
const MENTION =
  /(?<![\p{L}\p{N}_/@.&=+-])@([A-Za-z0-9_.-]{1,128})@([\p{L}\p{M}\p{N}.-]{1,253}(?::[0-9]{1,5})?)/gu;
const HASHTAG =
  /(?<![\p{L}\p{N}_/@#&=)])#([\p{L}\p{M}\p{N}_]{1,200}(?:[·・\u200c][\p{L}\p{M}\p{N}_]{1,200}){0,8})/gu;

/** Mentions, hashtags and bare links in a text that is no HTML, in order, none inside another. */
export function spansIn(text: string, options: { links: boolean }): Span[] {
  const found: Span[] = options.links ? linksIn(text) : [];
  const taken = (start: number, end: number, among: readonly Span[]): boolean =>
    among.some((span) => start < span.end && end > span.start);
  const links = [...found];
  if (text.includes("@")) {
    for (const match of text.matchAll(MENTION)) {
      const written = match[0].replace(/[.-]+$/, "");
      const handle = parseHandle(written);
      const span = { start: match.index, end: match.index + written.length };
      if (handle && !taken(span.start, span.end, links)) found.push({ ...span, kind: "mention", handle });
    }
  }
  if (text.includes("#")) {
    for (const match of text.matchAll(HASHTAG)) {
      const name = match[1] ?? "";
      const span = { start: match.index, end: match.index + match[0].length };
      if (isTagName(name) && !taken(span.start, span.end, links))
        found.push({ ...span, kind: "hashtag", name });
    }
  }
  return found.sort((a, b) => a.start - b.start);
}

function linksIn(text: string): Span[] {
  if (!text.includes("://")) return [];
  const links = (linkify.match(text) ?? []).filter(({ schema }) => schema === "https:" || schema === "http:");
  return links.map(({ index, lastIndex, url }) => ({ kind: "link", start: index, end: lastIndex, url }));
}

/** Gathers what was found, in order, each once. */
export class Findings {
  readonly #mentions = new Map<string, string>();
  readonly #hashtags = new Map<string, string>();

  add(span: Span): void {
    if (span.kind === "mention") {
      const handle = handleText(span.handle);
      const key = handle.toLowerCase();
      if (!this.#mentions.has(key)) this.#mentions.set(key, handle);
    } else if (span.kind === "hashtag") {
      const key = normaliseTag(span.name);
      if (!this.#hashtags.has(key)) this.#hashtags.set(key, span.name);
    }
  }
  /** `user@host`, host in lower case. */
  get mentions(): string[] {
    return [...this.#mentions.values()];
  }
  /** Without `#`, as first written. */
  get hashtags(): string[] {
    return [...this.#hashtags.values()];
  }
}

function handleText(handle: Handle): string {
  return `${handle.username}@${handle.host}`;
}

/**
 * The HTML of a span with the classes by which Mastodon and its apps know mentions and hashtags, or `undefined` if it
 * leads nowhere and stays text. The mention shows the name alone, as there.
 */
export function markupOf(span: Span, targets: Targets): string | undefined {
  if (span.kind === "link") {
    const url = safeUrl(span.url, LINK_SCHEMES);
    return url === undefined ? undefined : `<a href="${escapeAttribute(url)}">${escapeText(span.url)}</a>`;
  }
  if (span.kind === "hashtag") {
    const url = safeUrl(targets.tagUrl(span.name), LINK_SCHEMES);
    if (url === undefined) return undefined;
    return `<a href="${escapeAttribute(url)}" class="mention hashtag" rel="tag">#<span>${escapeText(span.name)}</span></a>`;
  }
  const url = safeUrl(targets.mentionUrl?.(handleText(span.handle)), LINK_SCHEMES);
  if (url === undefined) return undefined;
  return (
    `<span class="h-card"><a href="${escapeAttribute(url)}" class="u-url mention">` +
    `@<span>${escapeText(span.handle.username)}</span></a></span>`
  );
}
