import { emptyArrayKey, encodeKey, invert, nullKey } from "../bson/keys.ts";
import type { Doc, Value } from "../bson/value.ts";
import { asNumber, isDoc } from "../bson/value.ts";
import { codes, notImplemented, StoreError } from "../errors.ts";
import { walk } from "./path.ts";

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

function fieldKey(document: Doc, field: SortField): Buffer {
  let chosen: Buffer | undefined;
  const direct = field.parts.length === 1 ? document.get(field.path) : undefined;
  if (direct !== undefined && !Array.isArray(direct)) {
    const key = direct === null ? nullKey : encodeKey(direct);
    return field.descending ? invert(key) : key;
  }
  walk(document, field.parts, true, (value) => {
    // The visit of the array itself counts only when it is empty; its elements have been seen.
    if (Array.isArray(value) && value.length > 0) return false;
    const plain =
      value === undefined || value === null
        ? nullKey
        : Array.isArray(value)
          ? emptyArrayKey
          : encodeKey(value);
    const key = field.descending ? invert(plain) : plain;
    if (chosen === undefined || Buffer.compare(key, chosen) < 0) chosen = key;
    return false;
  });
  return chosen ?? (field.descending ? invert(nullKey) : nullKey);
}

/** A key whose byte order is the wanted order of documents; of an array its least (or greatest) element counts. */
export function sortKey(document: Doc, fields: readonly SortField[]): Buffer {
  const parts = fields.map((field) => fieldKey(document, field));
  return parts.length === 1 ? (parts[0] as Buffer) : Buffer.concat(parts);
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
