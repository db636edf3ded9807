import { BSONRegExp } from "bson";
import type { Doc, Value } from "../bson/value.ts";
import { isDoc, truthy } from "../bson/value.ts";
import type { Variables } from "../aggregate/expression.ts";
import { compileExpression } from "../aggregate/expression.ts";
import { codes, notImplemented, StoreError } from "../errors.ts";
import { matcher } from "./match.ts";
import type { Leaf, Node } from "./node.ts";
import type { Test } from "./operators.ts";
import {
  compares,
  equals,
  hasRemainder,
  hasSize,
  hasType,
  isIn,
  isRegex,
  matchesRegex,
} from "./operators.ts";

const maxDepth = 100;

const known = new Set(
  "$bitsAllSet $bitsAllClear $bitsAnySet $bitsAnyClear $geoWithin $geoIntersects $near $nearSphere $within $text $where $jsonSchema $uniqueDocs $maxDistance $minDistance $alwaysTrue $alwaysFalse $sampleRate $encryptedBetween".split(
    " ",
  ),
);

function unknown(op: string, top: boolean): StoreError {
  if (known.has(op)) return notImplemented(`the query operator ${op}`);
  return new StoreError(codes.badValue, `unknown ${top ? "top level " : ""}operator: ${op}`);
}

function leaf(
  path: string,
  op: string,
  operand: Value,
  elements: boolean,
  test: Test,
  more?: Partial<Leaf>,
): Leaf {
  return {
    kind: "leaf",
    path,
    parts: path === "" ? [] : path.split("."),
    op,
    operand,
    elements,
    test,
    ...more,
  };
}

function not(node: Node): Node {
  return { kind: "not", node };
}

/** Whether a document is a set of operators: its first field begins with `$` and is not a DBRef's. */
export function isOperators(value: Value | undefined): value is Doc {
  if (!isDoc(value)) return false;
  const [first] = value.keys();
  return (
    first !== undefined && first.startsWith("$") && first !== "$ref" && first !== "$id" && first !== "$db"
  );
}

function plainEquality(path: string, operand: Value): Leaf {
  if (isRegex(operand)) return leaf(path, "$regex", operand, true, matchesRegex(operand));
  return leaf(path, "$eq", operand, true, equals(operand));
}

function all(path: string, operand: Value, depth: number): Node {
  if (!Array.isArray(operand)) throw new StoreError(codes.badValue, "$all needs an array");
  if (operand.length === 0) return { kind: "constant", value: false };
  const nodes = operand.map((element) => {
    if (!isOperators(element)) return plainEquality(path, element);
    const [op] = element.keys();
    if (op !== "$elemMatch" || element.size !== 1)
      throw new StoreError(codes.badValue, "no $ expressions in $all");
    return elemMatch(path, element.get(op) as Value, depth);
  });
  return nodes.length === 1 ? (nodes[0] as Node) : { kind: "and", nodes };
}

function elemMatch(path: string, operand: Value, depth: number): Leaf {
  if (!isDoc(operand)) throw new StoreError(codes.badValue, "$elemMatch needs an Object");
  const [first] = operand.keys();
  const byValue = isOperators(operand) && first !== "$and" && first !== "$or" && first !== "$nor";
  const inner = byValue ? operators("", operand, depth + 1) : parseDoc(operand, depth + 1);
  const matches = matcher(inner);
  const element = (value: Value): boolean => {
    if (byValue) return matches(value);
    if (isDoc(value)) return matches(value);
    return Array.isArray(value) && matches(new Map(value.map((entry, index) => [String(index), entry])));
  };
  const indexIn = (value: Value | undefined): number =>
    Array.isArray(value) ? value.findIndex(element) : -1;
  return leaf(path, "$elemMatch", operand, false, (value) => indexIn(value) >= 0, {
    indexIn,
    ...(byValue ? {} : { inner }),
  });
}

function regex(path: string, operators: Doc): Leaf {
  const given = operators.get("$regex") as Value;
  const options = operators.get("$options");
  if (options !== undefined && typeof options !== "string") {
    throw new StoreError(codes.badValue, "$options has to be a string");
  }
  if (isRegex(given)) {
    if (options !== undefined && given.options !== "") {
      throw new StoreError(51074, "options set in both $regex and $options");
    }
    return plainEquality(path, options === undefined ? given : new BSONRegExp(given.pattern, options));
  }
  if (typeof given !== "string") throw new StoreError(codes.badValue, "$regex has to be a string");
  return plainEquality(path, new BSONRegExp(given, options ?? ""));
}

function negation(path: string, operand: Value, depth: number): Node {
  if (isRegex(operand)) return not(plainEquality(path, operand));
  if (!isDoc(operand) || operand.size === 0) {
    throw new StoreError(codes.badValue, "$not needs a regex or a document");
  }
  return not(operators(path, operand, depth + 1));
}

function operator(path: string, op: string, operand: Value, owner: Doc, depth: number): Node | undefined {
  switch (op) {
    case "$eq":
      if (isRegex(operand)) return leaf(path, "$eq", operand, true, equals(operand));
      return plainEquality(path, operand);
    case "$ne":
      if (isRegex(operand)) throw new StoreError(codes.badValue, "Can't have regex as arg to $ne.");
      return not(plainEquality(path, operand));
    case "$gt":
    case "$gte":
    case "$lt":
    case "$lte":
      return leaf(path, op, operand, true, compares(op, operand));
    case "$in":
      return leaf(path, op, operand, true, isIn(operand));
    case "$nin":
      if (!Array.isArray(operand)) throw new StoreError(codes.badValue, "$nin needs an array");
      return not(leaf(path, "$in", operand, true, isIn(operand)));
    case "$exists": {
      const exists = leaf(path, op, true, true, (value) => value !== undefined);
      return truthy(operand) ? exists : not(exists);
    }
    case "$type":
      return leaf(path, op, operand, true, hasType(operand));
    case "$size":
      return leaf(path, op, operand, false, hasSize(operand));
    case "$mod":
      return leaf(path, op, operand, true, hasRemainder(operand));
    case "$all":
      return all(path, operand, depth);
    case "$elemMatch":
      return elemMatch(path, operand, depth);
    case "$regex":
      return regex(path, owner);
    case "$options":
      if (!owner.has("$regex")) throw new StoreError(codes.badValue, "$options needs a $regex");
      return undefined;
    case "$not":
      return negation(path, operand, depth);
    case "$comment":
      return undefined;
    default:
      throw unknown(op, false);
  }
}

function operators(path: string, given: Doc, depth: number): Node {
  tooDeep(depth);
  const nodes: Node[] = [];
  for (const [op, operand] of given) {
    const node = operator(path, op, operand, given, depth);
    if (node !== undefined) nodes.push(node);
  }
  return nodes.length === 1 ? (nodes[0] as Node) : { kind: "and", nodes };
}

function tooDeep(depth: number): void {
  if (depth > maxDepth)
    throw new StoreError(codes.badValue, `a query is nested more than ${maxDepth} levels deep`);
}

function branches(op: string, operand: Value, depth: number, variables?: Variables): Node[] {
  if (!Array.isArray(operand) || operand.length === 0) {
    throw new StoreError(codes.badValue, `${op} must be a nonempty array`);
  }
  return operand.map((branch) => {
    if (!isDoc(branch)) throw new StoreError(codes.badValue, `${op} entries need to be full objects`);
    return parseDoc(branch, depth + 1, variables);
  });
}

function parseDoc(query: Doc, depth: number, variables?: Variables): Node {
  tooDeep(depth);
  const nodes: Node[] = [];
  for (const [key, operand] of query) {
    if (key === "$and" || key === "$or" || key === "$nor") {
      nodes.push({
        kind: key.slice(1) as "and" | "or" | "nor",
        nodes: branches(key, operand, depth, variables),
      });
    } else if (key === "$comment") continue;
    else if (key === "$expr") nodes.push(expression(operand, variables));
    else if (key.startsWith("$") && key !== "$ref" && key !== "$id" && key !== "$db")
      throw unknown(key, true);
    else if (isOperators(operand)) nodes.push(operators(key, operand, depth));
    else nodes.push(plainEquality(key, operand));
  }
  return nodes.length === 1 ? (nodes[0] as Node) : { kind: "and", nodes };
}

function expression(operand: Value, variables: Variables | undefined): Node {
  const value = compileExpression(operand, variables);
  return { kind: "expression", test: (root) => isDoc(root) && truthy(value(root)) };
}

/**
 * Parses a query document.
 * @param variables what `$$name` stands for inside `$expr`
 * @throws {StoreError} 2 or 9 when it is malformed, 238 when it uses what this store does not implement
 */
export function parseQuery(query: Doc, variables?: Variables): Node {
  return parseDoc(query, 0, variables);
}
