import { Timestamp } from "bson";
import { compare, equal } from "../bson/compare.ts";
import { add, multiply } from "../bson/number.ts";
import type { Value } from "../bson/value.ts";
import { cloneValue, isDoc, isNumber } from "../bson/value.ts";
import { codes, StoreError } from "../errors.ts";
import { typeName } from "../query/operators.ts";
import { addToSet, pop, pull, pullAll, push } from "./arrays.ts";

/** Gives a field its new value from the old one (undefined: missing); undefined back means "leave it". */
export type Change = (old: Value | undefined, path: string, now: Date) => Value | undefined;

function show(value: Value | undefined): string {
  return value === undefined ? "missing" : typeName(value);
}

function increment(operand: Value): Change {
  if (!isNumber(operand)) {
    throw new StoreError(
      codes.typeMismatch,
      `Cannot increment with non-numeric argument of type ${show(operand)}`,
    );
  }
  return (old, path) => {
    if (old === undefined) return operand;
    if (!isNumber(old)) throw notNumeric("$inc", path, old);
    return add(old, operand, "$inc");
  };
}

function notNumeric(op: string, path: string, old: Value): StoreError {
  return new StoreError(
    codes.typeMismatch,
    `Cannot apply ${op} to a value of non-numeric type. The field '${path}' is of non-numeric type ${show(old)}`,
  );
}

function multiplyBy(operand: Value): Change {
  if (!isNumber(operand)) {
    throw new StoreError(
      codes.typeMismatch,
      `Cannot multiply with non-numeric argument of type ${show(operand)}`,
    );
  }
  return (old, path) => {
    if (old === undefined) return multiply(operand, 0, "$mul");
    if (!isNumber(old)) throw notNumeric("$mul", path, old);
    return multiply(old, operand, "$mul");
  };
}

function bound(operand: Value, sign: number): Change {
  return (old) => (old === undefined || compare(operand, old) === sign ? operand : undefined);
}

function currentDate(operand: Value): Change {
  const kind = isDoc(operand) ? operand.get("$type") : operand;
  if (typeof kind === "boolean" || kind === "date") return (_old, _path, now) => new Date(now);
  if (kind === "timestamp") {
    let increment = 0;
    return (_old, _path, now) => new Timestamp({ t: Math.floor(now.getTime() / 1000), i: ++increment });
  }
  throw new StoreError(
    codes.badValue,
    "$currentDate needs true or { $type: 'date' } or { $type: 'timestamp' }",
  );
}

function bits(operand: Value): Change {
  if (!isDoc(operand) || operand.size === 0) {
    throw new StoreError(codes.badValue, "The $bit modifier needs a document with and, or, or xor");
  }
  for (const [name, value] of operand) {
    if (!["and", "or", "xor"].includes(name)) {
      throw new StoreError(
        codes.badValue,
        `The $bit modifier only supports 'and', 'or', and 'xor', not '${name}'`,
      );
    }
    if (typeof value !== "bigint" && !(typeof value === "number" && Number.isInteger(value))) {
      throw new StoreError(codes.badValue, "The $bit modifier field must be an Integer(32/64 bit)");
    }
  }
  return (old, path) => {
    let result: number | bigint = 0;
    if (old !== undefined) {
      if (typeof old !== "bigint" && !(typeof old === "number" && Number.isInteger(old))) {
        throw new StoreError(codes.badValue, `Cannot apply $bit to a value of non-integral type: '${path}'`);
      }
      result = old;
    }
    for (const [name, value] of operand) {
      const wide: boolean = typeof result === "bigint" || typeof value === "bigint";
      const x = BigInt(result);
      const y = BigInt(value as number | bigint);
      const combined: bigint = name === "and" ? x & y : name === "or" ? x | y : x ^ y;
      result = wide ? combined : Number(combined);
    }
    return result;
  };
}

/** Operators that change one field's value in place. */
const makers: Readonly<Record<string, (operand: Value) => Change>> = {
  $set: (operand) => (old) =>
    old !== undefined && identical(old, operand) ? undefined : cloneValue(operand),
  $setOnInsert: (operand) => () => cloneValue(operand),
  $inc: increment,
  $mul: multiplyBy,
  $min: (operand) => bound(operand, -1),
  $max: (operand) => bound(operand, 1),
  $currentDate: currentDate,
  $bit: bits,
  $push: push,
  $addToSet: addToSet,
  $pull: pull,
  $pullAll: pullAll,
  $pop: pop,
};

/** Same value and same number type, so that setting it changes nothing. */
function identical(a: Value, b: Value): boolean {
  return typeof a === typeof b && typeof a !== "object" && equal(a, b);
}

/** The change an operator makes, or undefined when there is no such operator. */
export function changeFor(op: string, operand: Value): Change | undefined {
  return makers[op]?.(operand);
}

/** Operators that never create a field that is missing. */
export const onlyExisting = new Set(["$pull", "$pullAll", "$pop"]);
