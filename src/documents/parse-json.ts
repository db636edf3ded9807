import { LIMITS } from "../support/limits.ts";

/** A JSON object from outside: nothing is known of its members. */
export interface JsonObject {
  [key: string]: unknown;
}

export function isObject(value: unknown): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

export type ParsedJson =
  | { ok: true; value: JsonObject }
  | { ok: false; reason: "not-utf8" | "not-json" | "too-deep" | "not-an-object" };

const utf8 = new TextDecoder("utf-8", { fatal: true });

/**
 * Parses bytes from outside. Nesting is counted in one pass over the text before anything is built, so that a body of
 * a million brackets costs a scan and not a tree.
 * @param limits `depth`: levels of nesting, default `LIMITS.jsonDepth`. Size is the caller's to check while reading.
 */
export function parseJson(bytes: Uint8Array | string, limits: { depth?: number } = {}): ParsedJson {
  let source: string;
  try {
    source = typeof bytes === "string" ? bytes.replace(/^\ufeff/, "") : utf8.decode(bytes);
  } catch {
    return { ok: false, reason: "not-utf8" };
  }
  if (deeperThan(source, limits.depth ?? LIMITS.jsonDepth)) return { ok: false, reason: "too-deep" };
  let value: unknown;
  try {
    value = JSON.parse(source, mayNamePrototype(source) ? withoutPrototype : undefined);
  } catch {
    return { ok: false, reason: "not-json" };
  }
  return isObject(value) ? { ok: true, value } : { ok: false, reason: "not-an-object" };
}

/** A reviver costs ten times the parse, so it is only used where an escaped or plain underscore pair may name it. */
function mayNamePrototype(source: string): boolean {
  return source.includes("__proto__") || /\\u005f/i.test(source);
}

function withoutPrototype(key: string, value: unknown): unknown {
  return key === "__proto__" ? undefined : value;
}

function deeperThan(source: string, most: number): boolean {
  let depth = 0;
  for (let at = 0; at < source.length; at += 1) {
    switch (source.charCodeAt(at)) {
      case 0x22: // a string: go to its closing quote
        at = endOfString(source, at + 1);
        break;
      case 0x5b:
      case 0x7b:
        depth += 1;
        if (depth > most) return true;
        break;
      case 0x5d:
      case 0x7d:
        depth -= 1;
        break;
      default:
    }
  }
  return false;
}

function endOfString(source: string, from: number): number {
  let end = source.indexOf('"', from);
  while (end !== -1) {
    let before = end - 1;
    while (source.charCodeAt(before) === 0x5c) before -= 1;
    if ((end - before) % 2 === 1) return end;
    end = source.indexOf('"', end + 1);
  }
  return source.length;
}
