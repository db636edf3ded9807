import type { Tokenizer } from "htmlparser2";
import { InvalidInput } from "../support/errors.ts";
import { createTokenizer } from "../text/html-parser.ts";

/** Levels of elements in a feed; those that hold XHTML have a few dozen. */
const DEPTH = 200;
const ITEM_PARENTS = new Set(["channel", "feed", "rss", "RDF"]);

export interface OutlinedItem {
  line: number;
  /** No element stands in it. The feed parser leaves such items out. */
  empty: boolean;
}

/**
 * The items of an XML feed and the lines on which they begin. Every element must be closed in its turn: feed parsers read on over
 * a broken place, and would give half a post, or one that swallowed the next.
 *
 * @throws InvalidInput naming the line of the first element that is not closed in its turn.
 */
export function itemsOf(xml: string, where: string): OutlinedItem[] {
  refuseEntities(xml, where);
  const lineAt = lineCounter(xml);
  const open: { name: string; line: number; item?: OutlinedItem }[] = [];
  const items: OutlinedItem[] = [];
  const broken = (line: number, what: string): never => {
    throw new InvalidInput(
      `${where} is broken in line ${line}: ${what}. Nothing of it was taken.`,
      "feed-broken",
    );
  };
  const close = (name: string, line: number): void => {
    const last = open.pop();
    if (last === undefined) broken(line, `</${name}> closes nothing`);
    else if (last.name !== name) {
      broken(line, `</${name}> comes where <${last.name}> of line ${last.line} is still open`);
    }
  };
  const tokenizer: Tokenizer = createTokenizer(
    { xmlMode: true, decodeEntities: false },
    {
      onopentagname(start, end) {
        const name = xml.slice(start, end);
        const line = lineAt(start);
        const parent = open.at(-1);
        if (parent?.item) parent.item.empty = false;
        const isItem =
          /^(?:\w+:)?(?:item|entry)$/.test(name) && ITEM_PARENTS.has(localName(parent?.name ?? ""));
        const item: OutlinedItem = { line, empty: true };
        if (isItem) items.push(item);
        open.push(isItem ? { name, line, item } : { name, line });
        if (open.length > DEPTH) broken(line, `more than ${DEPTH} elements stand within each other`);
      },
      onselfclosingtag() {
        open.pop();
      },
      onclosetag(start, end) {
        close(xml.slice(start, end).trim(), lineAt(start));
      },
      onattribdata: ignore,
      onattribentity: ignore,
      onattribend: ignore,
      onattribname: ignore,
      oncdata: ignore,
      oncomment: ignore,
      ondeclaration: ignore,
      onend: ignore,
      onopentagend: ignore,
      onprocessinginstruction: ignore,
      ontext: ignore,
      ontextentity: ignore,
    },
  );
  tokenizer.write(xml);
  tokenizer.end();
  const unclosed = open.pop();
  if (unclosed) broken(unclosed.line, `<${unclosed.name}> is never closed`);
  return items;
}

const ignore = (): undefined => undefined;

function localName(name: string): string {
  return name.slice(name.indexOf(":") + 1);
}

/** Entities of a feed's own could grow without bounds, and unexpanded they would leave holes in its texts. */
function refuseEntities(xml: string, where: string): void {
  const root = xml.search(/<[A-Za-z]/);
  const declared = /<!ENTITY\s+[^%\s]/.exec(root === -1 ? xml : xml.slice(0, root));
  if (declared === null) return;
  const line = lineCounter(xml)(declared.index);
  throw new InvalidInput(
    `${where} declares entities of its own (line ${line}), which are not read. Write the characters themselves.`,
    "feed-entities",
  );
}

/** Counts lines of places that are asked for in ascending order, looking at every character once. */
function lineCounter(text: string): (index: number) => number {
  let line = 1;
  let next = text.indexOf("\n");
  return (index) => {
    while (next !== -1 && next < index) {
      line += 1;
      next = text.indexOf("\n", next + 1);
    }
    return line;
  };
}
