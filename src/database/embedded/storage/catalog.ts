import { randomBytes } from "node:crypto";
import { Binary } from "bson";
import { decode } from "../bson/decode.ts";
import { encode } from "../bson/encode.ts";
import type { Doc, Value } from "../bson/value.ts";
import { asNumber, doc, isDoc, truthy } from "../bson/value.ts";
import { codes, StoreError } from "../errors.ts";
import type { Kv } from "./kv.ts";

/** One field of an index, in order. */
export interface IndexField {
  readonly path: string;
  readonly parts: readonly string[];
  readonly descending: boolean;
}

/** An index. `multikey` and `shortened` are remembered for good once a document made them true. */
export interface Index {
  readonly id: number;
  readonly name: string;
  readonly fields: readonly IndexField[];
  readonly unique: boolean;
  readonly sparse: boolean;
  readonly expireAfterSeconds: number | undefined;
  /** The index that is the collection itself: its values are the documents. */
  readonly primary: boolean;
  /** Some document holds an array on one of the paths. */
  multikey: boolean;
  /** Some value was too long for a key and is stored as its beginning and a hash. */
  shortened: boolean;
}

/** A collection with its indexes; `count` is exact. */
export interface Collection {
  readonly id: number;
  readonly db: string;
  readonly name: string;
  readonly uuid: Binary;
  readonly primary: Index;
  indexes: Index[];
  count: number;
  options: Doc;
}

const catalogSpace = 0;

/** A key in one of the numbered spaces that all collections and indexes share. */
export function spaceKey(space: number, rest: Buffer): Buffer {
  const key = Buffer.allocUnsafe(4 + rest.length);
  key.writeUInt32BE(space, 0);
  rest.copy(key, 4);
  return key;
}

const nextSpaceKey = spaceKey(catalogSpace, Buffer.from("n"));
const collectionKey = (db: string, name: string): Buffer =>
  spaceKey(catalogSpace, Buffer.from(`c${db}\0${name}`));
const garbageKey = (space: number): Buffer => spaceKey(catalogSpace, Buffer.from(`g${space}`));

/** Field list of an index from its key document. */
export function indexFields(key: Doc): IndexField[] {
  return [...key].map(([path, direction]) => ({
    path,
    parts: path.split("."),
    descending: (asNumber(direction) ?? 1) < 0,
  }));
}

/** The key document of an index, as clients see it. */
export function indexKey(index: Index): Doc {
  return new Map(index.fields.map((field) => [field.path, field.descending ? -1 : 1]));
}

function primaryIndex(id: number, shortened: boolean): Index {
  return {
    id,
    name: "_id_",
    fields: [{ path: "_id", parts: ["_id"], descending: false }],
    unique: true,
    sparse: false,
    expireAfterSeconds: undefined,
    primary: true,
    multikey: false,
    shortened,
  };
}

function storeIndex(index: Index): Doc {
  return doc({
    id: index.id,
    name: index.name,
    key: indexKey(index),
    unique: index.unique,
    sparse: index.sparse,
    expireAfterSeconds: index.expireAfterSeconds,
    multikey: index.multikey,
    shortened: index.shortened,
  });
}

function loadIndex(stored: Doc): Index {
  return {
    id: asNumber(stored.get("id")) as number,
    name: stored.get("name") as string,
    fields: indexFields(stored.get("key") as Doc),
    unique: truthy(stored.get("unique")),
    sparse: truthy(stored.get("sparse")),
    expireAfterSeconds: asNumber(stored.get("expireAfterSeconds")),
    primary: false,
    multikey: truthy(stored.get("multikey")),
    shortened: truthy(stored.get("shortened")),
  };
}

function checkName(db: string, name: string): void {
  const wrongDb = db === "" || db.length > 63 || /[/\\. "$\0]/.test(db);
  const wrongName = name === "" || name.includes("$") || name.includes("\0") || name.startsWith(".");
  if (wrongDb || wrongName || name.length > 120) {
    throw new StoreError(codes.invalidNamespace, `Invalid namespace specified '${db}.${name}'`);
  }
}

/** Databases, collections and indexes: in memory, and written with the transaction that changes them. */
export class Catalog {
  readonly #kv: Kv;
  #collections = new Map<string, Map<string, Collection>>();
  #nextSpace = 1;
  #dirty = new Set<Collection>();
  #dropped: Collection[] = [];
  #garbage = new Set<number>();
  #newGarbage: number[] = [];

  constructor(kv: Kv) {
    this.#kv = kv;
    this.reload();
  }

  /** Forgets what was changed in memory: after a transaction that failed, the disk is right. */
  reload(): void {
    this.#collections = new Map();
    this.#dirty.clear();
    this.#dropped = [];
    this.#garbage.clear();
    this.#newGarbage = [];
    const next = this.#kv.get(nextSpaceKey);
    this.#nextSpace = next === undefined ? 1 : next.readUInt32BE(0);
    for (const { value } of this.#kv.range(
      collectionKey("", "").subarray(0, 5),
      spaceKey(0, Buffer.from("d")),
      false,
    )) {
      this.#load(decode(value));
    }
    for (const { key } of this.#kv.range(
      spaceKey(0, Buffer.from("g")),
      spaceKey(0, Buffer.from("h")),
      false,
    )) {
      this.#garbage.add(Number(key.toString("latin1", 5)));
    }
  }

  #load(stored: Doc): void {
    const id = asNumber(stored.get("id")) as number;
    const collection: Collection = {
      id,
      db: stored.get("db") as string,
      name: stored.get("name") as string,
      uuid: stored.get("uuid") as Binary,
      primary: primaryIndex(id, truthy(stored.get("shortened"))),
      indexes: (stored.get("indexes") as Value[]).filter(isDoc).map(loadIndex),
      count: asNumber(stored.get("count")) as number,
      options: stored.get("options") as Doc,
    };
    this.#insert(collection);
  }

  #insert(collection: Collection): void {
    const collections = this.#collections.get(collection.db) ?? new Map<string, Collection>();
    this.#collections.set(collection.db, collections);
    collections.set(collection.name, collection);
  }

  #newSpace(): number {
    return this.#nextSpace++;
  }

  /** Marks a collection as changed; it is written at the end of the running transaction. */
  touch(collection: Collection): void {
    this.#dirty.add(collection);
  }

  find(db: string, name: string): Collection | undefined {
    return this.#collections.get(db)?.get(name);
  }

  /** Whether the object is still the collection of its name (it may have been dropped during a pause). */
  isLive(collection: Collection): boolean {
    return this.find(collection.db, collection.name)?.id === collection.id;
  }

  databases(): string[] {
    return [...this.#collections.keys()].filter((db) => (this.#collections.get(db)?.size ?? 0) > 0);
  }

  collections(db: string): Collection[] {
    return [...(this.#collections.get(db)?.values() ?? [])];
  }

  all(): Collection[] {
    return this.databases().flatMap((db) => this.collections(db));
  }

  /** The collection, made if it is not there. Only inside a transaction. */
  need(db: string, name: string): Collection {
    const known = this.find(db, name);
    if (known !== undefined) return known;
    checkName(db, name);
    const id = this.#newSpace();
    const uuid = randomBytes(16);
    uuid[6] = ((uuid[6] as number) & 0x0f) | 0x40;
    uuid[8] = ((uuid[8] as number) & 0x3f) | 0x80;
    const collection: Collection = {
      id,
      db,
      name,
      uuid: new Binary(uuid, 4),
      primary: primaryIndex(id, false),
      indexes: [],
      count: 0,
      options: new Map(),
    };
    this.#insert(collection);
    this.touch(collection);
    return collection;
  }

  addIndex(collection: Collection, index: Omit<Index, "id" | "primary" | "multikey" | "shortened">): Index {
    const made: Index = { ...index, id: this.#newSpace(), primary: false, multikey: false, shortened: false };
    collection.indexes = [...collection.indexes, made];
    this.touch(collection);
    return made;
  }

  /** Replaces an index by one with other options (collMod). */
  replaceIndex(collection: Collection, index: Index): void {
    collection.indexes = collection.indexes.map((old) => (old.id === index.id ? index : old));
    this.touch(collection);
  }

  /** Takes an index out; its entries are purged in the background (see purge.ts). */
  dropIndex(collection: Collection, index: Index): void {
    collection.indexes = collection.indexes.filter((other) => other !== index);
    this.#discard(index.id);
    this.touch(collection);
  }

  /** Takes a collection out; its documents and entries are purged in the background. */
  drop(collection: Collection): void {
    this.#collections.get(collection.db)?.delete(collection.name);
    this.#dirty.delete(collection);
    this.#dropped.push(collection);
    this.#discard(collection.id);
    for (const index of collection.indexes) this.#discard(index.id);
  }

  /** Gives a collection another name. */
  rename(collection: Collection, db: string, name: string): void {
    checkName(db, name);
    this.#collections.get(collection.db)?.delete(collection.name);
    this.#dropped.push(collection);
    this.#dirty.delete(collection);
    const renamed: Collection = { ...collection, db, name };
    this.#insert(renamed);
    this.touch(renamed);
  }

  #discard(space: number): void {
    this.#garbage.add(space);
    this.#newGarbage.push(space);
  }

  /** Spaces whose content is no longer wanted. */
  garbage(): number[] {
    return [...this.#garbage];
  }

  /** A space is empty now. Only inside a transaction. */
  purged(space: number): void {
    this.#garbage.delete(space);
    this.#kv.remove(garbageKey(space));
  }

  /** Writes what changed; the last act of every transaction. */
  flush(): void {
    for (const { db, name } of this.#dropped) this.#kv.remove(collectionKey(db, name));
    for (const space of this.#newGarbage) this.#kv.put(garbageKey(space), Buffer.alloc(0));
    for (const collection of this.#dirty) {
      if (!this.isLive(collection)) continue;
      const stored = doc({
        id: collection.id,
        db: collection.db,
        name: collection.name,
        uuid: collection.uuid,
        shortened: collection.primary.shortened,
        indexes: collection.indexes.map(storeIndex),
        count: collection.count,
        options: collection.options,
      });
      this.#kv.put(collectionKey(collection.db, collection.name), encode(stored));
    }
    // Also when what was made is gone again: its numbers stand in the list of garbage and must not be given out anew.
    if (this.#dirty.size > 0 || this.#newGarbage.length > 0) {
      const next = Buffer.alloc(4);
      next.writeUInt32BE(this.#nextSpace, 0);
      this.#kv.put(nextSpaceKey, next);
    }
    this.#dirty.clear();
    this.#dropped = [];
    this.#newGarbage = [];
  }
}
