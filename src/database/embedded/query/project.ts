import type { Doc, Value } from "../bson/value.ts";
import { asNumber, isDoc, isNumber, truthy } from "../bson/value.ts";
import { codes, notImplemented, StoreError } from "../errors.ts";
import type { Variables } from "../aggregate/expression.ts";
import { compileExpression } from "../aggregate/expression.ts";
import { matchedIndex, matcher } from "./match.ts";
import type { Node } from "./node.ts";
import { parseQuery } from "./parse.ts";
import { plainPath } from "./path.ts";

/** Makes the document a client gets from a stored one. */
export type Projection = (document: Doc) => Doc;

/** Names to keep or drop; true is the whole value. */
type Tree = Map<string, Tree | true>;

function plant(tree: Tree, path: string): void {
  let current = tree;
  const parts = path.split(".");
  for (const [at, part] of parts.entries()) {
    const known = current.get(part);
    if (known === true || (known !== undefined && at === parts.length - 1)) {
      throw new StoreError(31249, `Path collision at ${path}`);
    }
    if (at === parts.length - 1) current.set(part, true);
    else {
      const next: Tree = known ?? new Map<string, Tree | true>();
      current.set(part, next);
      current = next;
    }
  }
}

function include(value: Value, tree: Tree): Value | undefined {
  if (Array.isArray(value)) {
    return value.map((element) => include(element, tree)).filter((element) => element !== undefined);
  }
  if (!isDoc(value)) return undefined;
  const result: Doc = new Map();
  for (const [name, field] of value) {
    const below = tree.get(name);
    if (below === undefined) continue;
    const kept = below === true ? field : include(field, below);
    if (kept !== undefined) result.set(name, kept);
  }
  return result;
}

function exclude(value: Value, tree: Tree): Value {
  if (Array.isArray(value)) return value.map((element) => exclude(element, tree));
  if (!isDoc(value)) return value;
  const result: Doc = new Map();
  for (const [name, field] of value) {
    const below = tree.get(name);
    if (below === true) continue;
    result.set(name, below === undefined ? field : exclude(field, below));
  }
  return result;
}

/** Changes the values at a path that leads through documents and arrays of documents. */
function changeAt(value: Value, parts: readonly string[], change: (value: Value) => Value | undefined): void {
  if (Array.isArray(value)) {
    for (const element of value) changeAt(element, parts, change);
  } else if (isDoc(value)) {
    const [name, ...rest] = parts as [string, ...string[]];
    const field = value.get(name);
    if (field === undefined) return;
    if (rest.length > 0) return changeAt(field, rest, change);
    const changed = change(field);
    if (changed === undefined) value.delete(name);
    else value.set(name, changed);
  }
}

function copyAlong(value: Value, parts: readonly string[]): Value {
  if (parts.length === 0) return value;
  if (Array.isArray(value)) return value.map((element) => copyAlong(element, parts));
  if (!isDoc(value)) return value;
  const copy: Doc = new Map(value);
  const [name, ...rest] = parts as [string, ...string[]];
  const field = copy.get(name);
  if (field !== undefined) copy.set(name, copyAlong(field, rest));
  return copy;
}

function slicer(operand: Value): (value: Value) => Value {
  const [first, second] = (Array.isArray(operand) ? operand : [operand]).map(asNumber);
  if (
    first === undefined ||
    (Array.isArray(operand) && (operand.length !== 2 || second === undefined || second <= 0))
  ) {
    throw new StoreError(
      28667,
      "$slice in a projection needs a number, or an array of skip and a positive limit",
    );
  }
  return (value) => {
    if (!Array.isArray(value)) return value;
    if (second === undefined) return first >= 0 ? value.slice(0, first) : value.slice(first);
    const start = first >= 0 ? first : Math.max(0, value.length + first);
    return value.slice(start, start + second);
  };
}

interface Parsed {
  readonly tree: Tree;
  mode: "include" | "exclude" | undefined;
  id: boolean | undefined;
  readonly steps: {
    readonly parts: readonly string[];
    readonly change: (value: Value) => Value | undefined;
  }[];
  readonly computed: {
    readonly parts: readonly string[];
    readonly value: (root: Doc) => Value | undefined;
  }[];
  positional: string | undefined;
  readonly variables: Variables | undefined;
}

function setMode(parsed: Parsed, mode: "include" | "exclude", path: string): void {
  if (parsed.mode !== undefined && parsed.mode !== mode) {
    const code = mode === "exclude" ? 31254 : 31253;
    throw new StoreError(
      code,
      `Cannot do ${mode === "exclude" ? "exclusion" : "inclusion"} on field ${path} in ${parsed.mode === "include" ? "inclusion" : "exclusion"} projection`,
    );
  }
  parsed.mode = mode;
}

function operatorField(parsed: Parsed, path: string, operand: Doc): boolean {
  const [op] = operand.keys();
  if (op === undefined || !op.startsWith("$")) return false;
  const value = operand.get(op) as Value;
  const parts = path.split(".");
  if (op === "$slice") {
    const slice = slicer(value);
    parsed.steps.push({ parts, change: slice });
    return true;
  }
  if (op === "$elemMatch") {
    setMode(parsed, "include", path);
    plant(parsed.tree, path);
    const node = parseQuery(new Map([[path, operand]]));
    const indexIn = node.kind === "leaf" ? node.indexIn : undefined;
    parsed.steps.push({
      parts,
      change: (field) => {
        const index = indexIn?.(field) ?? -1;
        return index < 0 ? undefined : [(field as Value[])[index] as Value];
      },
    });
    return true;
  }
  if (op === "$meta") throw notImplemented("$meta in a projection");
  addComputed(parsed, path, operand);
  return true;
}

function addComputed(parsed: Parsed, path: string, operand: Value): void {
  setMode(parsed, "include", path);
  parsed.computed.push({ parts: path.split("."), value: compileExpression(operand, parsed.variables) });
}

function addFields(parsed: Parsed, prefix: string, fields: Doc, find: boolean): void {
  for (const [name, operand] of fields) {
    const path = prefix + name;
    if (name === "" || name.startsWith("$"))
      throw new StoreError(16410, `FieldPath field names may not start with '$': '${path}'`);
    if (isDoc(operand)) {
      if (operand.size === 0)
        throw new StoreError(51270, `An empty sub-projection is not a valid value: ${path}`);
      if (operatorField(parsed, path, operand)) continue;
      addFields(parsed, `${path}.`, operand, find);
    } else if (typeof operand === "boolean" || isNumber(operand)) {
      addPlain(parsed, path, truthy(operand), find);
    } else addComputed(parsed, path, operand);
  }
}

function addPlain(parsed: Parsed, path: string, wanted: boolean, find: boolean): void {
  if (path === "_id") {
    parsed.id = wanted;
    return;
  }
  if (path.endsWith(".$")) {
    if (!find || !wanted || parsed.positional !== undefined) {
      throw new StoreError(31276, "A projection has at most one positional operator, and it includes");
    }
    parsed.positional = path.slice(0, -2);
    setMode(parsed, "include", path);
    plant(parsed.tree, parsed.positional);
    return;
  }
  setMode(parsed, wanted ? "include" : "exclude", path);
  plant(parsed.tree, path);
}

function setComputed(target: Doc, parts: readonly string[], value: Value): void {
  let current = target;
  for (const part of parts.slice(0, -1)) {
    const next = current.get(part);
    const below: Doc = isDoc(next) ? next : new Map<string, Value>();
    current.set(part, below);
    current = below;
  }
  current.set(parts.at(-1) as string, value);
}

/**
 * Parses a projection; undefined when it keeps everything.
 * @param query the parsed query, for the positional `array.$`; without it that form is refused
 * @throws {StoreError} 31253 or 31254 when inclusion and exclusion are mixed, 238 for what is not implemented
 */
export function parseProjection(
  given: Value | undefined,
  query?: Node,
  variables?: Variables,
): Projection | undefined {
  if (given === undefined || (isDoc(given) && given.size === 0)) return undefined;
  if (!isDoc(given)) throw new StoreError(codes.typeMismatch, "a projection must be a document");
  const parsed: Parsed = {
    tree: new Map(),
    mode: undefined,
    id: undefined,
    steps: [],
    computed: [],
    positional: undefined,
    variables,
  };
  addFields(parsed, "", given, query !== undefined);
  // `{ _id: 1 }` alone includes; `{ _id: 0 }` or a `$slice` alone leaves the rest as it is.
  const including = parsed.mode === "include" || (parsed.mode === undefined && parsed.id === true);
  if (including ? parsed.id !== false : parsed.id === false) plant(parsed.tree, "_id");
  if (including)
    for (const step of parsed.steps)
      if (!hasPath(parsed.tree, step.parts)) plant(parsed.tree, step.parts.join("."));
  return (document) => apply(parsed, including, document, query);
}

function hasPath(tree: Tree, parts: readonly string[]): boolean {
  let current: Tree | true | undefined = tree;
  for (const part of parts) {
    if (current === true) return true;
    current = current?.get(part);
  }
  return current !== undefined;
}

function apply(parsed: Parsed, including: boolean, document: Doc, query: Node | undefined): Doc {
  let result = (including ? include(document, parsed.tree) : exclude(document, parsed.tree)) as Doc;
  for (const { parts, change } of parsed.steps) {
    result = copyAlong(result, parts) as Doc;
    changeAt(result, parts, change);
  }
  if (parsed.positional !== undefined && query !== undefined) {
    const index = matcher(query)(document) ? matchedIndex(query, document, parsed.positional) : -1;
    if (index < 0)
      throw new StoreError(
        51246,
        "Executor error during find command: positional operator '.$' couldn't find a matching element in the array",
      );
    const parts = parsed.positional.split(".");
    result = copyAlong(result, parts) as Doc;
    changeAt(result, parts, (field) => (Array.isArray(field) ? field.slice(index, index + 1) : field));
  }
  for (const { parts, value } of parsed.computed) {
    if (plainPath(document, parts).throughArray) {
      throw notImplemented("a computed field in a projection on a path through an array");
    }
    const made = value(document);
    if (made !== undefined) setComputed(result, parts, made);
  }
  return result;
}
