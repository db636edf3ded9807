/** One alternative of an Accept header. */
interface Range {
  type: string;
  /** 0 to 1. */
  q: number;
  /** Content of a `profile` parameter. */
  profile: string | undefined;
}

/** Honest headers are a tenth of it; what is longer is an attack, and its end is not read. */
const LONGEST = 2048;

const HTML = ["text/html", "application/xhtml+xml"];
const ACTIVITYSTREAMS = "https://www.w3.org/ns/activitystreams";

/**
 * Does this asker of a page want the ActivityPub object instead? Only if an ActivityStreams type is named and ranks
 * strictly above HTML; a `*\/*` beside it does not outrank what is named, one alone means HTML (bots, curl, caches).
 * Real headers of two dozen programs are in the test.
 */
export function wantsActivity(accept: string | undefined): boolean {
  if (accept === undefined) return false;
  const ranges = parseAccept(accept);
  const activity = highest(ranges.filter(isActivity));
  if (activity <= 0) return false;
  const html = highest(ranges.filter((range) => HTML.includes(range.type) || range.type === "text/*"));
  return activity > html && activity >= highest(ranges.filter((range) => range.type === "*/*"));
}

/**
 * What an asker of an id wants, where JSON is the natural answer: no Accept at all, `*\/*` and plain JSON all take it
 * (keys are fetched so), and an asker who puts HTML first is a browser. `json`: may JSON be given at all?
 */
export function preferenceForId(accept: string | undefined): { first: "activity" | "html"; json: boolean } {
  if (accept === undefined || accept.trim() === "") return { first: "activity", json: true };
  const ranges = parseAccept(accept);
  const activity = Math.max(
    qualityOf(ranges, "application/activity+json"),
    qualityOf(ranges, "application/ld+json"),
    qualityOf(ranges, "application/json"),
  );
  const html = Math.max(...HTML.map((type) => qualityOf(ranges, type)));
  return { first: html > activity ? "html" : "activity", json: activity > 0 };
}

function isActivity({ type, profile }: Range): boolean {
  if (type === "application/activity+json") return true;
  return type === "application/ld+json" && (profile?.includes(ACTIVITYSTREAMS) ?? true);
}

function highest(ranges: readonly Range[]): number {
  return ranges.reduce((most, range) => Math.max(most, range.q), 0);
}

/** The most specific range that matches decides (RFC 9110, 12.5.1). */
function qualityOf(ranges: readonly Range[], type: string): number {
  const family = `${type.slice(0, type.indexOf("/"))}/*`;
  for (const name of [type, family, "*/*"]) {
    const matching = ranges.filter((range) => range.type === name);
    if (matching.length > 0) return highest(matching);
  }
  return 0;
}

function parseAccept(accept: string): Range[] {
  return split(accept.slice(0, LONGEST), ",").flatMap((part) => {
    const [type = "", ...parameters] = split(part, ";");
    if (type === "") return [];
    let q = 1;
    let profile: string | undefined;
    for (const parameter of parameters) {
      const equals = parameter.indexOf("=");
      const name = parameter.slice(0, equals).trim().toLowerCase();
      const value = parameter.slice(equals + 1).trim();
      if (name === "q") q = quality(value);
      else if (name === "profile") profile = value.replace(/^"|"$/g, "");
    }
    return [{ type: type.toLowerCase(), q, profile }];
  });
}

/** Splits outside quotes: profiles hold what they like. */
function split(text: string, separator: string): string[] {
  const parts: string[] = [];
  let quoted = false;
  let from = 0;
  for (let at = 0; at <= text.length; at += 1) {
    if (text[at] === '"') quoted = !quoted;
    if (at === text.length || (text[at] === separator && !quoted)) {
      parts.push(text.slice(from, at).trim());
      from = at + 1;
    }
  }
  return parts;
}

function quality(value: string): number {
  return /^(0(\.\d{0,3})?|1(\.0{0,3})?)$/.test(value) ? Number(value) : 0;
}
