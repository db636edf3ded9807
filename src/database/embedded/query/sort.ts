import { invert, nullKey } from "../bson/keys.ts";
import type { Doc, Value } from "../bson/value.ts";
import { asNumber, isDoc } from "../bson/value.ts";
import { codes, notImplemented, StoreError } from "../errors.ts";
import { encodeSlot, tuplesOf } from "../storage/index-keys.ts";
import { isIndex, plainPath, walk } from "./path.ts";

/** One field of a sort. */
export interface SortField {
  readonly path: string;
  readonly parts: readonly string[];
  readonly descending: boolean;
}

/** Reads a sort document; a missing or empty one is no sort. @throws {StoreError} 2 for a wrong one */
export function parseSort(sort: Value | undefined): SortField[] {
  if (sort === undefined || sort === null) return [];
  if (!isDoc(sort)) throw new StoreError(codes.typeMismatch, "sort must be a document");
  const fields: SortField[] = [];
  for (const [path, direction] of sort) {
    if (isDoc(direction)) throw notImplemented(`$meta in a sort`);
    const number = asNumber(direction);
    if (number !== 1 && number !== -1) {
      throw new StoreError(
        15975,
        `$sort key ordering must be 1 (for ascending) or -1 (for descending): ${path}`,
      );
    }
    if (path === "$natural") {
      if (number === -1) throw notImplemented("a sort by { $natural: -1 }");
      continue;
    }
    if (path === "" || path.startsWith("$")) {
      throw new StoreError(codes.badValue, `bad sort specification: field '${path}'`);
    }
    fields.push({ path, parts: path.split("."), descending: number === -1 });
  }
  if (fields.length > 32) throw new StoreError(codes.badValue, "a sort has at most 32 fields");
  return fields;
}

function directed(key: Buffer, field: SortField): Buffer {
  return field.descending ? invert(key) : key;
}

/** The key at a path on which there is no array. */
function directKey(document: Doc, field: SortField): Buffer | undefined {
  const { value, throughArray } = plainPath(document, field.parts);
  return throughArray || Array.isArray(value) ? undefined : directed(encodeSlot(value), field);
}

/** The key at a path that names positions of arrays, which entries of indexes do not. */
function positionKey(document: Doc, field: SortField): Buffer {
  let chosen: Buffer | undefined;
  walk(document, field.parts, true, (value) => {
    // The visit of the array itself counts only when it is empty; its elements have been seen.
    if (Array.isArray(value) && value.length > 0) return false;
    const key = directed(encodeSlot(value), field);
    if (chosen === undefined || Buffer.compare(key, chosen) < 0) chosen = key;
    return false;
  });
  return chosen ?? directed(nullKey, field);
}

function tuples(document: Doc, fields: readonly SortField[]): (Value | undefined)[][] {
  try {
    return tuplesOf(document, fields, "").tuples;
  } catch (error) {
    if (!(error instanceof StoreError) || error.code !== codes.parallelArrays) throw error;
    throw new StoreError(codes.badValue, "cannot sort with keys that are parallel arrays");
  }
}

/**
 * A key whose byte order is the wanted order of documents. Of an array its least (or greatest) element counts, for all
 * fields below it the same one.
 */
export function sortKey(document: Doc, fields: readonly SortField[]): Buffer {
  const direct = fields.map((field) => directKey(document, field));
  if (direct.every((key) => key !== undefined)) return Buffer.concat(direct);
  if (fields.some(({ parts }) => parts.some(isIndex))) {
    return Buffer.concat(fields.map((field) => positionKey(document, field)));
  }
  const keys = tuples(document, fields).map((values) =>
    Buffer.concat(fields.map((field, at) => directed(encodeSlot(values[at]), field))),
  );
  return keys.reduce((least, key) => (Buffer.compare(key, least) < 0 ? key : least));
}

/** MongoDB's limit on what a sort without an index may hold in memory. */
const maxSortBytes = 100 * 1024 * 1024;

/** Collects items and gives them back sorted; with a limit only the first ones are kept. Equal keys keep their order. */
export class Sorter<T> {
  readonly #limit: number;
  #items: { key: Buffer; item: T; size: number }[] = [];
  #bytes = 0;

  /** @param limit how many items are wanted in the end; 0 for all */
  constructor(limit: number) {
    this.#limit = limit;
  }

  /** @throws {StoreError} 292 when too much would have to be held in memory */
  add(key: Buffer, item: T, size: number): void {
    this.#items.push({ key, item, size });
    this.#bytes += size + key.length;
    if (this.#limit > 0 && this.#items.length >= this.#limit * 2 + 1000) this.#shrink();
    if (this.#bytes > maxSortBytes) {
      throw new StoreError(
        codes.memoryLimit,
        `Sort exceeded memory limit of ${maxSortBytes} bytes; make an index that gives this order`,
      );
    }
  }

  #shrink(): void {
    this.#items.sort((a, b) => Buffer.compare(a.key, b.key));
    this.#items.length = Math.min(this.#items.length, this.#limit);
    this.#bytes = this.#items.reduce((sum, { key, size }) => sum + key.length + size, 0);
  }

  /** The items in order. */
  sorted(): T[] {
    this.#items.sort((a, b) => Buffer.compare(a.key, b.key));
    if (this.#limit > 0) this.#items.length = Math.min(this.#items.length, this.#limit);
    return this.#items.map(({ item }) => item);
  }
}
