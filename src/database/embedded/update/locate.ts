import type { Doc, Value } from "../bson/value.ts";
import { isDoc } from "../bson/value.ts";
import { codes, StoreError } from "../errors.ts";
import { isIndex } from "../query/path.ts";
import { typeName } from "../query/operators.ts";

/** Where a value stands: in a document under a name, or in an array at a position. */
export interface Place {
  get(): Value | undefined;
  set(value: Value): void;
  /** Takes a field out; an array's element becomes null, as MongoDB's `$unset` does. */
  unset(): void;
  readonly inArray: boolean;
}

/** MongoDB's limit on filling an array up with nulls. */
const maxPadding = 1_500_000;

function notViable(part: string, value: Value): StoreError {
  return new StoreError(
    codes.pathNotViable,
    `Cannot create field '${part}' in element of type ${typeName(value)}`,
  );
}

function pad(array: Value[], index: number): void {
  if (index - array.length > maxPadding) {
    throw new StoreError(codes.badValue, `can't backfill more than ${maxPadding} elements`);
  }
  while (array.length < index) array.push(null);
}

function placeIn(container: Doc | Value[], part: string): Place {
  if (isDoc(container)) {
    return {
      get: () => container.get(part),
      set: (value) => container.set(part, value),
      unset: () => container.delete(part),
      inArray: false,
    };
  }
  const index = Number(part);
  return {
    get: () => container[index],
    set: (value) => {
      pad(container, index);
      container[index] = value;
    },
    unset: () => {
      if (index < container.length) container[index] = null;
    },
    inArray: true,
  };
}

/**
 * Finds the place of a path in a document. What is missing on the way is made if `create`, else undefined is
 * the answer.
 * @throws {StoreError} 28 when a value on the way cannot hold fields
 */
export function locate(root: Doc, parts: readonly string[], create: boolean): Place | undefined {
  let current: Value = root;
  for (let at = 0; ; at++) {
    const part = parts[at] as string;
    const array = Array.isArray(current);
    if ((!isDoc(current) && !array) || (array && !isIndex(part))) {
      if (!create) return undefined;
      throw notViable(part, current);
    }
    const place = placeIn(current as Doc | Value[], part);
    if (at === parts.length - 1) return place;
    let next = place.get();
    if (next === undefined) {
      if (!create) return undefined;
      next = new Map<string, Value>();
      place.set(next);
    }
    current = next;
  }
}
