import { encode } from "../bson/encode.ts";
import type { Doc, Value } from "../bson/value.ts";
import { asNumber, doc, isDoc, Raw, truthy } from "../bson/value.ts";
import { codes, StoreError } from "../errors.ts";
import type { Collection } from "../storage/catalog.ts";
import { indexKey, spaceKey } from "../storage/catalog.ts";
import type { Task } from "../storage/task.ts";
import { sliceIsOver } from "../storage/task.ts";
import type { Command, Context } from "./context.ts";
import { collectionName, Fields } from "./context.ts";
import type { Results } from "./cursors.ts";
import { existing } from "./indexes.ts";
import { parse } from "./select.ts";

const ok = (): Doc => new Map([["ok", 1]]);

function* create(context: Context): Task<Doc> {
  const { store, db } = context;
  const name = collectionName(context);
  const fields = new Fields("create", context.body);
  fields.refuse(
    "capped",
    "size",
    "max",
    "timeseries",
    "expireAfterSeconds",
    "clusteredIndex",
    "changeStreamPreAndPostImages",
    "validator",
    "validationLevel",
    "validationAction",
    "viewOn",
    "pipeline",
    "encryptedFields",
    "indexOptionDefaults",
  );
  if (store.collection(db, name) !== undefined) {
    throw new StoreError(codes.namespaceExists, `Collection ${db}.${name} already exists.`);
  }
  store.catalog.need(db, name);
  yield* [];
  return ok();
}

function* drop(context: Context): Task<Doc> {
  const { store, db } = context;
  const name = collectionName(context);
  const collection = store.collection(db, name);
  yield* [];
  // Since 7.0 MongoDB says ok to a collection that is not there.
  if (collection === undefined) return ok();
  store.catalog.drop(collection);
  return new Map<string, Value>([
    ["nIndexesWas", collection.indexes.length + 1],
    ["ns", `${db}.${name}`],
    ["ok", 1],
  ]);
}

function* dropDatabase(context: Context): Task<Doc> {
  for (const collection of context.store.catalog.collections(context.db))
    context.store.catalog.drop(collection);
  yield* [];
  return new Map<string, Value>([
    ["dropped", context.db],
    ["ok", 1],
  ]);
}

function split(namespace: Value | undefined): { db: string; name: string } {
  const text = typeof namespace === "string" ? namespace : "";
  const dot = text.indexOf(".");
  if (dot < 1) throw new StoreError(codes.invalidNamespace, `Invalid namespace specified '${text}'`);
  return { db: text.slice(0, dot), name: text.slice(dot + 1) };
}

function* renameCollection(context: Context): Task<Doc> {
  const { catalog } = context.store;
  const from = split(context.body.get("renameCollection"));
  const to = split(context.body.get("to"));
  const collection = catalog.find(from.db, from.name);
  if (collection === undefined) {
    throw new StoreError(codes.namespaceNotFound, `Source collection ${from.db}.${from.name} does not exist`);
  }
  const target = catalog.find(to.db, to.name);
  if (target === collection) {
    throw new StoreError(codes.illegalOperation, "Can't rename a collection to itself");
  }
  if (target !== undefined) {
    if (!truthy(context.body.get("dropTarget"))) {
      throw new StoreError(codes.namespaceExists, "target namespace exists");
    }
    catalog.drop(target);
  }
  catalog.rename(collection, to.db, to.name);
  yield* [];
  return ok();
}

function info(collection: Collection, nameOnly: boolean): Doc {
  const result: Doc = new Map<string, Value>([
    ["name", collection.name],
    ["type", "collection"],
  ]);
  if (nameOnly) return result;
  result.set("options", collection.options);
  result.set("info", doc({ readOnly: false, uuid: collection.uuid }));
  result.set("idIndex", doc({ v: 2, key: indexKey(collection.primary), name: "_id_" }));
  return result;
}

function* listCollections(context: Context): Task<Doc> {
  const fields = new Fields("listCollections", context.body);
  const query = parse(fields.document("filter"));
  const nameOnly = truthy(fields.get("nameOnly"));
  const batchSize = asNumber(fields.document("cursor").get("batchSize"));
  const found = context.store.catalog
    .collections(context.db)
    .map((collection) => info(collection, nameOnly))
    .filter((entry) => query.matches(entry));
  const results = (function* (): Results {
    for (const entry of found) yield new Raw(encode(entry));
  })();
  const namespace = `${context.db}.$cmd.listCollections`;
  return yield* context.cursors.first(namespace, context.body, results, batchSize, false, context.now);
}

/** Bytes of documents, counted; a big collection is read with pauses. */
function* sizeOf(context: Context, collection: Collection): Task<number> {
  let bytes = 0;
  let lo = spaceKey(collection.id, Buffer.alloc(0));
  const hi = spaceKey(collection.id + 1, Buffer.alloc(0));
  for (;;) {
    let count = 0;
    for (const { key, value } of context.store.kv.range(lo, hi, false)) {
      bytes += value.length;
      lo = Buffer.concat([key, Buffer.alloc(1)]);
      if (++count >= 256) break;
    }
    if (count < 256) return bytes;
    if (sliceIsOver()) yield undefined;
  }
}

function* listDatabases(context: Context): Task<Doc> {
  const fields = new Fields("listDatabases", context.body);
  const query = parse(fields.document("filter"));
  const nameOnly = truthy(fields.get("nameOnly"));
  const databases: Doc[] = [];
  let total = 0;
  for (const db of context.store.catalog.databases()) {
    const entry: Doc = new Map<string, Value>([["name", db]]);
    if (!nameOnly) {
      let bytes = 0;
      for (const collection of context.store.catalog.collections(db))
        bytes += yield* sizeOf(context, collection);
      total += bytes;
      entry.set("sizeOnDisk", BigInt(bytes));
      entry.set("empty", bytes === 0);
    }
    if (query.matches(entry)) databases.push(entry);
  }
  const reply: Doc = new Map<string, Value>([["databases", databases]]);
  if (!nameOnly) {
    reply.set("totalSize", BigInt(total));
    reply.set("totalSizeMb", BigInt(Math.floor(total / 1048576)));
  }
  reply.set("ok", 1);
  return reply;
}

function* collStats(context: Context): Task<Doc> {
  const collection = existing(context);
  const size = yield* sizeOf(context, collection);
  return doc({
    ns: `${collection.db}.${collection.name}`,
    count: collection.count,
    size,
    avgObjSize: collection.count === 0 ? 0 : Math.floor(size / collection.count),
    storageSize: size,
    nindexes: collection.indexes.length + 1,
    capped: false,
    ok: 1,
  });
}

function* dbStats(context: Context): Task<Doc> {
  const collections = context.store.catalog.collections(context.db);
  let size = 0;
  for (const collection of collections) size += yield* sizeOf(context, collection);
  return doc({
    db: context.db,
    collections: collections.length,
    views: 0,
    objects: collections.reduce((sum, { count }) => sum + count, 0),
    dataSize: size,
    storageSize: size,
    indexes: collections.reduce((sum, { indexes }) => sum + indexes.length + 1, 0),
    ok: 1,
  });
}

/** Changes the lifetime of a TTL index; nothing else can be changed. */
function* collMod(context: Context): Task<Doc> {
  const collection = existing(context);
  const fields = new Fields("collMod", context.body);
  fields.refuse(
    "validator",
    "validationLevel",
    "validationAction",
    "viewOn",
    "pipeline",
    "expireAfterSeconds",
  );
  const spec = fields.document("index");
  const seconds = asNumber(spec.get("expireAfterSeconds"));
  const key = spec.get("keyPattern");
  const index = collection.indexes.find(
    (candidate) =>
      candidate.name === spec.get("name") || (isDoc(key) && encode(indexKey(candidate)).equals(encode(key))),
  );
  if (index === undefined) throw new StoreError(codes.indexNotFound, "collMod names no index that exists");
  if (
    seconds === undefined ||
    [...spec.keys()].some((name) => !["name", "keyPattern", "expireAfterSeconds"].includes(name))
  ) {
    throw new StoreError(codes.invalidOptions, "only expireAfterSeconds of an index can be changed");
  }
  context.store.catalog.replaceIndex(collection, { ...index, expireAfterSeconds: seconds });
  yield* [];
  return doc({
    expireAfterSeconds_old: index.expireAfterSeconds,
    expireAfterSeconds_new: seconds,
    ok: 1,
  });
}

export const collectionCommands: Readonly<Record<string, Command>> = {
  create: {
    write: true,
    fields: [
      "capped",
      "size",
      "max",
      "timeseries",
      "expireAfterSeconds",
      "clusteredIndex",
      "changeStreamPreAndPostImages",
      "autoIndexId",
      "storageEngine",
      "validator",
      "validationLevel",
      "validationAction",
      "indexOptionDefaults",
      "viewOn",
      "pipeline",
      "collation",
      "encryptedFields",
    ],
    run: create,
  },
  drop: { write: true, fields: [], run: drop },
  dropDatabase: { write: true, fields: [], run: dropDatabase },
  renameCollection: { write: true, fields: ["to", "dropTarget"], run: renameCollection },
  collMod: { write: true, run: collMod },
  listCollections: {
    write: false,
    fields: ["filter", "nameOnly", "authorizedCollections", "cursor"],
    run: listCollections,
  },
  listDatabases: { write: false, fields: ["filter", "nameOnly", "authorizedDatabases"], run: listDatabases },
  collStats: { write: false, fields: ["scale"], run: collStats },
  dbStats: { write: false, fields: ["scale", "freeStorage"], run: dbStats },
};
