import { emptyArrayKey, encodeKey, invert, nullKey, shorten } from "../bson/keys.ts";
import type { Doc, Value } from "../bson/value.ts";
import { isDoc } from "../bson/value.ts";
import { codes, StoreError } from "../errors.ts";
import type { Index, IndexField } from "./catalog.ts";

/** Longest encoded `_id`; a longer one is stored as its beginning and a hash. */
export const idLimit = 400;
const fieldsLimit = 1500;

/** Longest encoded value of one field of an index. */
export function fieldLimit(fields: number): number {
  return Math.floor(fieldsLimit / fields);
}

/** One entry of a document in an index: the fields' encoded values, and the values for messages. */
export interface IndexEntry {
  readonly key: Buffer;
  readonly values: readonly Slot[];
}

/** A value in an entry; missing fields count as null, an empty array has a key of its own below null. */
type Slot = Value | undefined;

/** All entries of a document in an index, and what the index has to remember. */
export interface IndexEntries {
  readonly entries: readonly IndexEntry[];
  readonly multikey: boolean;
  readonly shortened: boolean;
}

interface Cursor {
  value: Slot;
  /** How much of the path has been walked. */
  at: number;
  /** An element of an array is not opened again when it is an array itself. */
  closed: boolean;
}

/** The key of a document's `_id`, under which everything finds it. */
export function encodeId(id: Value): { key: Buffer; shortened: boolean } {
  const key = encodeKey(id);
  return key.length > idLimit ? { key: shorten(key, idLimit), shortened: true } : { key, shortened: false };
}

function descend(cursor: Cursor, parts: readonly string[]): void {
  while (!cursor.closed && cursor.at < parts.length) {
    if (Array.isArray(cursor.value)) return;
    if (!isDoc(cursor.value)) {
      cursor.value = undefined;
      cursor.at = parts.length;
      return;
    }
    cursor.value = cursor.value.get(parts[cursor.at++] as string);
  }
}

function isOpenArray(cursor: Cursor): boolean {
  return !cursor.closed && Array.isArray(cursor.value);
}

/** Expands arrays as MongoDB does: one array per document, its elements one by one and together for all fields. */
function expand(cursors: Cursor[], fields: readonly IndexField[], name: string, out: Slot[][]): boolean {
  let array: Value[] | undefined;
  for (let index = 0; index < cursors.length; index++) {
    const cursor = cursors[index] as Cursor;
    descend(cursor, (fields[index] as IndexField).parts);
    if (!isOpenArray(cursor)) continue;
    if (array !== undefined && array !== cursor.value) {
      throw new StoreError(codes.parallelArrays, `cannot index parallel arrays in index ${name}`);
    }
    array = cursor.value as Value[];
  }
  if (array === undefined) {
    out.push(cursors.map((cursor) => cursor.value));
    return false;
  }
  if (array.length === 0) {
    const closed = cursors.map((cursor, index): Cursor => {
      if (!isOpenArray(cursor)) return cursor;
      const whole = cursor.at === (fields[index] as IndexField).parts.length;
      return { value: whole ? [] : undefined, at: cursor.at, closed: true };
    });
    // A field that is not the array still has to be walked to its end; it cannot meet another array.
    out.push(closed.map((cursor) => cursor.value));
    return true;
  }
  for (const element of array) {
    const next = cursors.map((cursor, index): Cursor => {
      if (!isOpenArray(cursor)) return { ...cursor };
      const whole = cursor.at === (fields[index] as IndexField).parts.length;
      if (whole) return { value: element, at: cursor.at, closed: true };
      return isDoc(element)
        ? { value: element, at: cursor.at, closed: false }
        : { value: undefined, at: cursor.at, closed: true };
    });
    expand(next, fields, name, out);
  }
  return true;
}

/** The key of a value in an entry, not shortened. */
export function encodeSlot(slot: Slot): Buffer {
  if (slot === undefined || slot === null) return nullKey;
  if (Array.isArray(slot) && slot.length === 0) return emptyArrayKey;
  return encodeKey(slot);
}

function encodeEntry(
  slots: readonly Slot[],
  fields: readonly IndexField[],
): { key: Buffer; shortened: boolean } {
  const limit = fieldLimit(fields.length);
  let shortened = false;
  const parts = slots.map((slot, index) => {
    let key = encodeSlot(slot);
    if (key.length > limit) {
      key = shorten(key, limit);
      shortened = true;
    }
    return (fields[index] as IndexField).descending ? invert(key) : key;
  });
  return { key: parts.length === 1 ? (parts[0] as Buffer) : Buffer.concat(parts), shortened };
}

/**
 * The values of several paths in a document, which belong together: one list for each element of an array.
 * @throws {StoreError} 171 when two of the paths lead to arrays
 */
export function tuplesOf(
  document: Doc,
  fields: readonly IndexField[],
  name: string,
): { tuples: Slot[][]; multikey: boolean } {
  const tuples: Slot[][] = [];
  const start = fields.map((): Cursor => ({ value: document, at: 0, closed: false }));
  const multikey = expand(start, fields, name, tuples);
  return { tuples, multikey };
}

/** The entries of a document in an index. @throws {StoreError} 171 when two of its fields hold arrays */
export function indexEntries(index: Index, document: Doc): IndexEntries {
  const { tuples, multikey } = tuplesOf(document, index.fields, index.name);
  let shortened = false;
  const seen = new Set<string>();
  const entries: IndexEntry[] = [];
  for (const values of tuples) {
    if (index.sparse && values.every((value) => value === undefined)) continue;
    const encoded = encodeEntry(values, index.fields);
    if (multikey) {
      const id = encoded.key.toString("latin1");
      if (seen.has(id)) continue;
      seen.add(id);
    }
    shortened ||= encoded.shortened;
    entries.push({ key: encoded.key, values });
  }
  return { entries, multikey, shortened };
}
