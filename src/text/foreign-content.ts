import { escapeText } from "./escape.ts";
import { readMarkdown, replaceProse, unsafeHtmlOf } from "./markdown-tokens.ts";
import { markupOf, spansIn } from "./mentions.ts";
import { cutAt } from "./plain-text.ts";
import { sanitiseHtml } from "./sanitise.ts";

/** Characters of foreign Markdown that are read. PeerTube's own limit for a comment is 10,000. */
const FOREIGN_MARKDOWN_LENGTH = 50_000;

/**
 * What an ActivityStreams object says (its `content` with its `mediaType`) as HTML that is safe to show. PeerTube sends
 * Markdown and some send plain text: these are rendered, never taken as HTML. HTML, and what is not known, is sanitised.
 */
export function foreignContent(source: { content: string; mediaType?: string | undefined }): string {
  const type = (source.mediaType ?? "text/html").split(";")[0]?.trim().toLowerCase();
  if (type === "text/markdown") return foreignMarkdown(cutAt(source.content, FOREIGN_MARKDOWN_LENGTH));
  if (type === "text/plain") return foreignText(source.content);
  return sanitiseHtml(source.content);
}

function foreignMarkdown(markdown: string): string {
  const tokens = readMarkdown(markdown);
  replaceProse(tokens, (text) => {
    const html = withLinks(text);
    return [{ type: "html", raw: html, text: html, block: false }];
  });
  return sanitiseHtml(unsafeHtmlOf(tokens));
}

/** The text as HTML with its bare links; whom a mention means is said by the object's tags, not by its text. */
function withLinks(text: string): string {
  let html = "";
  let done = 0;
  for (const span of spansIn(text, { links: true })) {
    if (span.kind !== "link") continue;
    const markup = markupOf(span, { tagUrl: () => "" });
    if (markup === undefined) continue;
    html += escapeText(text.slice(done, span.start)) + markup;
    done = span.end;
  }
  return html + escapeText(text.slice(done));
}

function foreignText(content: string): string {
  return sanitiseHtml(
    content
      .replace(/\r\n?/g, "\n")
      .split(/\n{2,}/)
      .map((paragraph) => `<p>${withLinks(paragraph).replaceAll("\n", "<br />")}</p>`)
      .join(""),
  );
}
