import type { Doc, Value } from "../bson/value.ts";
import { cloneDoc, isDoc } from "../bson/value.ts";
import type { Variables } from "../aggregate/expression.ts";
import { compileUpdate } from "../aggregate/stages.ts";
import { codes, StoreError } from "../errors.ts";
import { equal } from "../bson/compare.ts";
import { isIndex } from "../query/path.ts";
import { typeName } from "../query/operators.ts";
import type { Touched } from "../storage/documents.ts";
import { locate } from "./locate.ts";
import type { Change } from "./operators.ts";
import { changeFor, onlyExisting } from "./operators.ts";
import type { ArrayFilters, MatchedIndex } from "./positional.ts";
import { filterName, resolvePath } from "./positional.ts";

/** What an update needs to know of the document it is applied to. */
export interface Target {
  /** The document is about to be inserted by an upsert. */
  readonly inserting: boolean;
  readonly matched: MatchedIndex;
  readonly now: Date;
}

/** A parsed update. It changes the document it is given; on an error that document must be thrown away. */
export interface Update {
  readonly replacement: boolean;
  readonly touched: Touched;
  apply(document: Doc, target: Target): void;
}

interface Operation {
  readonly op: string;
  readonly parts: readonly string[];
  readonly operand: Value;
  readonly change: Change | undefined;
}

function checkPath(path: string, op: string, filters: ArrayFilters, used: Set<string>): string[] {
  if (path === "") throw new StoreError(codes.emptyFieldName, "An empty update path is not valid.");
  const parts = path.split(".");
  for (const [at, part] of parts.entries()) {
    if (part === "") {
      throw new StoreError(
        codes.emptyFieldName,
        `The update path '${path}' contains an empty field name, which is not allowed.`,
      );
    }
    const name = filterName(part);
    if (name !== undefined) {
      if (name !== "" && !filters.has(name)) {
        throw new StoreError(
          codes.badValue,
          `No array filter found for identifier '${name}' in path '${path}'`,
        );
      }
      used.add(name);
    }
    const positional = part === "$" || name !== undefined;
    if (positional && at === 0) {
      throw new StoreError(
        codes.badValue,
        `Cannot have positional (i.e. '$') element in the first position in path '${path}'`,
      );
    }
    if (positional && op === "$rename") {
      throw new StoreError(
        codes.badValue,
        `The source and target field for $rename must not be positional: ${path}`,
      );
    }
    if (!positional && part.startsWith("$")) {
      throw new StoreError(
        codes.dollarPrefixedField,
        `The dollar ($) prefixed field '${part}' in '${path}' is not allowed in the context of an update.`,
      );
    }
  }
  return parts;
}

/** MongoDB applies operators in the order of their paths, array positions by number. */
function comparePaths(a: readonly string[], b: readonly string[]): number {
  for (let at = 0; at < Math.min(a.length, b.length); at++) {
    const x = a[at] as string;
    const y = b[at] as string;
    if (x === y) continue;
    if (isIndex(x) && isIndex(y)) return Number(x) - Number(y);
    return x < y ? -1 : 1;
  }
  return a.length - b.length;
}

function checkConflicts(paths: readonly string[]): void {
  const taken = new Set<string>();
  const parents = new Set<string>();
  for (const path of paths) {
    const parts = path.split(".");
    for (let length = 1; length <= parts.length; length++) {
      const head = parts.slice(0, length).join(".");
      if (taken.has(head) || (length === parts.length && parents.has(head))) {
        throw new StoreError(
          codes.conflictingUpdate,
          `Updating the path '${path}' would create a conflict at '${head}'`,
        );
      }
      if (length < parts.length) parents.add(head);
    }
    taken.add(path);
  }
}

function parseOperators(update: Doc, filters: ArrayFilters): Operation[] {
  const operations: Operation[] = [];
  const used = new Set<string>();
  const paths: string[] = [];
  for (const [op, fields] of update) {
    if (!op.startsWith("$")) {
      throw new StoreError(
        codes.failedToParse,
        `Unknown modifier: ${op}. Expected a valid update modifier or pipeline-style update specified as an array`,
      );
    }
    if (!isDoc(fields)) {
      throw new StoreError(
        codes.failedToParse,
        `Modifiers operate on fields but we found type ${typeName(fields)} instead. For example: {$mod: {<field>: ...}} not {${op}: ...}`,
      );
    }
    for (const [path, operand] of fields) {
      const parts = checkPath(path, op, filters, used);
      paths.push(path);
      if (op === "$rename") {
        if (typeof operand !== "string") {
          throw new StoreError(codes.badValue, `The 'to' field for $rename must be a string: ${path}`);
        }
        checkPath(operand, op, filters, used);
        paths.push(operand);
      }
      const change = changeFor(op, operand);
      if (change === undefined && op !== "$unset" && op !== "$rename") throw unknownModifier(op);
      operations.push({ op, parts, operand, change });
    }
    if (fields.size === 0 && changeFor(op, 1) === undefined && op !== "$unset" && op !== "$rename") {
      throw unknownModifier(op);
    }
  }
  checkConflicts(paths);
  for (const name of filters.keys()) {
    if (!used.has(name)) {
      throw new StoreError(
        codes.failedToParse,
        `The array filter for identifier '${name}' was not used in the update`,
      );
    }
  }
  return operations;
}

function unknownModifier(op: string): StoreError {
  return new StoreError(
    codes.failedToParse,
    `Unknown modifier: ${op}. Expected a valid update modifier or pipeline-style update specified as an array`,
  );
}

function rename(document: Doc, from: readonly string[], to: string): void {
  const source = locate(document, from, false);
  const value = source?.get();
  if (source === undefined || value === undefined) return;
  if (source.inArray) {
    throw new StoreError(codes.badValue, `The source field cannot be an array element, '${from.join(".")}'`);
  }
  source.unset();
  const target = locate(document, to.split("."), true);
  if (target?.inArray === true) {
    throw new StoreError(codes.badValue, `The destination field cannot be an array element, '${to}'`);
  }
  target?.set(value);
}

function applyOne(document: Doc, operation: Operation, parts: readonly string[], target: Target): void {
  const { op, change, operand } = operation;
  if (op === "$rename") return rename(document, parts, operand as string);
  if (op === "$unset") return locate(document, parts, false)?.unset();
  const place = locate(document, parts, !onlyExisting.has(op));
  if (place === undefined || change === undefined) return;
  const value = change(place.get(), parts.join("."), target.now);
  if (value !== undefined) place.set(value);
}

function applyOperators(
  document: Doc,
  operations: readonly Operation[],
  filters: ArrayFilters,
  target: Target,
): void {
  const id = document.get("_id");
  const steps = operations
    .filter((operation) => operation.op !== "$setOnInsert" || target.inserting)
    .flatMap((operation) =>
      resolvePath(document, operation.parts, target.matched, filters).map((parts) => ({ operation, parts })),
    )
    .sort((a, b) => comparePaths(a.parts, b.parts));
  for (const { operation, parts } of steps) applyOne(document, operation, parts, target);
  const after = document.get("_id");
  if (id !== undefined && (after === undefined || !equal(id, after))) {
    throw new StoreError(
      codes.immutableField,
      "Performing an update on the path '_id' would modify the immutable field '_id'",
    );
  }
}

function replace(document: Doc, replacement: Doc): void {
  const id = document.get("_id");
  const given = replacement.get("_id");
  if (id !== undefined && given !== undefined && !equal(id, given)) {
    throw new StoreError(
      codes.immutableField,
      "After applying the update, the (immutable) field '_id' was found to have been altered",
    );
  }
  document.clear();
  if (id !== undefined) document.set("_id", id);
  for (const [name, value] of cloneDoc(replacement))
    if (name !== "_id" || id === undefined) document.set(name, value);
}

function pipelineUpdate(pipeline: Value[], filters: ArrayFilters, variables: Variables): Update {
  if (filters.size > 0) {
    throw new StoreError(codes.failedToParse, "arrayFilters may not be specified for pipeline-style updates");
  }
  const run = compileUpdate(pipeline, variables);
  return {
    replacement: false,
    touched: "all",
    apply: (document) => {
      const id = document.get("_id");
      // A pipeline that leaves _id out keeps it.
      const result = new Map(run(document));
      if (id !== undefined && !result.has("_id")) result.set("_id", id);
      replace(document, result);
    },
  };
}

/**
 * Parses an update: operators, a whole document, or a pipeline.
 * @throws {StoreError} 9 for what is no update, 40 for paths in conflict, 238 for what is not implemented
 */
export function parseUpdate(given: Value | undefined, filters: ArrayFilters, variables: Variables): Update {
  if (Array.isArray(given)) return pipelineUpdate(given, filters, variables);
  if (!isDoc(given)) {
    throw new StoreError(codes.failedToParse, "Update argument must be either an object or an array");
  }
  const [first] = given.keys();
  if (first === undefined || !first.startsWith("$")) {
    for (const name of given.keys()) {
      if (name.startsWith("$")) {
        throw new StoreError(
          codes.dollarPrefixedField,
          `The dollar ($) prefixed field '${name}' in '${name}' is not allowed in the context of an update's replacement document.`,
        );
      }
    }
    if (filters.size > 0) {
      throw new StoreError(
        codes.failedToParse,
        "arrayFilters may not be specified for replacement-style updates",
      );
    }
    return { replacement: true, touched: "all", apply: (document) => replace(document, given) };
  }
  const operations = parseOperators(given, filters);
  const touched = new Set<string>();
  for (const { op, parts, operand } of operations) {
    touched.add(parts[0] as string);
    if (op === "$rename") touched.add((operand as string).split(".")[0] as string);
  }
  return {
    replacement: false,
    touched,
    apply: (document, target) => applyOperators(document, operations, filters, target),
  };
}
