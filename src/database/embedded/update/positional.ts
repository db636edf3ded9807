import type { Doc, Value } from "../bson/value.ts";
import { isDoc } from "../bson/value.ts";
import { codes, StoreError } from "../errors.ts";
import type { Matcher } from "../query/match.ts";
import { matcher } from "../query/match.ts";
import { parseQuery } from "../query/parse.ts";
import { isIndex } from "../query/path.ts";

/** Which element of the array at a path the query matched; -1 for none. */
export type MatchedIndex = (arrayPath: string) => number;

/** `arrayFilters` by identifier. */
export type ArrayFilters = ReadonlyMap<string, Matcher>;

function identifiers(filter: Doc, into: Set<string>): void {
  for (const [key, value] of filter) {
    if (key === "$and" || key === "$or" || key === "$nor") {
      for (const branch of Array.isArray(value) ? value : []) if (isDoc(branch)) identifiers(branch, into);
    } else into.add(key.split(".")[0] as string);
  }
}

/** Parses `arrayFilters`. @throws {StoreError} 9 for a filter that names no or several identifiers, or one twice */
export function parseArrayFilters(given: Value | undefined): ArrayFilters {
  const filters = new Map<string, Matcher>();
  if (given === undefined) return filters;
  if (!Array.isArray(given)) throw new StoreError(codes.typeMismatch, "arrayFilters must be an array");
  for (const filter of given) {
    if (!isDoc(filter)) throw new StoreError(codes.typeMismatch, "an array filter must be a document");
    const names = new Set<string>();
    identifiers(filter, names);
    const [name] = names;
    if (names.size !== 1 || name === undefined) {
      throw new StoreError(
        codes.failedToParse,
        `Error parsing array filter :: Expected a single top-level field name, found '${[...names].join("' and '")}'`,
      );
    }
    if (!/^[a-z][A-Za-z0-9]*$/.test(name)) {
      throw new StoreError(
        codes.badValue,
        `Error parsing array filter :: The top-level field name must be an alphanumeric string beginning with a lowercase letter, found '${name}'`,
      );
    }
    if (filters.has(name)) {
      throw new StoreError(
        codes.failedToParse,
        `Found multiple array filters with the same top-level field name ${name}`,
      );
    }
    filters.set(name, matcher(parseQuery(filter)));
  }
  return filters;
}

/** The identifier of a `$[identifier]` component, "" for `$[]`, undefined for any other component. */
export function filterName(part: string): string | undefined {
  return part.startsWith("$[") && part.endsWith("]") ? part.slice(2, -1) : undefined;
}

function child(value: Value | undefined, part: string): Value | undefined {
  if (isDoc(value)) return value.get(part);
  return Array.isArray(value) && isIndex(part) ? value[Number(part)] : undefined;
}

/** Replaces `$`, `$[]` and `$[identifier]` in a path by the positions they stand for in this document. */
export function resolvePath(
  root: Doc,
  parts: readonly string[],
  matched: MatchedIndex,
  filters: ArrayFilters,
): string[][] {
  if (!parts.some((part) => part.startsWith("$"))) return [[...parts]];
  let paths: { parts: string[]; value: Value | undefined }[] = [{ parts: [], value: root }];
  for (const part of parts) {
    paths = paths.flatMap(({ parts: before, value }) => {
      if (part === "$") {
        const index = matched(before.join("."));
        if (index < 0) {
          throw new StoreError(
            codes.badValue,
            "The positional operator did not find the match needed from the query.",
          );
        }
        return [{ parts: [...before, String(index)], value: child(value, String(index)) }];
      }
      const name = filterName(part);
      if (name === undefined) return [{ parts: [...before, part], value: child(value, part) }];
      if (value === undefined) {
        throw new StoreError(
          codes.badValue,
          `The path '${before.join(".")}' must exist in the document in order to apply array updates.`,
        );
      }
      if (!Array.isArray(value)) {
        throw new StoreError(
          codes.badValue,
          `Cannot apply array updates to non-array element ${before.join(".")}`,
        );
      }
      const matches = name === "" ? undefined : filters.get(name);
      return value.flatMap((element, index) =>
        matches === undefined || matches(new Map([[name, element]]))
          ? [{ parts: [...before, String(index)], value: element }]
          : [],
      );
    });
  }
  return paths.map((path) => path.parts);
}
