import type { ActorRow, PostRow } from "../../database/rows.ts";
import { escapeAttribute, escapeText } from "../../text/escape.ts";
import { timeOf } from "./time.ts";

export interface OEmbedEntity {
  type: "rich";
  version: "1.0";
  title: string;
  author_name: string;
  author_url: string;
  provider_name: string;
  provider_url: string;
  cache_age: number;
  html: string;
  width: number;
  height: null;
}

const CACHE_SECONDS = 86_400;

/**
 * A post to be shown on another site (oembed.com, `rich`): a quotation with its link, which needs neither script nor frame
 * and is still readable when this site is away.
 */
export function oembedEntity(
  post: Pick<PostRow, "url" | "title" | "excerpt" | "warning" | "publishedAt">,
  author: Pick<ActorRow, "name" | "username" | "url">,
  site: { name: string; origin: string },
  width: number,
): OEmbedEntity {
  const name = author.name === "" ? author.username : author.name;
  const title = post.title ?? `New post by ${name}`;
  const words = post.warning ?? post.excerpt;
  const link = `<a href="${escapeAttribute(post.url)}"><time datetime="${timeOf(post.publishedAt)}">${escapeText(
    post.title ?? post.publishedAt.toISOString().slice(0, 10),
  )}</time></a>`;
  return {
    type: "rich",
    version: "1.0",
    title,
    author_name: name,
    author_url: author.url,
    provider_name: site.name,
    provider_url: site.origin,
    cache_age: CACHE_SECONDS,
    html: `<blockquote class="fediverse-post" cite="${escapeAttribute(post.url)}" style="max-width: ${width}px"><p>${escapeText(words)}</p><footer>${escapeText(name)}, ${link}</footer></blockquote>`,
    width,
    height: null,
  };
}
