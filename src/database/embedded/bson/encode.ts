import type { Binary, BSONRegExp, BSONSymbol, Code, Decimal128, ObjectId, Timestamp } from "bson";
import type { Double } from "bson";
import { codes, StoreError } from "../errors.ts";
import type { Doc, Value } from "./value.ts";
import { bsonType, isDoc, Raw } from "./value.ts";

let scratch = Buffer.allocUnsafe(65_536);
let at = 0;
/** How deep the value being written stands, and how deep it may. */
let depth = 0;
let deepest = Infinity;
/** A buffer that grew for one giant reply is not kept for ever. */
const keepAtMost = 4 * 1024 * 1024;

function room(count: number): void {
  if (at + count <= scratch.length) return;
  const next = Buffer.allocUnsafe(Math.max(scratch.length * 2, at + count));
  scratch.copy(next, 0, 0, at);
  scratch = next;
}

function writeName(type: number, name: string): void {
  const length = name.length;
  room(length * 3 + 2);
  scratch[at++] = type;
  for (let index = 0; index < length; index++) {
    const code = name.charCodeAt(index);
    if (code === 0) throw new StoreError(codes.badValue, "a field name must not contain a null byte");
    if (code > 127) {
      at += scratch.write(name.slice(index), at, "utf8");
      if (name.includes("\0", index)) {
        throw new StoreError(codes.badValue, "a field name must not contain a null byte");
      }
      break;
    }
    scratch[at++] = code;
  }
  scratch[at++] = 0;
}

function writeCString(text: string): void {
  if (text.includes("\0")) throw new StoreError(codes.badValue, "a pattern must not contain a null byte");
  room(text.length * 3 + 1);
  at += scratch.write(text, at, "utf8");
  scratch[at++] = 0;
}

function writeString(text: string): void {
  room(text.length * 3 + 5);
  const start = at;
  at += 4;
  at += scratch.write(text, at, "utf8");
  scratch[at++] = 0;
  scratch.writeInt32LE(at - start - 4, start);
}

function writeNumber(name: string, value: number): void {
  if (Number.isInteger(value) && value >= -2147483648 && value <= 2147483647 && !Object.is(value, -0)) {
    writeName(0x10, name);
    room(4);
    at = scratch.writeInt32LE(value, at);
  } else {
    writeName(0x01, name);
    room(8);
    at = scratch.writeDoubleLE(value, at);
  }
}

function writeBinary(value: Binary): void {
  const bytes = value.buffer.subarray(0, value.position);
  const old = value.sub_type === 2;
  room(bytes.length + 9);
  at = scratch.writeInt32LE(bytes.length + (old ? 4 : 0), at);
  scratch[at++] = value.sub_type;
  if (old) at = scratch.writeInt32LE(bytes.length, at);
  scratch.set(bytes, at);
  at += bytes.length;
}

function writeTagged(name: string, value: Value): void {
  switch (bsonType(value)) {
    case "ObjectId":
      writeName(0x07, name);
      room(12);
      scratch.set((value as ObjectId).id, at);
      at += 12;
      return;
    case "Double":
      writeName(0x01, name);
      room(8);
      at = scratch.writeDoubleLE((value as Double).value, at);
      return;
    case "Binary":
      writeName(0x05, name);
      writeBinary(value as Binary);
      return;
    case "Decimal128":
      writeName(0x13, name);
      room(16);
      scratch.set((value as Decimal128).bytes, at);
      at += 16;
      return;
    case "Timestamp":
      writeName(0x11, name);
      room(8);
      at = scratch.writeBigUInt64LE(BigInt.asUintN(64, (value as Timestamp).toBigInt()), at);
      return;
    case "BSONRegExp":
      writeName(0x0b, name);
      writeCString((value as BSONRegExp).pattern);
      writeCString((value as BSONRegExp).options);
      return;
    case "BSONSymbol":
      writeName(0x0e, name);
      writeString((value as BSONSymbol).value);
      return;
    case "Code":
      writeCode(name, value as Code);
      return;
    case "MinKey":
      writeName(0xff, name);
      return;
    case "MaxKey":
      writeName(0x7f, name);
      return;
    default:
      throw new StoreError(codes.badValue, `the field '${name}' has a type that BSON cannot hold`);
  }
}

function writeCode(name: string, value: Code): void {
  if (value.scope == null) {
    writeName(0x0d, name);
    writeString(value.code);
    return;
  }
  writeName(0x0f, name);
  room(4);
  const start = at;
  at += 4;
  writeString(value.code);
  writeDocument(value.scope as unknown as Doc);
  scratch.writeInt32LE(at - start, start);
}

function writeValue(name: string, value: Value): void {
  if (typeof value === "number") writeNumber(name, value);
  else if (typeof value === "string") {
    writeName(0x02, name);
    writeString(value);
  } else if (value === null) writeName(0x0a, name);
  else if (typeof value === "boolean") {
    writeName(0x08, name);
    room(1);
    scratch[at++] = value ? 1 : 0;
  } else if (typeof value === "bigint") {
    writeName(0x12, name);
    room(8);
    at = scratch.writeBigInt64LE(value, at);
  } else if (isDoc(value)) {
    writeName(0x03, name);
    writeDocument(value);
  } else if (Array.isArray(value)) {
    writeName(0x04, name);
    writeArray(value);
  } else if (value instanceof Date) {
    const ms = value.getTime();
    if (Number.isNaN(ms)) throw new StoreError(codes.badValue, `the field '${name}' holds an invalid date`);
    writeName(0x09, name);
    room(8);
    at = scratch.writeBigInt64LE(BigInt(ms), at);
  } else if (value instanceof Raw) {
    writeName(0x03, name);
    writeRaw(value);
  } else writeTagged(name, value);
}

function writeRaw(value: Raw): void {
  room(value.bytes.length);
  value.bytes.copy(scratch, at);
  at += value.bytes.length;
}

function descend(): void {
  if (++depth > deepest) throw new StoreError(codes.overflow, `nesting is deeper than ${deepest} levels`);
}

function writeArray(values: readonly Value[]): void {
  descend();
  room(4);
  const start = at;
  at += 4;
  for (let index = 0; index < values.length; index++) writeValue(String(index), values[index] as Value);
  room(1);
  scratch[at++] = 0;
  scratch.writeInt32LE(at - start, start);
  depth--;
}

function writeDocument(value: Doc): void {
  descend();
  room(4);
  const start = at;
  at += 4;
  for (const [name, field] of value) writeValue(name, field);
  room(1);
  scratch[at++] = 0;
  scratch.writeInt32LE(at - start, start);
  depth--;
}

/**
 * Encodes a document to BSON in a buffer of its own.
 * @param most how many levels below the document's own it may have
 * @throws {StoreError} 2 for a value BSON cannot hold, 15 when it nests too deeply
 */
export function encode(value: Doc, most = Infinity): Buffer {
  at = 0;
  depth = -1;
  deepest = most;
  writeDocument(value);
  const result = Buffer.from(scratch.subarray(0, at));
  if (scratch.length > keepAtMost) scratch = Buffer.allocUnsafe(65_536);
  return result;
}
