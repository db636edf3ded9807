import { escapeText } from "./escape.ts";
import { markupOf, spansIn } from "./mentions.ts";

/** Plain text as HTML: an empty line parts paragraphs, a line end is a `<br>`, bare links become links. */
export function textToHtml(text: string): string {
  return text
    .replace(/\r\n?/g, "\n")
    .split(/\n{2,}/)
    .filter((paragraph) => paragraph.trim() !== "")
    .map((paragraph) => `<p>${withLinks(paragraph).replaceAll("\n", "<br />")}</p>`)
    .join("");
}

/** Plain text as HTML text, its bare links as links. Whom a mention means is not to be seen from text alone. */
export function withLinks(text: string): string {
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
