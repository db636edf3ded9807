import type { AtomFeed, JsonFeed, RdfFeed, RssFeed } from "feedsmith";
import { excerpt } from "../text/excerpt.ts";
import { plainText } from "../text/plain-text.ts";
import { textToHtml } from "../text/text-to-html.ts";
import { attachmentsOf, enclosure, mediaImage, type Attached } from "./feed-media.ts";

/** One item of whatever feed, brought to one shape; addresses and dates are still as written. */
export interface FeedEntry {
  /** Candidates for the permalink, best first. */
  links: string[];
  /** What relative addresses in the entry are resolved against, if not the feed's own address. */
  base?: string | undefined;
  title?: string | undefined;
  html?: string | undefined;
  summary?: string | undefined;
  tags: string[];
  image?: string | undefined;
  attached: Attached[];
  language?: string | undefined;
  published?: string | undefined;
  updated?: string | undefined;
  authors: string[];
}

const SUMMARY_LENGTH = 500;
/** Markup in titles that is meant as markup; `Array<T>` is not. */
const TITLE_MARKUP = /<\/?(?:a|abbr|b|br|code|em|i|mark|small|span|strong|sub|sup)\b[^<>]{0,500}>/gi;

export function fromRss(item: RssFeed.Item<string>, feed: RssFeed.Feed<string>): FeedEntry {
  const isPermalink = item.guid?.isPermaLink !== false;
  return {
    links: present([item.link, alternate(item.atom?.links), isPermalink ? item.guid?.value : undefined]),
    base: item.xml?.base ?? feed.xml?.base,
    title: titleText(item.title ?? item.dc?.titles?.[0]),
    ...bodies(item.content?.encoded ?? textOf(item.atom?.content), item.description),
    tags: present([
      ...(item.categories ?? []).map((category) => category.name),
      ...(item.dc?.subjects ?? []),
    ]),
    image: mediaImage(item.media) ?? item.itunes?.image,
    attached: [...(item.enclosures ?? []).map(enclosure), ...attachmentsOf(item.media)],
    language: item.dc?.languages?.[0] ?? item.xml?.lang ?? feed.language ?? feed.dc?.languages?.[0],
    published: item.pubDate ?? item.dc?.dates?.[0] ?? item.dcterms?.issued?.[0] ?? item.atom?.published,
    updated: item.atom?.updated ?? item.dcterms?.modified?.[0],
    authors: present([...(item.dc?.creators ?? []), ...(item.authors ?? []).map((author) => author.name)]),
  };
}

export function fromRdf(item: RdfFeed.Item<string>, feed: RdfFeed.Feed<string>): FeedEntry {
  return {
    links: present([item.link, item.rdf?.about]),
    base: item.xml?.base ?? feed.xml?.base,
    title: titleText(item.title),
    ...bodies(item.content?.encoded, item.description),
    tags: item.dc?.subjects ?? [],
    image: mediaImage(item.media),
    attached: attachmentsOf(item.media),
    language: item.dc?.languages?.[0] ?? item.xml?.lang ?? feed.dc?.languages?.[0],
    published: item.dc?.dates?.[0] ?? item.dcterms?.issued?.[0] ?? item.dcterms?.created?.[0],
    updated: item.dcterms?.modified?.[0],
    authors: item.dc?.creators ?? [],
  };
}

export function fromAtom(entry: AtomFeed.Entry<string>, feed: AtomFeed.Feed<string>): FeedEntry {
  const links = entry.links ?? [];
  const enclosures = links.filter((link) => link.rel === "enclosure");
  const authors = entry.authors ?? entry.source?.authors ?? feed.authors ?? [];
  return {
    links: present([alternate(links), /^https?:/i.test(entry.id ?? "") ? entry.id : undefined]),
    base: entry.xml?.base ?? feed.xml?.base,
    title:
      entry.title?.type === "text" || entry.title?.type === undefined
        ? oneLine(entry.title?.value)
        : titleText(entry.title.value),
    ...bodies(textOf(entry.content), textOf(entry.summary)),
    tags: present((entry.categories ?? []).map((category) => category.label ?? category.term)),
    image: mediaImage(entry.media),
    attached: [
      ...enclosures.map(({ href, type }) => enclosure({ url: href, type })),
      ...attachmentsOf(entry.media),
    ],
    language: entry.xml?.lang ?? entry.content?.xml?.lang ?? feed.xml?.lang,
    published: entry.published ?? entry.updated,
    updated: entry.updated,
    authors: present(authors.map((author) => author.name)),
  };
}

export function fromJson(item: JsonFeed.Item<string>, feed: JsonFeed.Feed<string>): FeedEntry {
  const html =
    item.content_html ?? (item.content_text === undefined ? undefined : textToHtml(item.content_text));
  return {
    links: present([item.url, /^https?:/i.test(item.id ?? "") ? item.id : undefined]),
    title: oneLine(item.title),
    html: html ?? (item.summary === undefined ? undefined : textToHtml(item.summary)),
    summary: html === undefined ? undefined : oneLine(item.summary),
    tags: item.tags ?? [],
    image: item.image ?? item.banner_image,
    attached: (item.attachments ?? []).map((attachment) =>
      enclosure({ url: attachment.url, type: attachment.mime_type, alt: attachment.title }),
    ),
    language: item.language ?? feed.language,
    published: item.date_published,
    updated: item.date_modified,
    authors: present((item.authors ?? feed.authors ?? []).map((author) => author.name)),
  };
}

/** The address that a feed or an entry names as its page. */
export function alternate(links: readonly AtomFeed.Link<string>[] | undefined): string | undefined {
  const pages = (links ?? []).filter((link) => link.rel === undefined || link.rel === "alternate");
  return (pages.find((link) => link.type === undefined || link.type.includes("html")) ?? pages[0])?.href;
}

/** A title as plain text, whether the feed wrote text or HTML. */
export function titleText(title: string | undefined): string | undefined {
  return title === undefined
    ? undefined
    : oneLine(plainText(title.replace(TITLE_MARKUP, "").replaceAll("<", "&lt;")));
}

/** With a full text the description is the summary; alone it is the text. */
function bodies(
  content: string | undefined,
  description: string | undefined,
): Pick<FeedEntry, "html" | "summary"> {
  if (content === undefined || content.trim() === "") return { html: description };
  return {
    html: content,
    summary: description === undefined ? undefined : excerpt(description, SUMMARY_LENGTH),
  };
}

/** An Atom text as HTML, by its type. XHTML comes as its `<div>`. */
function textOf(text: { value?: string; type?: string } | undefined): string | undefined {
  if (text?.value === undefined) return undefined;
  const type = text.type?.toLowerCase() ?? "text";
  return type === "text" || type === "text/plain" ? textToHtml(text.value) : text.value;
}

function oneLine(text: string | undefined): string | undefined {
  return text?.replace(/\s+/g, " ").trim() || undefined;
}

function present(values: readonly (string | undefined)[]): string[] {
  return values.filter((value): value is string => value !== undefined && value.trim() !== "");
}
