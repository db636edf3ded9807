import type { Value } from "../bson/value.ts";
import { isDoc } from "../bson/value.ts";

/** Sees one value a path leads to (undefined: missing) and the position in the outermost array on the way. */
export type Visit = (value: Value | undefined, arrayIndex: number) => boolean;

/** Whether a path component can name an element of an array. */
export function isIndex(part: string): boolean {
  return /^(?:0|[1-9]\d{0,8})$/.test(part);
}

function visitArray(
  array: Value[],
  parts: readonly string[],
  from: number,
  elements: boolean,
  visit: Visit,
  outer: number,
): boolean {
  if (from === parts.length) {
    if (elements) {
      for (let index = 0; index < array.length; index++) {
        if (visit(array[index], outer === -1 ? index : outer)) return true;
      }
    }
    return visit(array, outer);
  }
  const part = parts[from] as string;
  const wanted = isIndex(part) ? Number(part) : -1;
  for (let index = 0; index < array.length; index++) {
    const element = array[index] as Value;
    const position = outer === -1 ? index : outer;
    if (isDoc(element) && visitFrom(element, parts, from, elements, visit, position)) return true;
    if (index !== wanted) continue;
    if (from + 1 === parts.length) {
      if (visit(element, position)) return true;
    } else if (isDoc(element)) {
      if (visitFrom(element, parts, from + 1, elements, visit, position)) return true;
    } else if (Array.isArray(element)) {
      if (visitArray(element, parts, from + 1, elements, visit, position)) return true;
    }
  }
  return false;
}

function visitFrom(
  start: Value,
  parts: readonly string[],
  from: number,
  elements: boolean,
  visit: Visit,
  outer: number,
): boolean {
  let current: Value = start;
  for (let index = from; index < parts.length; index++) {
    if (!isDoc(current)) return visit(undefined, outer);
    const next = current.get(parts[index] as string);
    if (next === undefined) return visit(undefined, outer);
    current = next;
    if (Array.isArray(current)) return visitArray(current, parts, index + 1, elements, visit, outer);
  }
  return visit(current, outer);
}

/**
 * Walks every value that a dotted path leads to, as MongoDB's matcher does: arrays on the way are walked element
 * by element, an array at the end is seen element by element (if `elements`) and then as a whole, a number also
 * names an array's element. Stops and answers true as soon as `visit` does.
 */
export function walk(root: Value, parts: readonly string[], elements: boolean, visit: Visit): boolean {
  if (parts.length === 0) return visit(root, -1);
  return visitFrom(root, parts, 0, elements, visit, -1);
}

/** What fields of documents lead to, arrays not walked; and whether one stands on the way. */
export function plainPath(
  root: Value,
  parts: readonly string[],
): { value: Value | undefined; throughArray: boolean } {
  let current: Value | undefined = root;
  for (const part of parts) {
    if (!isDoc(current)) return { value: undefined, throughArray: Array.isArray(current) };
    current = current.get(part);
  }
  return { value: current, throughArray: false };
}
