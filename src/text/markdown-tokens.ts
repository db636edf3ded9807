import { Lexer, Parser, Renderer, Tokenizer, type Token, type Tokens, type TokensList } from "marked";

/** Levels of quotes, lists, emphasis and links within each other; deeper ones are read as text. */
const DEPTH = 24;
/** Characters that may be searched in vain for the end of a construct, before such constructs are read as text. */
const SEARCHES = 5_000_000;

/**
 * marked's tokenizer with an end to what hostile text can make it do: nesting is limited, since marked recurses, and so is
 * the searching for closing marks that are not there (`[[[[…`, `_a_a_a…`), which takes quadratic time. Bare links are left
 * to us, or the address in `@user@host` would become a mail link.
 */
class BoundedTokenizer extends Tokenizer {
  #depth = 0;
  #searches = SEARCHES;

  override blockquote(src: string): Tokens.Blockquote | undefined {
    return this.#nested(() => super.blockquote(src));
  }
  override list(src: string): Tokens.List | undefined {
    return this.#nested(() => super.list(src));
  }
  override emStrong(
    src: string,
    maskedSrc: string,
    previous?: string,
  ): Tokens.Em | Tokens.Strong | undefined {
    if (!/^[*_]/.test(src)) return undefined;
    // `@_anna_@example.org` is a name, not emphasis.
    if (previous === "@" && src.startsWith("_")) return undefined;
    return this.#nested(() => this.#searched(src, () => super.emStrong(src, maskedSrc, previous)));
  }
  override del(src: string, maskedSrc: string, previous?: string): Tokens.Del | undefined {
    if (!src.startsWith("~")) return undefined;
    return this.#nested(() => this.#searched(src, () => super.del(src, maskedSrc, previous)));
  }
  override link(src: string): Tokens.Link | Tokens.Image | undefined {
    if (!/^!?\[/.test(src)) return undefined;
    return this.#nested(() => this.#searched(src, () => super.link(src)));
  }
  override reflink(
    src: string,
    links: Parameters<Tokenizer["reflink"]>[1],
  ): ReturnType<Tokenizer["reflink"]> {
    if (!/^!?\[/.test(src)) return undefined;
    return this.#nested(() => this.#searched(src, () => super.reflink(src, links)));
  }
  override codespan(src: string): Tokens.Codespan | undefined {
    return src.startsWith("`") ? this.#searched(src, () => super.codespan(src)) : undefined;
  }
  override tag(src: string): Tokens.Tag | undefined {
    return src.startsWith("<") ? this.#searched(src, () => super.tag(src)) : undefined;
  }
  override url(): undefined {
    return undefined;
  }
  /** As marked's, but looking no further than one character ahead: its own looks for mail addresses from every place. */
  override inlineText(src: string): Tokens.Text | undefined {
    const text = /^(?:[`~]+| +|[\s\S])(?:[^\\<![\]`*~_\n ]+| (?! |\n))*/.exec(src)?.[0];
    return text === undefined ? undefined : { type: "text", raw: text, text, escaped: false };
  }

  #nested<T>(read: () => T | undefined): T | undefined {
    if (this.#depth >= DEPTH) return undefined;
    this.#depth += 1;
    try {
      return read();
    } finally {
      this.#depth -= 1;
    }
  }
  #searched<T>(src: string, read: () => T | undefined): T | undefined {
    if (this.#searches <= 0) return undefined;
    const token = read();
    if (token === undefined) this.#searches -= src.length;
    return token;
  }
}

class PlainRenderer extends Renderer {
  /** A form control would not survive the sanitiser. */
  override checkbox({ checked }: Tokens.Checkbox): string {
    return checked ? "☑ " : "☐ ";
  }
}

/**
 * Reads GitHub-flavoured Markdown. Bare links come as text.
 *
 * @param options.breaks whether a line end is a line break, as PeerTube means it; else it is a blank, as in CommonMark.
 */
export function readMarkdown(markdown: string, options: { breaks: boolean } = { breaks: false }): TokensList {
  return new Lexer({ gfm: true, breaks: options.breaks, tokenizer: new BoundedTokenizer() }).lex(markdown);
}

/** HTML for tokens. It holds whatever HTML stood in the Markdown: it must go through the sanitiser. */
export function unsafeHtmlOf(tokens: Token[]): string {
  return Parser.parse(tokens, { gfm: true, renderer: new PlainRenderer() });
}

/**
 * Replaces the pieces of text that are plain prose (not code, not part of a link, not escaped) by what `replace` makes
 * of them, in place.
 */
export function replaceProse(tokens: Token[], replace: (text: string) => Token[]): void {
  // Raw HTML comes as single tags among the others: what stands between <a> and </a> is part of a link, too.
  let literal = 0;
  const replaced = tokens.flatMap((token): Token[] => {
    if (token.type === "html") {
      // A block of HTML is one token with several tags.
      for (const [, end] of token.raw.matchAll(/<(\/?)(?:a|code|pre|kbd|samp)[\s>]/gi))
        literal = Math.max(0, literal + (end === "/" ? -1 : 1));
      return [token];
    }
    if (literal > 0 || token.type === "link" || token.type === "image") return [token];
    if (token.type === "text" && !("tokens" in token && token.tokens))
      return replace((token as Tokens.Text).text);
    for (const children of childrenOf(token)) replaceProse(children, replace);
    return [token];
  });
  tokens.splice(0, tokens.length);
  for (const token of replaced) tokens.push(token);
}

function childrenOf(token: Token): Token[][] {
  if (token.type === "list") return (token as Tokens.List).items.map((item) => item.tokens);
  if (token.type === "table") {
    const table = token as Tokens.Table;
    return [table.header, ...table.rows].flatMap((row) => row.map((cell) => cell.tokens));
  }
  return "tokens" in token && token.tokens ? [token.tokens] : [];
}
