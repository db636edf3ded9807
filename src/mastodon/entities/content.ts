import { LRUCache } from "lru-cache";
import type { PostRow } from "../../database/rows.ts";
import { escapeAttribute, escapeText } from "../../text/escape.ts";
import { sanitiseHtml } from "../../text/sanitise.ts";

/** Characters of HTML above which an app gets the beginning and the address: a timeline is forty of these. */
const LONGEST = 50_000;

/** Own posts may hold tables, figures and pictures, which apps do not draw: once made plain for them, kept for the next reader. */
const plain = new LRUCache<string, string>({
  maxSize: 8_000_000,
  sizeCalculation: (html) => html.length + 1,
});

type Written = Pick<PostRow, "content" | "excerpt" | "local" | "summary" | "title" | "type" | "url">;

/**
 * The text of a status. A post with a title begins with it in bold (headings look like the rest in most apps), and all of
 * the text follows: whoever answers comments in an app wants to read what they are about, and every app folds long posts
 * by itself. What is more than a Note ends with the address of its page, where it looks as its author meant it.
 */
export function contentOf(post: Written): string {
  const title = post.title === undefined ? "" : `<p><strong>${escapeText(post.title)}</strong></p>`;
  const isCut = post.content.length > LONGEST;
  const text = isCut ? `<p>${escapeText(post.summary ?? post.excerpt)}</p>` : bodyOf(post);
  return `${title}${text}${isCut || isPage(post) ? linkTo(post.url) : ""}`;
}

function bodyOf(post: Written): string {
  if (!post.local || post.content === "") return post.content;
  let html = plain.get(post.content);
  if (html === undefined) plain.set(post.content, (html = sanitiseHtml(post.content)));
  return html;
}

function isPage(post: Written): boolean {
  return post.type !== "Note" && post.type !== "Question" && post.type !== "Announce";
}

function linkTo(url: string): string {
  return `<p><a href="${escapeAttribute(url)}" rel="nofollow noopener" target="_blank">${escapeText(url)}</a></p>`;
}
