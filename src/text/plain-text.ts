import type { Tokenizer } from "htmlparser2";
import { createTokenizer } from "./html-parser.ts";

const BLOCKS = new Set(
  (
    "address article aside blockquote dd details div dl dt fieldset figcaption figure footer form h1 h2 h3 h4 h5 h6 " +
    "header hr main nav ol p pre section summary table ul"
  )
    .split(" ")
    .concat("body", "html"),
);
const LINES = new Set(["li", "tr", "caption", "option"]);
/** Elements whose text is not for reading. `rp` holds only the brackets around a ruby text, and those are wanted. */
const SILENT = new Set(["script", "style", "title", "template", "textarea", "xmp", "noscript", "svg"]);

/**
 * The readable text of any HTML: entities decoded, `<br>` and list items on lines of their own, blocks apart by an
 * empty line, runs of blanks made one as a browser does (not in `<pre>`). It reads tokens and keeps no tree, so that
 * the time is linear and nesting costs nothing. The result is text, not HTML: escape it before it is put into a page.
 *
 * @param max characters (UTF-16 units) after which reading stops; the text is then cut without breaking a character.
 */
export function plainText(html: string, max = Number.POSITIVE_INFINITY): string {
  const text = new TextWriter();
  let silent: string | undefined;
  let silentDepth = 0;
  let preformatted = 0;
  const boundary = (name: string): void => {
    if (name === "br") text.line();
    else if (LINES.has(name)) text.item();
    else if (BLOCKS.has(name)) text.paragraph();
  };
  const tokenizer: Tokenizer = createTokenizer(
    { decodeEntities: true },
    {
      onopentagname(start, end) {
        const name = html.slice(start, end).toLowerCase();
        if (silent === undefined) {
          if (SILENT.has(name)) silent = name;
          else if (name === "pre") preformatted += 1;
          boundary(name);
        }
        if (name === silent) silentDepth += 1;
      },
      onselfclosingtag() {
        // `<svg/>` opens nothing; in HTML every other silent element ignores the slash.
        if (silent === "svg" && --silentDepth === 0) silent = undefined;
      },
      onclosetag(start, end) {
        const name = html.slice(start, end).toLowerCase();
        if (silent !== undefined) {
          if (name === silent && --silentDepth === 0) silent = undefined;
          return;
        }
        if (name === "pre" && preformatted > 0) preformatted -= 1;
        boundary(name);
      },
      ontext(start, end) {
        if (silent !== undefined) return;
        text.write(html.slice(start, end), preformatted > 0);
        if (text.length > max) tokenizer.pause();
      },
      ontextentity(codepoint) {
        if (silent === undefined) text.write(String.fromCodePoint(codepoint), preformatted > 0);
      },
      onattribdata: () => undefined,
      onattribentity: () => undefined,
      onattribend: () => undefined,
      onattribname: () => undefined,
      oncdata: () => undefined,
      oncomment: () => undefined,
      ondeclaration: () => undefined,
      onend: () => undefined,
      onopentagend: () => undefined,
      onprocessinginstruction: () => undefined,
    },
  );
  tokenizer.write(html);
  if (tokenizer.running) tokenizer.end();
  const result = text.toString();
  return result.length > max ? cutAt(result, max) : result;
}

/** At most `max` UTF-16 units, never half of a surrogate pair. */
export function cutAt(text: string, max: number): string {
  const last = text.charCodeAt(max - 1);
  return text.slice(0, last >= 0xd800 && last <= 0xdbff ? max - 1 : max);
}

/** Collects text and holds breaks back until more text comes, so that none stand at the ends or in heaps. */
class TextWriter {
  #text = "";
  #breaks = 0;
  #blank = false;

  get length(): number {
    return this.#text.length;
  }
  line(): void {
    // Two `<br>` in a row are how many clients write a paragraph.
    this.#breaks = Math.min(2, this.#breaks + 1);
  }
  item(): void {
    this.#breaks = Math.max(1, this.#breaks);
  }
  paragraph(): void {
    this.#breaks = 2;
  }
  write(piece: string, preformatted: boolean): void {
    if (preformatted) {
      this.#flush();
      this.#text += piece;
      return;
    }
    for (const [index, word] of piece.split(/[ \t\r\n\f]+/).entries()) {
      if (index > 0) this.#blank = true;
      if (word === "") continue;
      this.#flush();
      this.#text += word;
    }
  }
  #flush(): void {
    if (this.#text !== "")
      this.#text += this.#breaks > 0 ? "\n".repeat(this.#breaks) : this.#blank ? " " : "";
    this.#breaks = 0;
    this.#blank = false;
  }
  toString(): string {
    return this.#text.trimEnd();
  }
}
