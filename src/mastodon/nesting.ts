import { unprocessable } from "./errors.ts";

/** What a request says, whatever shape it came in: text, numbers, booleans, null, lists and nested bags of these. */
export type Value = string | number | boolean | null | Value[] | Bag;
/** Without a prototype: a parameter named `__proto__` or `constructor` is a name like any other. */
export interface Bag {
  [name: string]: Value;
}

/** Levels that anything honest stays far below. */
const DEEPEST = 16;
/** Names and values in one request; a poll of every language still fits. */
const MOST = 5000;

export function emptyBag(): Bag {
  return Object.create(null) as Bag;
}

export function isBag(value: Value | undefined): value is Bag {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/**
 * Puts `name=value` pairs of a query or form into a bag: `a[b][c]` nests, `id[]` and a name said twice make lists,
 * `a[][b]` begins a new element when `b` comes again. Index keys (`id[0]`) stay keys until `settle`.
 */
export function collect(pairs: Iterable<readonly [string, Value]>, bag: Bag = emptyBag()): Bag {
  let count = 0;
  for (const [name, value] of pairs) {
    if ((count += 1) > MOST) throw unprocessable("Too many parameters");
    const path = pathOf(name);
    // A parser of the host's that knows no brackets has gathered what was said under one such name.
    if (path.length > 1 && Array.isArray(value)) for (const one of value) put(bag, path, one);
    else put(bag, path, value);
  }
  return bag;
}

/** `a[b][]` → `a`, `b`, ``. What is no such path is a plain name, brackets and all. */
function pathOf(name: string): string[] {
  const open = name.indexOf("[");
  if (open < 1 || !/^[^[\]]+(?:\[[^[\]]*\])+$/.test(name)) return [name];
  const path = [name.slice(0, open), ...name.slice(open + 1, -1).split("][")];
  if (path.length > DEEPEST) throw unprocessable("Parameters are nested too deeply");
  return path;
}

function put(bag: Bag, path: string[], value: Value): void {
  const [name = "", next, ...rest] = path;
  if (next === undefined) {
    const before = bag[name];
    bag[name] =
      before === undefined || isBag(before)
        ? value
        : Array.isArray(before)
          ? [...before, value]
          : [before, value];
    return;
  }
  if (next !== "") {
    const inner = bag[name];
    put(isBag(inner) ? inner : (bag[name] = emptyBag()), [next, ...rest], value);
    return;
  }
  const before = bag[name];
  const list = Array.isArray(before) ? before : (bag[name] = []);
  if (rest.length === 0) {
    list.push(value);
    return;
  }
  const last = list.at(-1);
  if (isBag(last) && (rest.length > 1 || last[rest[0] ?? ""] === undefined)) put(last, rest, value);
  else {
    const element = emptyBag();
    put(element, rest, value);
    list.push(element);
  }
}

/**
 * Anything a parser made, as `Value`: bags lose their prototype, bags whose names are all numbers become lists in the
 * order of these numbers (however large: nothing is as long as its index), what JSON cannot say is left out.
 */
export function settle(value: unknown, depth = 0, budget = { left: 10 * MOST }): Value {
  if (depth > DEEPEST) throw unprocessable("Parameters are nested too deeply");
  if ((budget.left -= 1) < 0) throw unprocessable("Too many parameters");
  if (typeof value === "string" || typeof value === "boolean" || value === null) return value;
  if (typeof value === "number") return value;
  if (typeof value !== "object") return null;
  // By its keys: a list made from `a[4294967294]=x` has one element and four thousand million places.
  if (Array.isArray(value))
    return Object.keys(value).map((key) => settle((value as unknown as Bag)[key], depth + 1, budget));
  const entries = Object.entries(value);
  if (entries.length > 0 && entries.every(([name]) => /^\d{1,10}$/.test(name)))
    return entries
      .sort(([one], [other]) => Number(one) - Number(other))
      .map(([, inner]) => settle(inner, depth + 1, budget));
  const bag = emptyBag();
  for (const [name, inner] of entries) if (inner !== undefined) bag[name] = settle(inner, depth + 1, budget);
  return bag;
}

/** Like `settle`, for the outermost level: names that carry brackets are unfolded, and it stays a bag. */
export function settleBag(value: object): Bag {
  const bag = collect(Object.entries(value) as [string, Value][]);
  for (const [name, inner] of Object.entries(bag)) bag[name] = settle(inner);
  return bag;
}
