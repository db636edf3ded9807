import type { Binary, BSONRegExp, BSONSymbol, Code, ObjectId, Timestamp } from "bson";
import { codes, StoreError } from "../errors.ts";
import type { Numeric } from "./number.ts";
import { compareNumbers } from "./number.ts";
import type { Doc, Value } from "./value.ts";
import { bsonType, isDoc } from "./value.ts";

/**
 * MongoDB's order of types; numbers of all kinds share one place, symbols stand with strings. The places are the
 * first byte of a value in an index key, too (see keys.ts), so they never change.
 */
export const place = {
  minKey: 0x01,
  emptyArray: 0x04,
  null: 0x05,
  number: 0x10,
  string: 0x20,
  object: 0x30,
  array: 0x38,
  binary: 0x40,
  objectId: 0x50,
  boolean: 0x58,
  date: 0x60,
  timestamp: 0x68,
  regex: 0x70,
  code: 0x78,
  codeWithScope: 0x79,
  maxKey: 0xf0,
} as const;

/** Where a value stands in the order of types. */
export function placeOf(value: Value): number {
  switch (typeof value) {
    case "number":
    case "bigint":
      return place.number;
    case "string":
      return place.string;
    case "boolean":
      return place.boolean;
    default:
  }
  if (value === null) return place.null;
  if (value instanceof Date) return place.date;
  if (Array.isArray(value)) return place.array;
  if (isDoc(value)) return place.object;
  switch (bsonType(value)) {
    case "ObjectId":
      return place.objectId;
    case "Double":
    case "Decimal128":
      return place.number;
    case "Binary":
      return place.binary;
    case "BSONSymbol":
      return place.string;
    case "Timestamp":
      return place.timestamp;
    case "BSONRegExp":
      return place.regex;
    case "Code":
      return (value as Code).scope == null ? place.code : place.codeWithScope;
    case "MinKey":
      return place.minKey;
    case "MaxKey":
      return place.maxKey;
    default:
      throw new StoreError(codes.badValue, "a value of an unknown type cannot be compared");
  }
}

/** UTF-8 byte order, which is code point order and not JavaScript's order of UTF-16 units. */
export function compareStrings(a: string, b: string): number {
  if (a === b) return 0;
  const length = Math.min(a.length, b.length);
  for (let index = 0; index < length; index++) {
    let x = a.charCodeAt(index);
    let y = b.charCodeAt(index);
    if (x === y) continue;
    // Surrogates stand for code points above all others of the basic plane.
    if (x >= 0xd800 && y >= 0xd800) {
      x += x >= 0xe000 ? -0x800 : 0x2000;
      y += y >= 0xe000 ? -0x800 : 0x2000;
    }
    return x < y ? -1 : 1;
  }
  return a.length < b.length ? -1 : 1;
}

/** The text of a string or symbol. */
export function text(value: Value): string {
  return typeof value === "string" ? value : (value as BSONSymbol).value;
}

function compareDocuments(a: Doc, b: Doc): number {
  const left = a.entries();
  const right = b.entries();
  for (;;) {
    const x = left.next();
    const y = right.next();
    if (x.done || y.done) return x.done === y.done ? 0 : x.done ? -1 : 1;
    const types = placeOf(x.value[1]) - placeOf(y.value[1]);
    if (types !== 0) return types < 0 ? -1 : 1;
    const names = compareStrings(x.value[0], y.value[0]);
    if (names !== 0) return names;
    const values = compare(x.value[1], y.value[1]);
    if (values !== 0) return values;
  }
}

function compareArrays(a: readonly Value[], b: readonly Value[]): number {
  const length = Math.min(a.length, b.length);
  for (let index = 0; index < length; index++) {
    const result = compare(a[index] as Value, b[index] as Value);
    if (result !== 0) return result;
  }
  return Math.sign(a.length - b.length);
}

function compareBinaries(a: Binary, b: Binary): number {
  if (a.position !== b.position) return a.position < b.position ? -1 : 1;
  if (a.sub_type !== b.sub_type) return a.sub_type < b.sub_type ? -1 : 1;
  return Buffer.compare(a.buffer.subarray(0, a.position), b.buffer.subarray(0, b.position));
}

/** Orders any two values as MongoDB does: by type, then by value; documents field by field, in their order. */
export function compare(a: Value, b: Value): number {
  if (a === b) return 0;
  const type = placeOf(a);
  const other = placeOf(b);
  if (type !== other) return type < other ? -1 : 1;
  switch (type) {
    case place.number:
      return compareNumbers(a as Numeric, b as Numeric);
    case place.string:
      return compareStrings(text(a), text(b));
    case place.object:
      return compareDocuments(a as Doc, b as Doc);
    case place.array:
      return compareArrays(a as Value[], b as Value[]);
    case place.binary:
      return compareBinaries(a as Binary, b as Binary);
    case place.objectId:
      return Buffer.compare((a as ObjectId).id, (b as ObjectId).id);
    case place.boolean:
      return a === false ? -1 : 1;
    case place.date:
      return Math.sign((a as Date).getTime() - (b as Date).getTime());
    case place.timestamp: {
      const x = BigInt.asUintN(64, (a as Timestamp).toBigInt());
      const y = BigInt.asUintN(64, (b as Timestamp).toBigInt());
      return x < y ? -1 : x > y ? 1 : 0;
    }
    case place.regex: {
      const x = a as BSONRegExp;
      const y = b as BSONRegExp;
      return compareStrings(x.pattern, y.pattern) || compareStrings(x.options, y.options);
    }
    case place.code:
      return compareStrings((a as Code).code, (b as Code).code);
    case place.codeWithScope: {
      const x = a as Code;
      const y = b as Code;
      return (
        compareStrings(x.code, y.code) ||
        compareDocuments(x.scope as unknown as Doc, y.scope as unknown as Doc)
      );
    }
    default:
      return 0;
  }
}

/** Equality as MongoDB means it: numbers by value whatever their type, documents with their field order. */
export function equal(a: Value, b: Value): boolean {
  return compare(a, b) === 0;
}
