import { createHash } from "node:crypto";
import type { Binary, BSONRegExp, Code, Decimal128, ObjectId, Timestamp } from "bson";
import { place, placeOf, text } from "./compare.ts";
import { undecimal } from "./number.ts";
import type { Doc, Value } from "./value.ts";
import { bsonType } from "./value.ts";

/**
 * Keys whose byte order is the order of compare.ts. Every encoded value ends itself (no key is the beginning of
 * another), so that values can be put one behind the other, and inverted bit by bit for descending fields.
 */
let scratch = Buffer.allocUnsafe(4096);
let at = 0;

function room(count: number): void {
  if (at + count <= scratch.length) return;
  const next = Buffer.allocUnsafe(Math.max(scratch.length * 2, at + count));
  scratch.copy(next, 0, 0, at);
  scratch = next;
}

function putText(value: string): void {
  room(value.length * 6 + 2);
  const start = at;
  const length = scratch.write(value, at, "utf8");
  at += length;
  if (value.includes("\0")) {
    const raw = Buffer.from(scratch.subarray(start, at));
    at = start;
    for (const byte of raw) {
      scratch[at++] = byte;
      if (byte === 0) scratch[at++] = 0xff;
    }
  }
  scratch[at++] = 0;
  scratch[at++] = 1;
}

const ordered = Buffer.alloc(8);

function putDouble(value: number): void {
  room(8);
  if (Number.isNaN(value)) {
    scratch.fill(0, at, at + 8);
  } else {
    ordered.writeDoubleBE(value === 0 ? 0 : value);
    const negative = (ordered[0] as number) >= 0x80;
    for (let index = 0; index < 8; index++) {
      const byte = ordered[index] as number;
      scratch[at + index] = negative ? 0xff - byte : index === 0 ? byte | 0x80 : byte;
    }
  }
  at += 8;
}

/** The greatest double that is not above an int64, and what is left over (less than 2048). */
function floorDouble(value: bigint): { double: number; rest: number } {
  let double = Number(value);
  if (BigInt(double) > value) {
    ordered.writeDoubleBE(double);
    const bits = ordered.readBigInt64BE();
    ordered.writeBigInt64BE(double > 0 ? bits - 1n : bits + 1n);
    double = ordered.readDoubleBE();
  }
  return { double, rest: Number(value - BigInt(double)) };
}

function putNumber(value: number | bigint): void {
  let rest = 0;
  if (typeof value === "bigint") {
    const parts = floorDouble(value);
    rest = parts.rest;
    putDouble(parts.double);
  } else putDouble(value);
  room(3);
  if (rest === 0) scratch[at++] = 0;
  else {
    scratch[at++] = 1;
    at = scratch.writeUInt16BE(rest, at);
  }
}

function putBinary(value: Binary): void {
  room(value.position + 5);
  at = scratch.writeUInt32BE(value.position, at);
  scratch[at++] = value.sub_type;
  scratch.set(value.buffer.subarray(0, value.position), at);
  at += value.position;
}

function putDocument(value: Doc): void {
  for (const [name, field] of value) {
    room(1);
    scratch[at++] = placeOf(field);
    putText(name);
    putValue(field);
  }
  room(1);
  scratch[at++] = 0;
}

function putInt64(value: bigint): void {
  room(8);
  at = scratch.writeBigUInt64BE(value, at);
}

function putValue(value: Value): void {
  const type = placeOf(value);
  room(1);
  scratch[at++] = type;
  switch (type) {
    case place.number:
      if (typeof value === "number" || typeof value === "bigint") putNumber(value);
      else if (bsonType(value) === "Double") putNumber((value as { value: number }).value);
      else putNumber(undecimal(value as Decimal128));
      return;
    case place.string:
      return putText(text(value));
    case place.object:
      return putDocument(value as Doc);
    case place.array:
      for (const element of value as Value[]) putValue(element);
      room(1);
      scratch[at++] = 0;
      return;
    case place.binary:
      return putBinary(value as Binary);
    case place.objectId:
      room(12);
      scratch.set((value as ObjectId).id, at);
      at += 12;
      return;
    case place.boolean:
      room(1);
      scratch[at++] = value === true ? 1 : 0;
      return;
    case place.date:
      return putInt64(BigInt((value as Date).getTime()) + 2n ** 63n);
    case place.timestamp:
      return putInt64(BigInt.asUintN(64, (value as Timestamp).toBigInt()));
    case place.regex:
      putText((value as BSONRegExp).pattern);
      return putText((value as BSONRegExp).options);
    case place.code:
      return putText((value as Code).code);
    case place.codeWithScope:
      putText((value as Code).code);
      return putDocument((value as Code).scope as unknown as Doc);
    default:
  }
}

/** One value as an ordered key. */
export function encodeKey(value: Value): Buffer {
  at = 0;
  putValue(value);
  const result = Buffer.from(scratch.subarray(0, at));
  if (scratch.length > 1_048_576) scratch = Buffer.allocUnsafe(4096);
  return result;
}

/** The key of an empty array in an index: below null, as MongoDB sorts it. */
export const emptyArrayKey = Buffer.from([place.emptyArray]);
/** The key of null and of a missing field. */
export const nullKey = Buffer.from([place.null]);

/** The same key for a descending field: every byte inverted. */
export function invert(key: Buffer): Buffer {
  const result = Buffer.allocUnsafe(key.length);
  for (let index = 0; index < key.length; index++) result[index] = 0xff - (key[index] as number);
  return result;
}

const hashBytes = 32;

/** How much of a key longer than `limit` is kept in front of its hash. */
export function keptOf(limit: number): number {
  return limit - hashBytes;
}

/**
 * A key of at most `limit` bytes (lmdb cannot hold longer ones): the beginning of the value, then a hash of all
 * of it. Equal values have equal keys still; the order of two such keys says nothing beyond what was kept.
 */
export function shorten(key: Buffer, limit: number): Buffer {
  if (key.length <= limit) return key;
  const hash = createHash("sha256").update(key).digest();
  return Buffer.concat([key.subarray(0, keptOf(limit)), hash]);
}

/** The least key above every key that begins with these bytes; undefined when there is none. */
export function successor(prefix: Buffer): Buffer | undefined {
  for (let last = prefix.length - 1; last >= 0; last--) {
    const byte = prefix[last] as number;
    if (byte < 0xff) {
      const result = Buffer.from(prefix.subarray(0, last + 1));
      result[last] = byte + 1;
      return result;
    }
  }
  return undefined;
}
