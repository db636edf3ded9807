import type { Parser } from "htmlparser2";
import { createParser } from "./html-parser.ts";

/**
 * Is the HTML nested at most `max` elements deep, as the sanitiser's own parser counts? Reading stops at the first
 * element that is deeper: beyond that the parser would search its whole stack for every closing tag, which takes
 * quadratic time.
 */
export function isNestedWithin(html: string, max: number): boolean {
  let depth = 0;
  let within = true;
  const parser: Parser = createParser({
    onopentag() {
      depth += 1;
      if (depth <= max) return;
      within = false;
      parser.pause();
    },
    onclosetag() {
      depth -= 1;
    },
  });
  parser.write(html);
  if (within) parser.end();
  return within;
}
