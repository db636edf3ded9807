import { ObjectId } from "bson";
import { decode, maxDepth } from "../bson/decode.ts";
import { encode } from "../bson/encode.ts";
import type { Doc, Value } from "../bson/value.ts";
import { bsonType, isDoc } from "../bson/value.ts";
import { codes, StoreError } from "../errors.ts";
import type { Catalog, Collection, Index } from "./catalog.ts";
import { indexKey, spaceKey } from "./catalog.ts";
import { show } from "./show.ts";
import type { IndexEntries, IndexEntry } from "./index-keys.ts";
import { encodeId, indexEntries } from "./index-keys.ts";
import type { Kv } from "./kv.ts";

/** MongoDB's limit of a document. */
export const maxDocumentBytes = 16 * 1024 * 1024;

/** A document as it is stored. */
export interface Stored {
  readonly id: Buffer;
  readonly bytes: Buffer;
}

/** What an update is about to change: top-level field names, or everything. */
export type Touched = ReadonlySet<string> | "all";

/** The state before an update, taken before the document is changed in place. */
export interface Before {
  readonly stored: Stored;
  readonly entries: ReadonlyMap<Index, IndexEntries>;
}

function entryKey(index: Index, entry: IndexEntry, id: Buffer): Buffer {
  return spaceKey(index.id, index.unique ? entry.key : Buffer.concat([entry.key, id]));
}

function checkId(id: Value): void {
  const type = Array.isArray(id) ? "array" : bsonType(id) === "BSONRegExp" ? "regex" : undefined;
  if (type !== undefined) throw new StoreError(codes.badValue, `The '_id' value cannot be of type ${type}`);
  if (isDoc(id) && [...id.keys()].some((name) => name.startsWith("$"))) {
    throw new StoreError(codes.dollarPrefixedField, "_id fields may not contain '$'-prefixed fields");
  }
}

function checkSize(bytes: Buffer): void {
  if (bytes.length > maxDocumentBytes) {
    throw new StoreError(
      codes.tooLarge,
      `object to insert too large. size in bytes: ${bytes.length}, max size: ${maxDocumentBytes}`,
    );
  }
}

function duplicate(collection: Collection, index: Index, values: readonly (Value | undefined)[]): StoreError {
  const keyValue: Doc = new Map(index.fields.map((field, at) => [field.path, values[at] ?? null]));
  const shown = [...keyValue].map(([path, value]) => `${path}: ${show(value)}`).join(", ");
  return new StoreError(
    codes.duplicateKey,
    `E11000 duplicate key error collection: ${collection.db}.${collection.name} index: ${index.name} dup key: { ${shown} }`,
    new Map<string, unknown>([
      ["keyPattern", indexKey(index)],
      ["keyValue", keyValue],
    ]),
  );
}

function touches(index: Index, touched: Touched): boolean {
  return touched === "all" || index.fields.some((field) => touched.has(field.parts[0] as string));
}

/**
 * Documents and their index entries, kept in step. Every method checks everything before its first write, so
 * that a document that is refused leaves nothing behind. All writes belong inside a transaction.
 */
export class Documents {
  readonly #kv: Kv;
  readonly #catalog: Catalog;

  constructor(kv: Kv, catalog: Catalog) {
    this.#kv = kv;
    this.#catalog = catalog;
  }

  /** The stored bytes of a document by its encoded `_id`. */
  get(collection: Collection, id: Buffer): Buffer | undefined {
    return this.#kv.get(spaceKey(collection.id, id));
  }

  /**
   * Adds a document. One without `_id` gets an ObjectId; `_id` becomes its first field.
   * @returns its `_id`
   * @throws {StoreError} 11000 for a key that is taken, 10334 when it is too large, 15 when it nests too deeply
   */
  insert(collection: Collection, document: Doc, given?: Buffer): Value {
    let bytes = given;
    let ready = document;
    const [first] = document.keys();
    if (first !== "_id") {
      ready = new Map<string, Value>([["_id", document.get("_id") ?? new ObjectId()], ...document]);
      bytes = undefined;
    }
    const idValue = ready.get("_id") as Value;
    checkId(idValue);
    bytes ??= encode(ready, maxDepth);
    checkSize(bytes);
    const id = encodeId(idValue);
    const key = spaceKey(collection.id, id.key);
    if (this.#kv.get(key) !== undefined) throw duplicate(collection, collection.primary, [idValue]);
    const all = collection.indexes.map((index) => ({ index, found: indexEntries(index, ready) }));
    for (const { index, found } of all) this.#checkUnique(collection, index, found.entries, id.key);
    this.#kv.put(key, bytes);
    for (const { index, found } of all) {
      for (const entry of found.entries) this.#kv.put(entryKey(index, entry, id.key), id.key);
      this.#remember(index, found);
    }
    if (id.shortened) collection.primary.shortened = true;
    collection.count++;
    this.#catalog.touch(collection);
    return idValue;
  }

  /** Takes what {@link replace} needs to know of the old state, before the document is changed in place. */
  before(collection: Collection, stored: Stored, document: Doc, touched: Touched): Before {
    const entries = new Map<Index, IndexEntries>();
    for (const index of collection.indexes) {
      if (touches(index, touched)) entries.set(index, indexEntries(index, document));
    }
    return { stored, entries };
  }

  /**
   * Writes a changed document.
   * @returns whether anything was different
   * @throws {StoreError} 66 for a changed `_id`, 11000 for a key that is taken, 10334 or 15 when it is too large or deep
   */
  replace(collection: Collection, before: Before, document: Doc): boolean {
    const { stored } = before;
    // What nests more deeply could be written, and then never be read again.
    const bytes = encode(document, maxDepth);
    if (bytes.equals(stored.bytes)) return false;
    checkSize(bytes);
    const idValue = document.get("_id");
    if (idValue === undefined || !encodeId(idValue).key.equals(stored.id)) {
      throw new StoreError(
        codes.immutableField,
        "Performing an update on the path '_id' would modify the immutable field '_id'",
      );
    }
    const changes = [...before.entries].map(([index, old]) => this.#difference(index, old, document));
    for (const { index, added } of changes) this.#checkUnique(collection, index, added, stored.id);
    this.#kv.put(spaceKey(collection.id, stored.id), bytes);
    for (const { index, added, removed, found } of changes) {
      for (const entry of removed) this.#kv.remove(entryKey(index, entry, stored.id));
      for (const entry of added) this.#kv.put(entryKey(index, entry, stored.id), stored.id);
      if (this.#remember(index, found)) this.#catalog.touch(collection);
    }
    return true;
  }

  /** Takes a document out, with its entries. */
  remove(collection: Collection, stored: Stored): void {
    const document = collection.indexes.length > 0 ? decode(stored.bytes) : new Map<string, Value>();
    for (const index of collection.indexes) {
      for (const entry of indexEntries(index, document).entries) {
        this.#kv.remove(entryKey(index, entry, stored.id));
      }
    }
    this.#kv.remove(spaceKey(collection.id, stored.id));
    collection.count--;
    this.#catalog.touch(collection);
  }

  /** Puts one stored document into a new index. @throws {StoreError} 11000 */
  addToIndex(collection: Collection, index: Index, stored: Stored): void {
    const found = indexEntries(index, decode(stored.bytes));
    this.#checkUnique(collection, index, found.entries, stored.id);
    for (const entry of found.entries) this.#kv.put(entryKey(index, entry, stored.id), stored.id);
    this.#remember(index, found);
  }

  #difference(
    index: Index,
    old: IndexEntries,
    document: Doc,
  ): { index: Index; added: IndexEntry[]; removed: IndexEntry[]; found: IndexEntries } {
    const found = indexEntries(index, document);
    const oldKeys = new Set(old.entries.map((entry) => entry.key.toString("latin1")));
    const newKeys = new Set(found.entries.map((entry) => entry.key.toString("latin1")));
    return {
      index,
      found,
      added: found.entries.filter((entry) => !oldKeys.has(entry.key.toString("latin1"))),
      removed: old.entries.filter((entry) => !newKeys.has(entry.key.toString("latin1"))),
    };
  }

  #remember(index: Index, found: IndexEntries): boolean {
    const news = (found.multikey && !index.multikey) || (found.shortened && !index.shortened);
    if (found.multikey) index.multikey = true;
    if (found.shortened) index.shortened = true;
    return news;
  }

  #checkUnique(collection: Collection, index: Index, entries: readonly IndexEntry[], id: Buffer): void {
    if (!index.unique) return;
    for (const entry of entries) {
      const owner = this.#kv.get(spaceKey(index.id, entry.key));
      if (owner !== undefined && !owner.equals(id)) throw duplicate(collection, index, entry.values);
    }
  }
}
