import type { MediaRow } from "../database/rows.ts";

/** A feed, whatever its format. Addresses are absolute. */
export interface Feed {
  title: string;
  description: string;
  /** The page that the feed is of. */
  page: string;
  /** The feed's own address. */
  self: string;
  /** The feed of older posts. */
  next?: string;
  icon?: string;
  language?: string;
  items: FeedItem[];
}

export interface FeedItem {
  /** Never changes. */
  id: string;
  url: string;
  title?: string;
  /** Clean HTML. */
  html: string;
  /** Plain text. */
  summary: string;
  published: Date;
  updated?: Date;
  author: { name: string; url: string };
  tags: string[];
  language?: string;
  image?: string;
  attachments: MediaRow[];
}

/** RSS 2.0 with `content:encoded`, `atom:link` and `dc:creator`. */
export function rssDocument(feed: Feed): string {
  const channel = [
    tag("title", feed.title),
    tag("link", feed.page),
    tag("description", feed.description),
    ...(feed.language === undefined ? [] : [tag("language", feed.language)]),
    atomLink("self", feed.self),
    ...(feed.next === undefined ? [] : [atomLink("next", feed.next)]),
    ...(feed.icon === undefined
      ? []
      : [`<image>${tag("url", feed.icon)}${tag("title", feed.title)}${tag("link", feed.page)}</image>`]),
    ...feed.items.map(rssItem),
  ];
  return [
    '<?xml version="1.0" encoding="UTF-8"?>',
    '<rss version="2.0" xmlns:atom="http://www.w3.org/2005/Atom" xmlns:content="http://purl.org/rss/1.0/modules/content/" xmlns:dc="http://purl.org/dc/elements/1.1/">',
    "<channel>",
    ...channel,
    "</channel>",
    "</rss>\n",
  ].join("\n");
}

function rssItem(item: FeedItem): string {
  return [
    "<item>",
    ...(item.title === undefined ? [] : [tag("title", item.title)]),
    tag("link", item.url),
    `<guid isPermaLink="false">${xml(item.id)}</guid>`,
    tag("pubDate", item.published.toUTCString()),
    tag("dc:creator", item.author.name),
    tag("description", item.summary),
    `<content:encoded>${cdata(item.html)}</content:encoded>`,
    ...item.tags.map((name) => tag("category", name)),
    // RSS wants a length and allows 0 for one that is not known.
    ...item.attachments
      .filter((media) => media.mediaType !== undefined)
      .slice(0, 1)
      .map(
        (media) => `<enclosure url="${xml(media.url)}" type="${xml(media.mediaType ?? "")}" length="0" />`,
      ),
    "</item>",
  ].join("\n");
}

/** JSON Feed 1.1. */
export function jsonDocument(feed: Feed): string {
  return JSON.stringify({
    version: "https://jsonfeed.org/version/1.1",
    title: feed.title,
    description: feed.description,
    home_page_url: feed.page,
    feed_url: feed.self,
    next_url: feed.next,
    icon: feed.icon,
    language: feed.language,
    items: feed.items.map((item) => ({
      id: item.id,
      url: item.url,
      title: item.title,
      content_html: item.html,
      summary: item.summary,
      image: item.image,
      date_published: item.published.toISOString(),
      date_modified: item.updated?.toISOString(),
      authors: [{ name: item.author.name, url: item.author.url }],
      tags: item.tags.length === 0 ? undefined : item.tags,
      language: item.language,
      attachments:
        item.attachments.length === 0
          ? undefined
          : item.attachments.map((media) => ({
              url: media.url,
              mime_type: media.mediaType ?? "application/octet-stream",
              title: media.alt,
            })),
    })),
  });
}

function tag(name: string, text: string): string {
  return `<${name}>${xml(text)}</${name}>`;
}

function atomLink(rel: string, href: string): string {
  return `<atom:link href="${xml(href)}" rel="${rel}" type="application/rss+xml" />`;
}

const ENTITIES: Record<string, string> = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;" };

function xml(text: string): string {
  return allowed(text).replace(/[&<>"]/g, (character) => ENTITIES[character] ?? character);
}

function cdata(text: string): string {
  return `<![CDATA[${allowed(text).replaceAll("]]>", "]]]]><![CDATA[>")}]]>`;
}

/** XML 1.0 has no word for most control characters, and a reader refuses the whole feed over one. */
function allowed(text: string): string {
  // eslint-disable-next-line no-control-regex -- control characters are what is looked for
  return text.replace(/[\0-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff\p{Surrogate}]/gu, "");
}
