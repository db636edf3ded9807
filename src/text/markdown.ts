import type { Token } from "marked";
import { InvalidInput } from "../support/errors.ts";
import { imagesOf, type HtmlImage } from "./images.ts";
import { readMarkdown, replaceProse, unsafeHtmlOf } from "./markdown-tokens.ts";
import { Findings, markupOf, spansIn, type Targets } from "./mentions.ts";
import { sanitiseOwnHtml } from "./sanitise.ts";

/** Characters of a post in Markdown: a thick novel has twice as many. */
export const MARKDOWN_LENGTH = 500_000;

export interface MarkdownOptions extends Targets {
  /** What relative links and pictures are resolved against: the post's permalink, or its site. */
  baseUrl: string;
}

export interface RenderedMarkdown {
  /** Safe to show and to send: it went through the sanitiser for own HTML. */
  html: string;
  /** `user@host`, host in lower case, each once, in order; also those that led nowhere. */
  mentions: string[];
  /** Without `#`, as first written, each once whatever its capitals. */
  hashtags: string[];
  images: HtmlImage[];
}

/**
 * The owner's Markdown (CommonMark with GitHub's tables, task lists and strikethrough) as HTML. `@user@host` and `#tag`
 * become links with Mastodon's markup, bare links become links; none of them in code, in links, or behind a backslash.
 *
 * @throws InvalidInput for Markdown over `MARKDOWN_LENGTH` characters, or if its HTML is too long to be sent.
 */
export function renderMarkdown(markdown: string, options: MarkdownOptions): RenderedMarkdown {
  if (markdown.length > MARKDOWN_LENGTH) {
    throw new InvalidInput(
      `The post's Markdown has ${markdown.length} characters; at most ${MARKDOWN_LENGTH} can be read. ` +
        "Divide it into several posts.",
      "post-too-long",
    );
  }
  const findings = new Findings();
  const tokens = readMarkdown(markdown);
  replaceProse(tokens, (text) => linked(text, options, findings));
  const html = sanitiseOwnHtml(unsafeHtmlOf(tokens), { baseUrl: options.baseUrl });
  return {
    html,
    mentions: findings.mentions,
    hashtags: findings.hashtags,
    images: imagesOf(html, options.baseUrl),
  };
}

/** A piece of prose as tokens of text and of ready HTML. */
function linked(text: string, targets: Targets, findings: Findings): Token[] {
  const tokens: Token[] = [];
  let done = 0;
  for (const span of spansIn(text, { links: true })) {
    findings.add(span);
    const markup = markupOf(span, targets);
    if (markup === undefined) continue;
    tokens.push(textToken(text.slice(done, span.start)), htmlToken(markup));
    done = span.end;
  }
  tokens.push(textToken(text.slice(done)));
  return tokens;
}

function textToken(text: string): Token {
  return { type: "text", raw: text, text, escaped: false };
}

function htmlToken(html: string): Token {
  return { type: "html", raw: html, text: html, block: false };
}
