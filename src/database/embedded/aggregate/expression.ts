import { Double } from "bson";
import { compare, equal } from "../bson/compare.ts";
import type { Numeric } from "../bson/number.ts";
import { add, multiply } from "../bson/number.ts";
import type { Doc, Value } from "../bson/value.ts";
import { isDoc, isNumber, truthy } from "../bson/value.ts";
import { codes, notImplemented, StoreError } from "../errors.ts";

/** Computes a value from a document; undefined is "missing". */
export type Expression = (root: Doc) => Value | undefined;

/** Values of `$$name` that the command's `let` gives. */
export type Variables = ReadonlyMap<string, Value>;

const none: Variables = new Map();

function follow(value: Value | undefined, parts: readonly string[], from: number): Value | undefined {
  if (from === parts.length || value === undefined) return value;
  if (Array.isArray(value)) {
    return value.map((element) => follow(element, parts, from)).filter((element) => element !== undefined);
  }
  return isDoc(value) ? follow(value.get(parts[from] as string), parts, from + 1) : undefined;
}

function path(text: string): Expression {
  const parts = text.split(".");
  if (parts.some((part) => part === "" || part.startsWith("$"))) {
    throw new StoreError(16410, `invalid field path '$${text}'`);
  }
  return (root) => follow(root, parts, 0);
}

function variable(text: string, variables: Variables): Expression {
  const [name = "", ...rest] = text.split(".");
  if (name === "ROOT" || name === "CURRENT") return (root) => follow(root, rest, 0);
  if (name === "REMOVE") return () => undefined;
  if (name === "NOW") {
    const now = new Date();
    return () => now;
  }
  if (!variables.has(name)) throw new StoreError(17276, `Use of undefined variable: ${name}`);
  const value = variables.get(name) as Value;
  return () => follow(value, rest, 0);
}

const orNull = (value: Value | undefined): Value => value ?? null;

function compared(a: Value | undefined, b: Value | undefined): number {
  if (a === undefined || b === undefined) return a === b ? 0 : a === undefined ? -1 : 1;
  return compare(a, b);
}

type Operator = (args: (Value | undefined)[]) => Value | undefined;

function numbers(op: string, args: readonly (Value | undefined)[]): Numeric[] | undefined {
  if (args.some((value) => value === undefined || value === null)) return undefined;
  return args.map((value) => {
    if (!isNumber(value)) throw new StoreError(codes.typeMismatch, `${op} only supports numeric types`);
    return value;
  });
}

function array(op: string, value: Value | undefined): Value[] {
  if (!Array.isArray(value)) throw new StoreError(17124, `The argument to ${op} must be an array`);
  return value;
}

/** Operators with the number of arguments they take; -1 is any number. */
const operators: Readonly<Record<string, readonly [number, Operator]>> = {
  $eq: [2, ([a, b]) => compared(a, b) === 0],
  $ne: [2, ([a, b]) => compared(a, b) !== 0],
  $gt: [2, ([a, b]) => compared(a, b) > 0],
  $gte: [2, ([a, b]) => compared(a, b) >= 0],
  $lt: [2, ([a, b]) => compared(a, b) < 0],
  $lte: [2, ([a, b]) => compared(a, b) <= 0],
  $cmp: [2, ([a, b]) => compared(a, b)],
  $and: [-1, (args) => args.every((value) => truthy(value))],
  $or: [-1, (args) => args.some((value) => truthy(value))],
  $not: [1, ([value]) => !truthy(value)],
  $ifNull: [-1, (args) => args.find((value) => value !== undefined && value !== null) ?? orNull(args.at(-1))],
  $size: [1, ([value]) => array("$size", value).length],
  $in: [2, ([value, list]) => array("$in", list).some((entry) => equal(entry, orNull(value)))],
  $isArray: [1, ([value]) => Array.isArray(value)],
  $add: [-1, (args) => numbers("$add", args)?.reduce((a, b) => add(a, b, "$add"), 0) ?? null],
  $multiply: [
    -1,
    (args) => numbers("$multiply", args)?.reduce((a, b) => multiply(a, b, "$multiply"), 1) ?? null,
  ],
  $concat: [
    -1,
    (args) => {
      if (args.some((value) => value === undefined || value === null)) return null;
      if (!args.every((value) => typeof value === "string")) {
        throw new StoreError(16702, "$concat only supports strings");
      }
      return args.join("");
    },
  ],
  $subtract: [
    2,
    (args) => {
      const [a, b] = args;
      if (a instanceof Date && b instanceof Date) return BigInt(a.getTime() - b.getTime());
      const pair = numbers("$subtract", args);
      if (pair === undefined) return null;
      return add(pair[0] as Numeric, multiply(pair[1] as Numeric, -1, "$subtract"), "$subtract");
    },
  ],
  $divide: [
    2,
    (args) => {
      const pair = numbers("$divide", args);
      if (pair === undefined) return null;
      const [a, b] = pair.map((value) => Number(value instanceof Double ? value.value : value)) as [
        number,
        number,
      ];
      if (b === 0) throw new StoreError(codes.badValue, "can't $divide by zero");
      return new Double(a / b);
    },
  ],
  $arrayElemAt: [
    2,
    ([list, at]) => {
      if (list === undefined || list === null) return null;
      return array("$arrayElemAt", list).at(Number(at instanceof Double ? at.value : at));
    },
  ],
};

function operator(op: string, operand: Value, variables: Variables): Expression {
  if (op === "$literal") return () => operand;
  if (op === "$setField") return setField(operand, variables);
  if (op === "$cond") return condition(operand, variables);
  const known = operators[op];
  if (known === undefined) throw notImplemented(`the expression operator ${op}`);
  const [count, run] = known;
  const list = Array.isArray(operand) ? operand : [operand];
  if (count >= 0 && list.length !== count) {
    throw new StoreError(
      16020,
      `Expression ${op} takes exactly ${count} arguments. ${list.length} were passed in.`,
    );
  }
  const args = list.map((argument) => compileExpression(argument, variables));
  return (root) => run(args.map((argument) => argument(root)));
}

/** Sets a field whose name may hold dots or dollars. */
function setField(operand: Value, variables: Variables): Expression {
  if (!isDoc(operand) || ![...operand.keys()].every((key) => ["field", "input", "value"].includes(key))) {
    throw new StoreError(4161100, "$setField needs 'field', 'input' and 'value'");
  }
  const [field, input, value] = ["field", "input", "value"].map((name) => {
    const part = operand.get(name);
    if (part === undefined) throw new StoreError(4161102, `$setField requires '${name}' to be specified`);
    return compileExpression(part, variables);
  }) as [Expression, Expression, Expression];
  const name = field(new Map());
  if (typeof name !== "string")
    throw new StoreError(4161107, "$setField requires 'field' to be a constant string");
  return (root) => {
    const target = input(root);
    if (target === undefined || target === null) return null;
    if (!isDoc(target)) throw new StoreError(4161105, "$setField requires 'input' to be an object");
    const copy: Doc = new Map(target);
    const set = value(root);
    if (set === undefined) copy.delete(name);
    else copy.set(name, set);
    return copy;
  };
}

function condition(operand: Value, variables: Variables): Expression {
  const parts = Array.isArray(operand)
    ? operand
    : isDoc(operand)
      ? [operand.get("if"), operand.get("then"), operand.get("else")]
      : [];
  if (parts.length !== 3 || parts.some((part) => part === undefined)) {
    throw new StoreError(17080, "$cond needs 'if', 'then' and 'else'");
  }
  const [test, yes, no] = parts.map((part) => compileExpression(part as Value, variables)) as [
    Expression,
    Expression,
    Expression,
  ];
  return (root) => (truthy(test(root)) ? yes(root) : no(root));
}

/**
 * Compiles an aggregation expression: field paths, `$$ROOT`, variables, literals, documents, arrays and a small
 * set of operators.
 * @throws {StoreError} 238 for an operator that is not implemented
 */
export function compileExpression(given: Value, variables: Variables = none): Expression {
  if (typeof given === "string") {
    if (given.startsWith("$$")) return variable(given.slice(2), variables);
    return given.startsWith("$") ? path(given.slice(1)) : () => given;
  }
  if (Array.isArray(given)) {
    const parts = given.map((part) => compileExpression(part, variables));
    return (root) => parts.map((part) => orNull(part(root)));
  }
  if (!isDoc(given)) return () => given;
  const [first] = given.keys();
  if (first?.startsWith("$") === true) {
    if (given.size !== 1) throw new StoreError(15983, "an expression has exactly one operator");
    return operator(first, given.get(first) as Value, variables);
  }
  const fields = [...given].map(([name, part]) => [name, compileExpression(part, variables)] as const);
  return (root) => {
    const result: Doc = new Map();
    for (const [name, part] of fields) {
      const value = part(root);
      if (value !== undefined) result.set(name, value);
    }
    return result;
  };
}
