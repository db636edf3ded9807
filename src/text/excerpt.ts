import { cutAt, plainText } from "./plain-text.ts";

const graphemes = new Intl.Segmenter("en", { granularity: "grapheme" });

/**
 * The beginning of a post as one line of plain text, at most `max` UTF-16 units with the `…` that marks a cut. Cut after
 * a whole word where there are words, and never inside a letter with its accents or an emoji with its parts.
 */
export function excerpt(html: string, max = 500): string {
  // Line ends and runs of blanks shrink to one blank, so a little more than asked for is read.
  const text = plainText(html, max * 4 + 200)
    .replace(/\s+/g, " ")
    .trim();
  return text.length <= max ? text : shorten(text, max);
}

function shorten(text: string, max: number): string {
  let end = 0;
  for (const { index, segment } of graphemes.segment(cutAt(text, max + 100))) {
    if (index + segment.length > max - 1) break;
    end = index + segment.length;
  }
  const cut = text.slice(0, end);
  const lastBlank = text[end] === " " ? end : cut.lastIndexOf(" ");
  // A language without blanks, or one endless word: cut where the space ends rather than lose half of it.
  const words = lastBlank > max / 2 ? cut.slice(0, lastBlank) : cut;
  return `${words.replace(/[\s,;:–—-]+$/u, "")}…`;
}
