import type { Parser } from "htmlparser2";
import { createParser } from "../text/html-parser.ts";

/** How a page names its feeds. */
const FEED_TYPES = /^application\/(?:rss\+xml|atom\+xml|feed\+json|json)$/i;

/**
 * What a document is that cannot be a feed, in words for its owner, with what to do; `undefined` where it may be one.
 * Most wrong addresses lead to a page of the site itself, and that page names the feed.
 */
export function describeWrongDocument(
  text: string,
  source: { contentType?: string | undefined; url: string },
): string | undefined {
  const start = text.slice(0, 4096).trimStart();
  if (start === "") return `${source.url} answered with an empty document instead of a feed.`;
  const first = afterProlog(text);
  if (/^<(?:!doctype\s+html|html)[\s>]/i.test(first.slice(0, 100))) {
    const page = readHead(text.slice(0, 200_000));
    const title = page.title === "" ? "" : ` (“${page.title}”)`;
    const feed =
      page.feed !== undefined && URL.canParse(page.feed, source.url)
        ? new URL(page.feed, source.url).href
        : undefined;
    const advice =
      feed === undefined ? "Give the address of the feed itself." : `It names this feed: ${feed}`;
    return `${source.url} is a web page${title}, not a feed. ${advice}`;
  }
  if (start.startsWith("{")) return describeJson(text, source.url);
  if (!start.startsWith("<")) {
    const type = source.contentType === undefined ? "" : ` of type ${source.contentType.slice(0, 100)}`;
    return `${source.url} answered with something${type} that is no feed. It begins with “${beginning(start)}”.`;
  }
  const root = /<([A-Za-z][\w.-]*(?::[\w.-]+)?)[\s/>]/.exec(first.slice(0, 100_000))?.[1];
  const local = root?.slice(root.indexOf(":") + 1).toLowerCase();
  if (local === undefined || !["rss", "rdf", "feed"].includes(local)) {
    return `${source.url} is XML, but no feed: its outermost element is <${root ?? "?"}>, not <rss>, <rdf:RDF> or <feed>.`;
  }
  return undefined;
}

/** The text from its first markup on that is neither a comment nor a processing instruction. */
function afterProlog(text: string): string {
  let start = 0;
  for (;;) {
    while (/\s/.test(text.charAt(start))) start += 1;
    const end = text.startsWith("<!--", start) ? "-->" : text.startsWith("<?", start) ? "?>" : undefined;
    const found = end === undefined ? -1 : text.indexOf(end, start);
    if (end === undefined || found === -1) return text.slice(start);
    start = found + end.length;
  }
}

function describeJson(text: string, url: string): string | undefined {
  try {
    const document = JSON.parse(text) as Record<string, unknown>;
    if (Array.isArray(document.items)) return undefined;
    return `${url} is JSON, but no JSON Feed: it has no list “items”.`;
  } catch (error) {
    const message = error instanceof Error ? error.message : "";
    const position = /position (\d+)/.exec(message)?.[1];
    const line =
      position === undefined ? text.split("\n").length : text.slice(0, Number(position)).split("\n").length;
    return `${url} is not valid JSON; it breaks in line ${line}. Nothing of it was taken.`;
  }
}

function readHead(html: string): { title: string; feed: string | undefined } {
  let title = "";
  let feed: string | undefined;
  let inTitle = false;
  const parser: Parser = createParser({
    onopentag(name, attributes) {
      if (name === "title") inTitle = true;
      if (name === "body") parser.pause();
      if (name !== "link" || feed !== undefined) return;
      const alternate = (attributes.rel ?? "").toLowerCase().split(/\s+/).includes("alternate");
      if (alternate && FEED_TYPES.test(attributes.type ?? "")) feed = attributes.href;
    },
    onclosetag(name) {
      if (name === "title") inTitle = false;
    },
    ontext(text) {
      if (inTitle && title.length < 200) title += text;
    },
  });
  parser.write(html);
  return { title: beginning(title), feed };
}

function beginning(text: string): string {
  return text.replace(/\s+/g, " ").trim().slice(0, 80);
}
