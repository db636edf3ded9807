import { LIMITS } from "../support/limits.ts";
import { isObject, type JsonObject } from "./parse-json.ts";

export { isObject, parseJson, type JsonObject } from "./parse-json.ts";

export const PUBLIC = "https://www.w3.org/ns/activitystreams#Public";

/**
 * ActivityStreams lets a single value stand for a list of one, and the wild adds `null` and `""` for none. Lists are
 * cut at `LIMITS.listItems`, so that no reader's work grows with a hostile document.
 */
export function asArray(value: unknown): unknown[] {
  if (value === undefined || value === null || value === "") return [];
  if (!Array.isArray(value)) return [value];
  const list: unknown[] = value.length > LIMITS.listItems ? value.slice(0, LIMITS.listItems) : value;
  return list.filter((item) => item !== undefined && item !== null && item !== "");
}

/** The id of a value that may be an id, an object with one, or a list of such (the first counts); kept byte for byte. */
export function idOf(value: unknown): string | undefined {
  const first = asArray(value)[0];
  if (typeof first === "string") return first.length <= LIMITS.urlLength ? first : undefined;
  if (!isObject(first)) return undefined;
  const id = first.id ?? first.href;
  return typeof id === "string" && id !== "" && id.length <= LIMITS.urlLength ? id : undefined;
}

/** Every id in a value; what has none is left out. */
export function idsOf(value: unknown): string[] {
  return asArray(value)
    .map(idOf)
    .filter((id) => id !== undefined);
}

/** The names in `type`, of which there may be several or none. */
export function typesOf(value: unknown): string[] {
  if (!isObject(value)) return [];
  return asArray(value.type).filter((type) => typeof type === "string");
}

/** Is this the public audience, in any of the three spellings that JSON-LD permits? */
export function isPublic(uri: string): boolean {
  return uri === PUBLIC || uri === "as:Public" || uri === "Public";
}

/** An absolute http(s) URL of bearable length; `javascript:`, `data:` and relative ones are `undefined`. */
export function httpUrl(value: unknown): string | undefined {
  if (typeof value !== "string" || value.length > LIMITS.urlLength || !/^https?:\/\//i.test(value))
    return undefined;
  return URL.canParse(value) ? value : undefined;
}

/** Are two ids of one host? The least that FEP-fe34 asks before one may speak for the other. */
export function sameHost(one: string, other: string): boolean {
  return URL.canParse(one) && URL.canParse(other) && new URL(one).host === new URL(other).host;
}

const BLANK = /[\s\u200b\u200c\u2060\ufeff]/;

/** Text that says something: not empty, not only blanks or zero-width spaces (some clients send these as "no warning"). */
export function text(value: unknown, longest: number): string | undefined {
  if (typeof value !== "string") return undefined;
  // By hand: a regular expression that looks for blanks at the end tries again at each blank in the middle.
  let start = 0;
  let end = value.length;
  while (start < end && BLANK.test(value.charAt(start))) start += 1;
  while (end > start && BLANK.test(value.charAt(end - 1))) end -= 1;
  return start === end ? undefined : value.slice(start, Math.min(end, start + longest));
}

/**
 * An ISO 8601 time as servers write it: with Z or an offset, with microseconds, or without a zone (then it is UTC).
 * Anything else is `undefined`.
 */
export function date(value: unknown): Date | undefined {
  if (typeof value !== "string" || value.length > 40) return undefined;
  const found = /^(\d{4}-\d\d-\d\d)(?:[T ](\d\d:\d\d(?::\d\d)?)(?:[.,](\d+))?\s*(Z|[+-]\d\d:?\d\d)?)?$/i.exec(
    value,
  );
  if (!found) return undefined;
  const [, day = "", time = "00:00:00", fraction = "0", zone = "Z"] = found;
  const offset = zone.length === 5 ? `${zone.slice(0, 3)}:${zone.slice(3)}` : zone.toUpperCase();
  const read = new Date(`${day}T${time.length === 5 ? `${time}:00` : time}.${fraction.slice(0, 3)}${offset}`);
  return Number.isNaN(read.getTime()) ? undefined : read;
}

/**
 * A text with its language: the plain property, else the first usable entry of its `…Map`. The language is that of the
 * map's entry which equals the text, else of its first (Mastodon writes one entry, GoToSocial one equal to the text).
 */
export function localised(doc: JsonObject, name: string): { text?: string; language?: string } {
  const map = doc[`${name}Map`];
  const entries = isObject(map)
    ? Object.entries(map).filter((entry): entry is [string, string] => typeof entry[1] === "string")
    : [];
  const plain = doc[name];
  const entry = entries.find(([, value]) => value === plain) ?? entries[0];
  const found = typeof plain === "string" ? plain : entry?.[1];
  const language = entry && languageTag(entry[0]);
  return { ...(found === undefined ? {} : { text: found }), ...(language === undefined ? {} : { language }) };
}

/** A well-formed language tag, or `undefined`; `und` says nothing. */
export function languageTag(value: unknown): string | undefined {
  if (typeof value !== "string" || value === "und") return undefined;
  return /^[A-Za-z]{2,3}(-[A-Za-z]{4})?(-([A-Za-z]{2}|\d{3}))?(-[A-Za-z0-9]{5,8})*$/.test(value)
    ? value
    : undefined;
}
