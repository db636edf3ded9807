import type {
  Binary,
  BSONRegExp,
  BSONSymbol,
  Code,
  Decimal128,
  MaxKey,
  MinKey,
  ObjectId,
  Timestamp,
} from "bson";
import { Double } from "bson";

/**
 * A document as the engine holds it. A Map and not an object: field order is kept even for names like "10",
 * and a field called `__proto__` is an ordinary field.
 */
export type Doc = Map<string, Value>;

/**
 * A BSON value. Number types are kept apart so that untouched fields survive an update byte for byte: a plain
 * `number` is an int32 if it is a whole number in that range (else a double), `Double` is always a double,
 * `bigint` is an int64. A missing field is `undefined` and never stored.
 */
export type Value =
  | number
  | Double
  | bigint
  | Decimal128
  | string
  | BSONSymbol
  | Doc
  | Value[]
  | Binary
  | ObjectId
  | boolean
  | Date
  | Timestamp
  | BSONRegExp
  | Code
  | MinKey
  | MaxKey
  | Raw
  | null;

/** A document that is already BSON: stored bytes go into replies without being decoded. */
export class Raw {
  readonly bytes: Buffer;

  constructor(bytes: Buffer) {
    this.bytes = bytes;
  }
}

/** Whether a value is a document (or array-free Map) of the engine. */
export function isDoc(value: unknown): value is Doc {
  return value instanceof Map;
}

/** The `_bsontype` tag of the bson package's classes, which is how they are told apart. */
export function bsonType(value: unknown): string | undefined {
  if (typeof value !== "object" || value === null) return undefined;
  const tag = (value as { _bsontype?: unknown })._bsontype;
  return typeof tag === "string" ? tag : undefined;
}

/** Builds a document from an object literal written in our own code. */
export function doc(fields: Readonly<Record<string, Value | undefined>>): Doc {
  const result: Doc = new Map();
  for (const [key, value] of Object.entries(fields)) if (value !== undefined) result.set(key, value);
  return result;
}

/** Whether a value is one of BSON's number types. */
export function isNumber(value: unknown): value is number | Double | bigint | Decimal128 {
  return (
    typeof value === "number" ||
    typeof value === "bigint" ||
    value instanceof Double ||
    bsonType(value) === "Decimal128"
  );
}

/** The value of an int32, int64 or double as a JavaScript number (an int64 may lose digits), else undefined. */
export function asNumber(value: unknown): number | undefined {
  if (typeof value === "number") return value;
  if (value instanceof Double) return value.value;
  if (typeof value === "bigint") return Number(value);
  return undefined;
}

/** MongoDB's truthiness of a command option: false, 0, null and a missing value are false. */
export function truthy(value: Value | undefined): boolean {
  if (value === undefined || value === null || value === false) return false;
  return asNumber(value) !== 0;
}

/** A copy that shares no mutable part with the original. */
export function cloneValue(value: Value): Value {
  if (Array.isArray(value)) return value.map(cloneValue);
  if (isDoc(value)) return cloneDoc(value);
  return value;
}

/** A deep copy of a document. */
export function cloneDoc(source: Doc): Doc {
  const copy: Doc = new Map();
  for (const [key, value] of source) copy.set(key, cloneValue(value));
  return copy;
}
