import type * as HtmlParser from "htmlparser2";
import { onDemand } from "../support/on-demand.ts";

/** Hardly any request needs it: texts are cleaned when they come in. It is the copy that sanitize-html loads as well. */
const library = onDemand<typeof HtmlParser>("htmlparser2");

/** htmlparser2's parser, with its own options. */
export function createParser(...given: ConstructorParameters<typeof HtmlParser.Parser>): HtmlParser.Parser {
  const { Parser } = library();
  return new Parser(...given);
}

/** htmlparser2's tokenizer, with its own options. */
export function createTokenizer(
  ...given: ConstructorParameters<typeof HtmlParser.Tokenizer>
): HtmlParser.Tokenizer {
  const { Tokenizer } = library();
  return new Tokenizer(...given);
}
