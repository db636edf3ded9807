import type { Parser } from "htmlparser2";
import { createParser } from "./html-parser.ts";
import { Findings, markupOf, spansIn, type Span, type Targets } from "./mentions.ts";

/** Elements in which `@user@host` and `#tag` are not meant: they are links already, or code. */
const LITERAL = new Set(["a", "code", "pre", "kbd", "samp", "script", "style", "textarea", "title"]);

/** The mentions (`user@host`) and hashtags (without `#`) in the text of an HTML post, outside links and code. */
export function findMentionsAndTags(html: string): { mentions: string[]; hashtags: string[] } {
  const findings = new Findings();
  for (const { span } of spansOf(html)) findings.add(span);
  return { mentions: findings.mentions, hashtags: findings.hashtags };
}

/**
 * Makes links of the mentions and hashtags in the text of an HTML post that the sanitiser has seen. Everything else stays
 * byte for byte. A mention for which `mentionUrl` knows nothing stays text.
 */
export function linkMentions(
  html: string,
  mentionUrl: (handle: string) => string | undefined,
  tagUrl: (tag: string) => string,
): string {
  const targets: Targets = { mentionUrl, tagUrl };
  let result = "";
  let done = 0;
  for (const { start, end, span } of spansOf(html)) {
    const markup = markupOf(span, targets);
    if (markup === undefined) continue;
    result += html.slice(done, start) + markup;
    done = end;
  }
  return result + html.slice(done);
}

/** Places in the HTML source; entities are not decoded, so that a place in the text is a place in the source. */
function* spansOf(html: string): Generator<{ start: number; end: number; span: Span }> {
  for (const text of textNodes(html)) {
    for (const span of spansIn(text.text, { links: false })) {
      yield { start: text.start + span.start, end: text.start + span.end, span };
    }
  }
}

function textNodes(html: string): { start: number; text: string }[] {
  const nodes: { start: number; text: string }[] = [];
  let literal = 0;
  const parser: Parser = createParser(
    {
      onopentagname(name) {
        if (LITERAL.has(name)) literal += 1;
      },
      onclosetag(name) {
        if (LITERAL.has(name)) literal -= 1;
      },
      ontext(text) {
        if (literal > 0) return;
        const last = nodes.at(-1);
        if (last && last.start + last.text.length === parser.startIndex) last.text += text;
        else nodes.push({ start: parser.startIndex, text });
      },
    },
    { decodeEntities: false },
  );
  parser.write(html);
  parser.end();
  return nodes;
}
