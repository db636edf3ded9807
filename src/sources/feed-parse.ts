import { parseFeed as parse, type AnyFeed } from "feedsmith";
import { InvalidInput, reasonOf } from "../support/errors.ts";
import { LIMITS } from "../support/limits.ts";
import { readDate } from "./dates.ts";
import { decodeFeed } from "./feed-charset.ts";
import { alternate, fromAtom, fromJson, fromRdf, fromRss, titleText, type FeedEntry } from "./feed-entry.ts";
import { itemsOf } from "./feed-outline.ts";
import { cutAt } from "../text/plain-text.ts";
import { POST_ROOM } from "../domain/post-input.ts";
import { describeWrongDocument } from "./feed-wrong.ts";
import { languageTag } from "./language-tag.ts";
import { attachmentType, mediaTypeOf, mediumType } from "./media-types.ts";
import { compact, type SourceAttachment, type SourcePost } from "./source-post.ts";

export interface ParsedFeed {
  title?: string;
  /** The page that the feed belongs to. */
  link?: string;
  /** In the order of the feed. Every one has a url, a date, and something to say. */
  posts: SourcePost[];
  /** What was not taken, or taken with a doubt, with the place and the reason, for the owner to read. */
  problems: string[];
}

/**
 * Reads RSS 2, RSS 1 (RDF), Atom and JSON Feed. An item without an address or a date is not taken and said so; a feed that
 * is broken anywhere is refused as a whole, since what follows the break cannot be trusted.
 *
 * @param source.url where the feed came from: relative addresses are resolved against it.
 * @throws InvalidInput saying what was found instead of a feed, or in which line it is broken.
 */
export function parseFeed(
  bytes: Uint8Array,
  source: { contentType?: string | undefined; url: string },
): ParsedFeed {
  const where = `The feed ${source.url}`;
  if (bytes.length > LIMITS.feedBytes) {
    throw new InvalidInput(
      `${where} has ${bytes.length} bytes; at most ${LIMITS.feedBytes} are read. Let it list only the newest posts.`,
      "feed-too-large",
    );
  }
  const { text, damaged } = decodeFeed(bytes, source.contentType);
  const problems = damaged
    ? [`${where} holds bytes that are not of the encoding it names; they are shown as "\uFFFD".`]
    : [];
  const wrong = describeWrongDocument(text, source);
  if (wrong !== undefined) throw new InvalidInput(wrong, "not-a-feed");
  const outline = text.trimStart().startsWith("{") ? [] : itemsOf(text, where);
  const { title, link, entries } = read(text, where, source.url);
  const full = outline.map((item, index) => ({ ...item, position: index + 1 })).filter((item) => !item.empty);
  for (const { line } of outline.filter((item) => item.empty)) {
    problems.push(`The item in line ${line} is empty. It was not taken.`);
  }
  if (entries.length < full.length) {
    problems.push(
      `${full.length - entries.length} of the items hold nothing that a feed can say. They were not taken.`,
    );
  }
  const taken = new Map<string, number>();
  const posts: SourcePost[] = [];
  entries.forEach((entry, index) => {
    const place = entries.length === full.length ? full[index] : undefined;
    const position = place?.position ?? index + 1;
    const title = entry.title === undefined ? "" : ` ("${entry.title.slice(0, 80)}")`;
    const name = `Item ${position}${title}${place === undefined ? "" : `, line ${place.line}`}`;
    const post = toPost(entry, source.url, (text) => problems.push(`${name}: ${text}`));
    if (post?.url === undefined) return;
    const earlier = taken.get(post.url);
    if (earlier !== undefined) {
      problems.push(`${name}: has the same address as item ${earlier}, ${post.url}. It was not taken.`);
      return;
    }
    taken.set(post.url, position);
    posts.push(post);
  });
  return { ...compact<{ title?: string; link?: string }>({ title, link }), posts, problems };
}

interface Read {
  title: string | undefined;
  link: string | undefined;
  entries: FeedEntry[];
}

function read(text: string, where: string, url: string): Read {
  let feed: AnyFeed;
  try {
    feed = parse(text);
  } catch (error) {
    throw new InvalidInput(
      `${where} could not be read as RSS, Atom or JSON Feed (${reasonOf(error)}).`,
      "not-a-feed",
      422,
      error,
    );
  }
  switch (feed.format) {
    case "rss": {
      const { feed: rss } = feed;
      const link = rss.link ?? alternate(rss.atom?.links);
      return {
        title: titleText(rss.title),
        link: resolve(link, url),
        entries: (rss.items ?? []).map((item) => fromRss(item, rss)),
      };
    }
    case "rdf": {
      const { feed: rdf } = feed;
      return {
        title: titleText(rdf.title),
        link: resolve(rdf.link, url),
        entries: (rdf.items ?? []).map((item) => fromRdf(item, rdf)),
      };
    }
    case "atom": {
      const { feed: atom } = feed;
      return {
        title: titleText(atom.title?.value),
        link: resolve(alternate(atom.links), atom.xml?.base ?? url),
        entries: (atom.entries ?? []).map((entry) => fromAtom(entry, atom)),
      };
    }
    case "json": {
      const { feed: json } = feed;
      return {
        title: json.title,
        link: resolve(json.home_page_url, url),
        entries: (json.items ?? []).map((item) => fromJson(item, json)),
      };
    }
  }
}

/** The whole entry as a post, or `undefined` after saying why not. */
function toPost(entry: FeedEntry, feedUrl: string, problem: (text: string) => void): SourcePost | undefined {
  const base = resolve(entry.base, feedUrl) ?? feedUrl;
  const url = entry.links.map((link) => resolve(link, base)).find((link) => link !== undefined);
  if (url === undefined) {
    const found = entry.links[0];
    problem(
      `has no address${found === undefined ? "" : ` that can be opened (found "${found.slice(0, 200)}")`}. It was not taken.`,
    );
    return undefined;
  }
  const published = entry.published === undefined ? undefined : readDate(entry.published);
  if (published === undefined) {
    problem(
      `${entry.published === undefined ? "has no date" : `has a date that cannot be read, "${entry.published.slice(0, 80)}"`}. It was not taken.`,
    );
    return undefined;
  }
  if (entry.html === undefined && entry.title === undefined) {
    problem("has neither a title nor a text. It was not taken.");
    return undefined;
  }
  const updated = entry.updated === undefined ? undefined : readDate(entry.updated);
  if (entry.updated !== undefined && updated === undefined) {
    problem(
      `has a date of change that cannot be read, "${entry.updated.slice(0, 80)}". It was taken without it.`,
    );
  }
  const image = resolve(entry.image, base);
  // A blog's software writes its feed, not its owner: a diary with sixty pictures is better taken with fifty than never.
  const fitting = <Part>(
    what: string,
    parts: readonly Part[],
    most: number,
    fits?: (part: Part) => boolean,
  ) => {
    const taken = (fits === undefined ? parts : parts.filter(fits)).slice(0, most);
    if (taken.length < parts.length)
      problem(`has more ${what} than a post has room for. It was taken without the rest.`);
    return listed(taken);
  };
  return compact<SourcePost>({
    url,
    title: entry.title === undefined ? undefined : shortened(entry.title, POST_ROOM.title),
    html: entry.html,
    summary: entry.summary ? shortened(entry.summary, POST_ROOM.summary) : undefined,
    tags: fitting(
      "or longer tags",
      [...new Set(entry.tags)],
      POST_ROOM.tags,
      (tag) => tag.length <= POST_ROOM.tag,
    ),
    image: image === undefined ? undefined : compact({ url: image, mediaType: mediaTypeOf(image) }),
    attachments: fitting("attachments", attachments(entry, base), POST_ROOM.attachments),
    language: languageTag(entry.language),
    published,
    updated: updated !== undefined && updated > published ? updated : undefined,
    authors: fitting(
      "authors, or with longer names,",
      [...new Set(entry.authors)],
      POST_ROOM.authors,
      (name) => name.length <= POST_ROOM.author,
    ),
  });
}

/** As the beginning of itself where a post has no room for all of it. */
function shortened(text: string, most: number): string {
  return text.length <= most ? text : `${cutAt(text, most - 1)}…`;
}

/** Each address once; a podcast is often named both as enclosure and as Media RSS. */
function attachments(entry: FeedEntry, base: string): SourceAttachment[] {
  const found = new Map<string, SourceAttachment>();
  for (const attached of entry.attached) {
    const url = resolve(attached.url, base);
    if (url === undefined) continue;
    const mediaType = mediaTypeOf(url, attached.type) ?? mediumType(attached.medium);
    const alt = attached.alt?.trim() || undefined;
    const known = found.get(url);
    const { width, height } = attached;
    const details = compact<SourceAttachment>({
      url,
      type: attachmentType(mediaType),
      mediaType,
      alt,
      width,
      height,
    });
    found.set(url, { ...details, ...known });
  }
  return [...found.values()];
}

function listed<T>(values: T[]): T[] | undefined {
  return values.length === 0 ? undefined : values;
}

/** An absolute http(s) address, or `undefined`. */
function resolve(address: string | undefined, base: string): string | undefined {
  const text = address?.trim();
  if (text === undefined || text === "" || !URL.canParse(text, base)) return undefined;
  const url = new URL(text, base);
  if (url.protocol !== "https:" && url.protocol !== "http:") return undefined;
  // As the host spells it: the permalink is the post's identity, and must not depend on this parser.
  return /^https?:\/\/[^\s\\]+$/.test(text) ? text : url.href;
}
