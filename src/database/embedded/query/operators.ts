import type { BSONRegExp } from "bson";
import { Double } from "bson";
import { compare, equal, place, placeOf, text } from "../bson/compare.ts";
import type { Value } from "../bson/value.ts";
import { asNumber, bsonType, isNumber } from "../bson/value.ts";
import { codes, StoreError } from "../errors.ts";
import { compileRegex } from "./regex.ts";

/** A test of one value; undefined is a missing field. */
export type Test = (value: Value | undefined) => boolean;

/** Whether a value is a stored or given regular expression. */
export function isRegex(value: Value | undefined): value is BSONRegExp {
  return bsonType(value) === "BSONRegExp";
}

function isNaNValue(value: Value): boolean {
  return Number.isNaN(value instanceof Double ? value.value : value);
}

/** `$eq`: null also means missing; a value's number type does not matter. */
export function equals(operand: Value): Test {
  if (operand === null) return (value) => value === undefined || value === null;
  if (typeof operand === "string")
    return (value) =>
      value === operand || (bsonType(value) === "BSONSymbol" && text(value as Value) === operand);
  return (value) => value !== undefined && equal(value, operand);
}

/** A string that matches, or the very same regular expression stored as a value. */
export function matchesRegex(pattern: BSONRegExp): Test {
  const regex = compileRegex(pattern.pattern, pattern.options);
  return (value) => {
    if (typeof value === "string") return regex.test(value);
    if (bsonType(value) === "BSONSymbol") return regex.test(text(value as Value));
    return isRegex(value) && equal(value, pattern);
  };
}

/** `$gt`, `$gte`, `$lt`, `$lte`: only values of the operand's own type are compared ("type bracketing"). */
export function compares(op: string, operand: Value): Test {
  if (isRegex(operand)) {
    throw new StoreError(codes.badValue, `Can't have RegEx as arg to predicate over field (${op})`);
  }
  const orEqual = op === "$gte" || op === "$lte";
  if (operand === null) return orEqual ? equals(null) : () => false;
  if (isNumber(operand) && isNaNValue(operand)) {
    return orEqual ? (value) => value !== undefined && isNumber(value) && isNaNValue(value) : () => false;
  }
  const type = placeOf(operand);
  const anyType = type === place.minKey || type === place.maxKey;
  const wanted = op.startsWith("$gt") ? 1 : -1;
  return (value) => {
    if (value === undefined) return false;
    if (!anyType && (placeOf(value) !== type || (type === place.number && isNaNValue(value)))) return false;
    const result = compare(value, operand);
    return result === wanted || (orEqual && result === 0);
  };
}

/** `$in`: any of the values, which may be regular expressions. */
export function isIn(operand: Value): Test {
  if (!Array.isArray(operand)) throw new StoreError(codes.badValue, "$in needs an array");
  const strings = new Set<string>();
  const ids = new Set<string>();
  const tests: Test[] = [];
  for (const value of operand) {
    if (typeof value === "string") strings.add(value);
    else if (bsonType(value) === "ObjectId") ids.add((value as { toHexString(): string }).toHexString());
    else if (isRegex(value)) tests.push(matchesRegex(value));
    else if (value instanceof Map && [...value.keys()][0]?.startsWith("$") === true) {
      throw new StoreError(codes.badValue, "cannot nest $ under $in");
    } else tests.push(equals(value));
  }
  return (value) => {
    if (typeof value === "string" && strings.has(value)) return true;
    const tag = bsonType(value);
    if (tag === "ObjectId" && ids.has((value as { toHexString(): string }).toHexString())) return true;
    if (tag === "BSONSymbol" && strings.has(text(value as Value))) return true;
    return tests.some((test) => test(value));
  };
}

const typeNames: Readonly<Record<string, number>> = {
  double: 1,
  string: 2,
  object: 3,
  array: 4,
  binData: 5,
  undefined: 6,
  objectId: 7,
  bool: 8,
  date: 9,
  null: 10,
  regex: 11,
  dbPointer: 12,
  javascript: 13,
  symbol: 14,
  javascriptWithScope: 15,
  int: 16,
  timestamp: 17,
  long: 18,
  decimal: 19,
  minKey: -1,
  maxKey: 127,
};

const tagTypes: Readonly<Record<string, number>> = {
  Double: 1,
  Binary: 5,
  ObjectId: 7,
  BSONRegExp: 11,
  Code: 13,
  BSONSymbol: 14,
  Timestamp: 17,
  Decimal128: 19,
  MinKey: -1,
  MaxKey: 127,
};

/** BSON's number of a value's type. */
export function typeNumber(value: Value): number {
  if (typeof value === "string") return 2;
  if (typeof value === "number") {
    return Number.isInteger(value) && Math.abs(value) <= 2147483648 && value !== 2147483648 ? 16 : 1;
  }
  if (typeof value === "bigint") return 18;
  if (typeof value === "boolean") return 8;
  if (value === null) return 10;
  if (Array.isArray(value)) return 4;
  if (value instanceof Map) return 3;
  if (value instanceof Date) return 9;
  const tag = bsonType(value) ?? "";
  if (tag === "Code" && (value as { scope?: unknown }).scope != null) return 15;
  return tagTypes[tag] ?? 0;
}

/** MongoDB's name of a value's type, for messages. */
export function typeName(value: Value): string {
  const wanted = typeNumber(value);
  return Object.keys(typeNames).find((name) => typeNames[name] === wanted) ?? "unknown";
}

/** `$type`: names, numbers, or a list of them. */
export function hasType(operand: Value): Test {
  const wanted = new Set<number>();
  const list = Array.isArray(operand) ? operand : [operand];
  if (list.length === 0) throw new StoreError(codes.failedToParse, "$type must match at least one type");
  for (const entry of list) {
    if (typeof entry === "string") {
      if (entry === "number") for (const number of [1, 16, 18, 19]) wanted.add(number);
      else {
        const number = typeNames[entry];
        if (number === undefined) throw new StoreError(codes.badValue, `Unknown type name alias: ${entry}`);
        wanted.add(number);
      }
    } else {
      const number = asNumber(entry);
      if (number === undefined || !Object.values(typeNames).includes(number)) {
        throw new StoreError(codes.badValue, `Invalid numerical type code: ${String(number)}`);
      }
      wanted.add(number);
    }
  }
  return (value) => value !== undefined && wanted.has(typeNumber(value));
}

/** `$size`: an array of exactly this length. */
export function hasSize(operand: Value): Test {
  const size = asNumber(operand);
  if (size === undefined || !Number.isInteger(size) || size < 0) {
    throw new StoreError(codes.badValue, "$size must be a whole number that is not negative");
  }
  return (value) => Array.isArray(value) && value.length === size;
}

/** `$mod: [divisor, remainder]`: numbers are cut to whole ones first. */
export function hasRemainder(operand: Value): Test {
  if (!Array.isArray(operand) || operand.length !== 2) {
    throw new StoreError(codes.badValue, "malformed mod, it needs to be an array of two numbers");
  }
  const [divisor, remainder] = operand.map(asNumber);
  if (
    divisor === undefined ||
    remainder === undefined ||
    !Number.isFinite(divisor) ||
    !Number.isFinite(remainder)
  ) {
    throw new StoreError(codes.badValue, "malformed mod, divisor and remainder must be numbers");
  }
  const by = BigInt(Math.trunc(divisor));
  const rest = BigInt(Math.trunc(remainder));
  if (by === 0n) throw new StoreError(codes.badValue, "divisor cannot be 0");
  return (value) => {
    if (typeof value === "bigint") return value % by === rest;
    const number = asNumber(value);
    return number !== undefined && Number.isFinite(number) && BigInt(Math.trunc(number)) % by === rest;
  };
}
