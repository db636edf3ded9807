import {
  Binary,
  BSONRegExp,
  BSONSymbol,
  Code,
  Decimal128,
  Double,
  MaxKey,
  MinKey,
  ObjectId,
  Timestamp,
} from "bson";
import { codes, StoreError } from "../errors.ts";
import type { Doc, Value } from "./value.ts";

/** MongoDB's own limit on nesting. */
export const maxDepth = 180;
const maxDate = 8_640_000_000_000_000n;

function broken(what: string): StoreError {
  return new StoreError(codes.invalidBson, `not valid BSON: ${what}`);
}

/** Field names repeat in every document; short ones are interned so that decoding makes no new strings. */
const names = new Map<number, { bytes: Buffer; text: string }>();
const maxNames = 4096;

function fieldName(bytes: Buffer, start: number, end: number): string {
  const length = end - start;
  if (length === 0) return "";
  if (length > 24) return bytes.toString("utf8", start, end);
  let hash = length;
  for (let at = start; at < end; at++) hash = (Math.imul(hash, 31) + (bytes[at] as number)) | 0;
  const known = names.get(hash);
  if (known !== undefined && known.bytes.length === length) {
    let at = 0;
    while (at < length && known.bytes[at] === bytes[start + at]) at++;
    if (at === length) return known.text;
  }
  const text = bytes.toString("utf8", start, end);
  if (names.size >= maxNames) names.clear();
  names.set(hash, { bytes: Buffer.from(bytes.subarray(start, end)), text });
  return text;
}

/** Reads BSON with every length checked: the bytes may come from anybody who can open the socket. */
class Reader {
  readonly #bytes: Buffer;
  #at: number;

  constructor(bytes: Buffer, at: number) {
    this.#bytes = bytes;
    this.#at = at;
  }

  #need(count: number, end: number): number {
    const at = this.#at;
    if (count < 0 || at + count > end) throw broken("a value reaches past the end of its document");
    this.#at = at + count;
    return at;
  }

  #cstring(end: number): string {
    const start = this.#at;
    const stop = this.#bytes.indexOf(0, start);
    if (stop === -1 || stop >= end) throw broken("a name has no end");
    this.#at = stop + 1;
    return fieldName(this.#bytes, start, stop);
  }

  #string(end: number): string {
    const length = this.#bytes.readInt32LE(this.#need(4, end));
    if (length < 1) throw broken("a string's length is less than one");
    const at = this.#need(length, end);
    if (this.#bytes[at + length - 1] !== 0) throw broken("a string has no terminator");
    return this.#bytes.toString("utf8", at, at + length - 1);
  }

  #frame(end: number): number {
    const start = this.#at;
    const size = this.#bytes.readInt32LE(this.#need(4, end));
    if (size < 5 || start + size > end) throw broken("a document's length does not fit");
    if (this.#bytes[start + size - 1] !== 0) throw broken("a document has no terminator");
    return start + size - 1;
  }

  document(end: number, depth: number): Doc {
    if (depth > maxDepth) throw new StoreError(codes.overflow, `nesting is deeper than ${maxDepth} levels`);
    const stop = this.#frame(end);
    const result: Doc = new Map();
    while (this.#at < stop) {
      const type = this.#bytes[this.#at++] as number;
      const name = this.#cstring(stop);
      result.set(name, this.#value(type, stop, depth));
    }
    this.#at = stop + 1;
    return result;
  }

  #array(end: number, depth: number): Value[] {
    if (depth > maxDepth) throw new StoreError(codes.overflow, `nesting is deeper than ${maxDepth} levels`);
    const stop = this.#frame(end);
    const result: Value[] = [];
    while (this.#at < stop) {
      const type = this.#bytes[this.#at++] as number;
      const nameEnd = this.#bytes.indexOf(0, this.#at);
      if (nameEnd === -1 || nameEnd >= stop) throw broken("a name has no end");
      this.#at = nameEnd + 1;
      result.push(this.#value(type, stop, depth));
    }
    this.#at = stop + 1;
    return result;
  }

  #date(end: number): Date {
    const at = this.#need(8, end);
    const ms = this.#bytes.readInt32LE(at + 4) * 4294967296 + this.#bytes.readUInt32LE(at);
    if (Math.abs(ms) > Number(maxDate)) {
      throw new StoreError(codes.badValue, "a date lies outside the years that a JavaScript Date can hold");
    }
    return new Date(ms);
  }

  #value(type: number, end: number, depth: number): Value {
    const bytes = this.#bytes;
    switch (type) {
      case 0x01:
        return new Double(bytes.readDoubleLE(this.#need(8, end)));
      case 0x02:
        return this.#string(end);
      case 0x03:
        return this.document(end, depth + 1);
      case 0x04:
        return this.#array(end, depth + 1);
      case 0x05: {
        const length = bytes.readInt32LE(this.#need(4, end));
        const subtype = bytes[this.#need(1, end)] as number;
        const at = this.#need(length, end);
        if (subtype === 2) {
          if (length < 4 || bytes.readInt32LE(at) !== length - 4)
            throw broken("an old binary's length is wrong");
          return new Binary(Buffer.from(bytes.subarray(at + 4, at + length)), subtype);
        }
        return new Binary(Buffer.from(bytes.subarray(at, at + length)), subtype);
      }
      case 0x07: {
        const at = this.#need(12, end);
        return new ObjectId(Uint8Array.prototype.slice.call(bytes, at, at + 12));
      }
      case 0x08: {
        const flag = bytes[this.#need(1, end)] as number;
        if (flag > 1) throw broken("a boolean is neither 0 nor 1");
        return flag === 1;
      }
      case 0x09:
        return this.#date(end);
      case 0x0a:
        return null;
      case 0x0b: {
        const pattern = this.#cstring(end);
        return new BSONRegExp(pattern, this.#cstring(end));
      }
      case 0x0d:
        return new Code(this.#string(end));
      case 0x0e:
        return new BSONSymbol(this.#string(end));
      case 0x0f: {
        const start = this.#at;
        const size = bytes.readInt32LE(this.#need(4, end));
        const code = this.#string(end);
        const scope = this.document(end, depth + 1);
        if (start + size !== this.#at) throw broken("code with scope has a wrong length");
        return new Code(code, scope);
      }
      case 0x10:
        return bytes.readInt32LE(this.#need(4, end));
      case 0x11:
        return new Timestamp(bytes.readBigUInt64LE(this.#need(8, end)));
      case 0x12:
        return bytes.readBigInt64LE(this.#need(8, end));
      case 0x13: {
        const at = this.#need(16, end);
        return new Decimal128(Uint8Array.prototype.slice.call(bytes, at, at + 16));
      }
      case 0x7f:
        return new MaxKey();
      case 0xff:
        return new MinKey();
      case 0x06:
        throw new StoreError(codes.badValue, "the deprecated BSON type undefined is not stored; use null");
      default:
        throw broken(`unknown or unsupported type 0x${type.toString(16)}`);
    }
  }
}

/**
 * Decodes one document that starts at `at`.
 * @throws {StoreError} 22 when the bytes are not valid BSON, 15 when they nest too deeply
 */
export function decode(bytes: Buffer, at = 0): Doc {
  if (bytes.length - at < 5) throw broken("a document is shorter than five bytes");
  return new Reader(bytes, at).document(bytes.length, 0);
}
