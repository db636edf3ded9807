import type { BSONRegExp } from "bson";
import { codes, notImplemented, StoreError } from "../errors.ts";

/**
 * Rewrites what PCRE (MongoDB's engine) and JavaScript read differently: `.` and `$`. Escapes that JavaScript
 * would silently read as letters are refused.
 */
function translate(pattern: string, dotAll: boolean, multiline: boolean): string {
  let result = "";
  let inClass = false;
  for (let at = 0; at < pattern.length; at++) {
    const char = pattern[at] as string;
    if (char === "\\") {
      const next = pattern[at + 1] ?? "";
      if (/[A-Zac-eg-mo-qyz]/.test(next) && !/[dDsSwWbBcktvfnr]/.test(next)) {
        throw notImplemented(`the escape \\${next} in $regex`);
      }
      if (/[pP]/.test(next)) throw notImplemented(`the escape \\${next} in $regex`);
      result += char + next;
      at++;
    } else if (inClass) {
      if (char === "[" && pattern[at + 1] === ":") throw notImplemented("a POSIX character class in $regex");
      inClass = char !== "]";
      result += char;
    } else if (char === "[") {
      inClass = true;
      result += char;
    } else if (char === "." && !dotAll) result += "[^\\n]";
    else if (char === "$" && !multiline) result += "(?=\\n?(?![\\s\\S]))";
    else result += char;
  }
  return result;
}

const cache = new Map<string, RegExp>();

/**
 * The JavaScript expression for MongoDB's `$regex` with its options (i, m, s).
 * @throws {StoreError} 51091 when the expression is invalid, 238 when it needs what JavaScript has not
 */
export function compileRegex(pattern: string, options: string): RegExp {
  const id = `${options}/${pattern}`;
  const known = cache.get(id);
  if (known !== undefined) return known;
  let flags = "";
  for (const option of options) {
    if (option === "i" || option === "m" || option === "s") flags += flags.includes(option) ? "" : option;
    else if (option === "x") throw notImplemented("the option x of $regex");
    else if (option !== "u" && option !== "l") {
      throw new StoreError(codes.badValue, `invalid flag in regex options: ${option}`);
    }
  }
  let compiled: RegExp;
  const source = translate(pattern, flags.includes("s"), flags.includes("m"));
  try {
    // A pattern that is also valid with the u flag is matched by code points, as PCRE in UTF mode does.
    compiled = new RegExp(source, `${flags}u`);
  } catch {
    try {
      compiled = new RegExp(source, flags);
    } catch (error) {
      throw new StoreError(51091, `Regular expression is invalid: ${(error as Error).message}`);
    }
  }
  if (cache.size > 500) cache.clear();
  cache.set(id, compiled);
  return compiled;
}

/** The literal text that every match begins with, for an anchored expression without options; else undefined. */
export function literalPrefix(regex: BSONRegExp): string | undefined {
  if (regex.options !== "" || !regex.pattern.startsWith("^") || regex.pattern.includes("|")) return undefined;
  let prefix = "";
  for (let at = 1; at < regex.pattern.length; at++) {
    let char = regex.pattern[at] as string;
    if (char === "\\") {
      char = regex.pattern[at + 1] ?? "";
      if (!/[^A-Za-z0-9]/.test(char)) break;
      at++;
    } else if (/[.*+?^${}()[\]]/.test(char)) {
      // A quantifier belongs to the character before it, which may then be absent.
      if (/[*?{]/.test(char)) prefix = prefix.slice(0, -1);
      break;
    }
    prefix += char;
  }
  return prefix === "" || /[\ud800-\udbff]$/.test(prefix) ? undefined : prefix;
}
