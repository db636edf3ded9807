import { escapeText } from "./escape.ts";
import { Findings, markupOf, spansIn, type Span, type Targets } from "./mentions.ts";

/** `@anna`, without a host: somebody here. Not the beginning of `@anna@example.org` or of a mail address. */
const NEIGHBOUR = /(?<![\p{L}\p{N}_/@.&=+-])@([A-Za-z0-9_]{1,30})(?![\p{L}\p{N}_@]|[.-]+[\p{L}\p{N}_.-]*@)/gu;

export interface StatusTextOptions extends Targets {
  /** The host of our own handles: `@anna` means somebody there. */
  localHost: string;
}

export interface RenderedStatusText {
  /** Nothing of the text is taken for HTML. */
  html: string;
  /** `user@host`, each once, in order; also those that lead nowhere. */
  mentions: string[];
  /** Without `#`, as first written, each once whatever its capitals. */
  hashtags: string[];
}

/**
 * What somebody typed into an app, as HTML: an empty line parts paragraphs, a line end is a line end, and links, mentions
 * and hashtags lead where they should. Nothing else is marked up: what looks like Markdown is meant as it stands, for
 * apps show and edit it as plain text.
 */
export function renderStatusText(text: string, options: StatusTextOptions): RenderedStatusText {
  const findings = new Findings();
  const html = text
    .replace(/\r\n?/g, "\n")
    .split(/\n[^\S\n]*\n\s*/)
    .map((paragraph) => paragraph.replace(/^\n+|\s+$/g, ""))
    .filter((paragraph) => paragraph.trim() !== "")
    .map((paragraph) => `<p>${linked(paragraph, options, findings).replaceAll("\n", "<br />")}</p>`)
    .join("");
  return { html, mentions: findings.mentions, hashtags: findings.hashtags };
}

/** Everything in a text that means more than its letters, names of neighbours included. */
export function statusSpans(text: string, localHost: string): Span[] {
  const spans = spansIn(text, { links: true });
  if (!text.includes("@")) return spans;
  const neighbours: Span[] = [];
  for (const match of text.matchAll(NEIGHBOUR)) {
    const start = match.index;
    const end = start + match[0].length;
    if (spans.some((span) => start < span.end && end > span.start)) continue;
    neighbours.push({ start, end, kind: "mention", handle: { username: match[1] ?? "", host: localHost } });
  }
  return [...spans, ...neighbours].sort((one, other) => one.start - other.start);
}

function linked(text: string, options: StatusTextOptions, findings: Findings): string {
  let html = "";
  let done = 0;
  for (const span of statusSpans(text, options.localHost)) {
    findings.add(span);
    const markup = markupOf(span, options);
    if (markup === undefined) continue;
    html += escapeText(text.slice(done, span.start)) + markup;
    done = span.end;
  }
  return html + escapeText(text.slice(done));
}
