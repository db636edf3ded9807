import { readMarkdown, replaceProse, unsafeHtmlOf } from "./markdown-tokens.ts";
import { cutAt } from "./plain-text.ts";
import { FOREIGN_HTML_LENGTH, sanitiseHtml } from "./sanitise.ts";
import { textToHtml, withLinks } from "./text-to-html.ts";

/** Characters of foreign Markdown that are read. PeerTube's own limit for a comment is 10,000. */
const FOREIGN_MARKDOWN_LENGTH = 50_000;

/**
 * What an ActivityStreams object says (its `content` with its `mediaType`) as HTML that is safe to show. PeerTube sends
 * Markdown and some send plain text: these are rendered, never taken as HTML. HTML, and what is not known, is sanitised.
 *
 * @param source.baseUrl the object's own page, against which relative links in HTML are resolved.
 */
export function foreignContent(source: {
  content: string;
  mediaType?: string | undefined;
  baseUrl?: string | undefined;
}): string {
  const options = source.baseUrl === undefined ? {} : { baseUrl: source.baseUrl };
  const type = (source.mediaType ?? "text/html").split(";")[0]?.trim().toLowerCase();
  if (type === "text/markdown") {
    return sanitiseHtml(htmlOfMarkdown(cutAt(source.content, FOREIGN_MARKDOWN_LENGTH)), options);
  }
  if (type === "text/plain") {
    return sanitiseHtml(textToHtml(cutAt(source.content, FOREIGN_HTML_LENGTH)), options);
  }
  return sanitiseHtml(source.content, options);
}

function htmlOfMarkdown(markdown: string): string {
  const tokens = readMarkdown(markdown, { breaks: true });
  replaceProse(tokens, (text) => {
    const html = withLinks(text);
    return [{ type: "html", raw: html, text: html, block: false }];
  });
  return unsafeHtmlOf(tokens);
}
