import { statusSpans } from "./status-text.ts";

/** Characters that every link counts for, however long it is: what apps compute with, and what they are told. */
export const URL_CHARACTERS = 23;

const graphemes = new Intl.Segmenter("en", { granularity: "grapheme" });

/**
 * The length of a status as apps count it before they send it: what a person sees as one character counts one, a link
 * 23, and of `@anna@example.org` only `@anna`.
 * @param most counting stops behind it, so that a hostile text costs no more than a long one.
 */
export function statusLength(text: string, most: number): number {
  // An emoji of a family has 11 UTF-16 units, and links are cut below.
  if (text.length > 40 * (most + 1) + 2048 * most) return most + 1;
  let shown = "";
  let links = 0;
  let done = 0;
  for (const span of statusSpans(text, "localhost")) {
    if (span.kind === "hashtag") continue;
    shown += text.slice(done, span.start);
    if (span.kind === "link") links += 1;
    else shown += `@${span.handle.username}`;
    done = span.end;
  }
  shown += text.slice(done);
  let length = links * URL_CHARACTERS;
  for (const _ of graphemes.segment(shown)) if ((length += 1) > most) break;
  return length;
}
