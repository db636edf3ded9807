import type { Doc, Value } from "../bson/value.ts";
import { asNumber, isDoc, Raw, truthy } from "../bson/value.ts";
import { encode } from "../bson/encode.ts";
import { equal } from "../bson/compare.ts";
import { codes, StoreError } from "../errors.ts";
import { isIndex } from "../query/path.ts";
import type { Collection, Index } from "../storage/catalog.ts";
import { indexFields, indexKey } from "../storage/catalog.ts";
import { planQuery } from "../query/plan.ts";
import { candidates } from "../storage/scan.ts";
import type { Task } from "../storage/task.ts";
import type { Command, Context } from "./context.ts";
import { collectionName, Fields, simpleCollation } from "./context.ts";
import type { Results } from "./cursors.ts";

type NewIndex = Omit<Index, "id" | "primary" | "multikey" | "shortened">;

/** Options that change nothing here. */
const ignored = new Set(["v", "background", "ns", "comment", "dropDups"]);

function cannot(message: string): StoreError {
  return new StoreError(codes.cannotCreateIndex, message);
}

function checkKey(key: Doc): void {
  if (key.size === 0) throw cannot("Index keys cannot be empty.");
  if (key.size > 32) throw cannot("an index has at most 32 fields");
  for (const [path, direction] of key) {
    if (typeof direction === "string") {
      throw cannot(`an index of type '${direction}' is not implemented by the embedded store`);
    }
    const number = asNumber(direction);
    if (number === undefined || number === 0 || Number.isNaN(number)) {
      throw cannot(`Values in the index key pattern must be numbers other than 0: ${path}`);
    }
    const parts = path.split(".");
    if (path.includes("$**")) throw cannot("a wildcard index is not implemented by the embedded store");
    if (parts.some((part) => part === "" || part.startsWith("$"))) {
      throw cannot(`Index key contains an illegal field name: ${path}`);
    }
    if (parts.some(isIndex)) {
      throw cannot(`an index on a position of an array ('${path}') is not implemented by the embedded store`);
    }
  }
}

function parseIndex(spec: Doc): NewIndex {
  const key = spec.get("key");
  const name = spec.get("name");
  if (!isDoc(key)) throw new StoreError(codes.failedToParse, "The 'key' field of an index must be an object");
  if (typeof name !== "string" || name === "") {
    throw new StoreError(codes.failedToParse, "The 'name' field of an index is required and a string");
  }
  checkKey(key);
  let expireAfterSeconds: number | undefined;
  for (const [option, value] of spec) {
    switch (option) {
      case "key":
      case "name":
      case "unique":
      case "sparse":
        break;
      case "expireAfterSeconds":
        expireAfterSeconds = asNumber(value);
        if (expireAfterSeconds === undefined || expireAfterSeconds < 0 || expireAfterSeconds > 2147483647) {
          throw cannot("TTL index 'expireAfterSeconds' must be a number within 0 and 2147483647");
        }
        if (key.size > 1)
          throw cannot("TTL indexes are single-field indexes, compound indexes do not support TTL");
        if (key.has("_id")) throw cannot("The field 'expireAfterSeconds' is not valid for an _id index");
        break;
      case "hidden":
        if (truthy(value)) throw cannot("a hidden index is not implemented by the embedded store");
        break;
      case "collation":
        simpleCollation(value);
        break;
      default:
        if (ignored.has(option)) break;
        if (
          /^(?:partialFilterExpression|weights|default_language|language_override|textIndexVersion|2dsphereIndexVersion|bits|min|max|storageEngine|wildcardProjection|clustered|prepareUnique)$/.test(
            option,
          )
        ) {
          throw cannot(`the index option ${option} is not implemented by the embedded store`);
        }
        throw new StoreError(
          codes.invalidIndexOption,
          `The field '${option}' is not valid for an index specification.`,
        );
    }
  }
  return {
    name,
    fields: indexFields(key),
    unique: truthy(spec.get("unique")),
    sparse: truthy(spec.get("sparse")),
    expireAfterSeconds,
  };
}

function sameOptions(a: NewIndex, b: NewIndex): boolean {
  return a.unique === b.unique && a.sparse === b.sparse && a.expireAfterSeconds === b.expireAfterSeconds;
}

/** Whether the index is there already. @throws {StoreError} 85 or 86 when another one is in its way */
function exists(collection: Collection, wanted: NewIndex): boolean {
  const key = indexKey(wanted as Index);
  if (equal(key, new Map([["_id", 1]]))) return true;
  for (const index of collection.indexes) {
    const sameKey = equal(indexKey(index), key);
    if (index.name === wanted.name) {
      if (sameKey && sameOptions(index, wanted)) return true;
      const code = sameKey ? codes.indexOptionsConflict : codes.indexKeySpecsConflict;
      throw new StoreError(
        code,
        `An existing index has the same name as the requested index '${wanted.name}', but another key or other options`,
      );
    }
    if (sameKey) {
      throw new StoreError(
        codes.indexOptionsConflict,
        `Index already exists with a different name: ${index.name}`,
      );
    }
  }
  if (wanted.name === "_id_") throw cannot("The index name '_id_' is reserved for the _id index");
  return false;
}

/** Builds one index in one go: nobody writes in between, so no document can be missed. */
function build(context: Context, collection: Collection, wanted: NewIndex): void {
  const { store } = context;
  const index = store.catalog.addIndex(collection, wanted);
  const plan = planQuery(collection, { kind: "and", nodes: [] }, []);
  try {
    for (const stored of candidates(store.kv, collection, plan)) {
      if (stored !== undefined) store.documents.addToIndex(collection, index, stored);
    }
  } catch (error) {
    store.catalog.dropIndex(collection, index);
    throw error;
  }
}

function* createIndexes(context: Context): Task<Doc> {
  const { store, db } = context;
  const name = collectionName(context);
  const specs = new Fields("createIndexes", context.body).documents("indexes");
  if (specs.length === 0) throw new StoreError(codes.badValue, "Must specify at least one index to create");
  const wanted = specs.map(parseIndex);
  const created = store.collection(db, name) === undefined;
  const collection = store.catalog.need(db, name);
  if (collection.indexes.length + wanted.length > 63) throw cannot("a collection has at most 64 indexes");
  const before = collection.indexes.length + 1;
  const missing = wanted.filter((index) => !exists(collection, index));
  const built: Index[] = [];
  try {
    for (const index of missing) {
      if (exists(collection, index)) continue;
      build(context, collection, index);
      built.push(collection.indexes.at(-1) as Index);
    }
  } catch (error) {
    for (const index of built) store.catalog.dropIndex(collection, index);
    throw error;
  }
  const reply: Doc = new Map<string, Value>([
    ["numIndexesBefore", before],
    ["numIndexesAfter", collection.indexes.length + 1],
    ["createdCollectionAutomatically", created],
  ]);
  if (missing.length === 0) reply.set("note", "all indexes already exist");
  reply.set("ok", 1);
  yield* [];
  return reply;
}

function describe(index: Index): Doc {
  const result: Doc = new Map<string, Value>([
    ["v", 2],
    ["key", indexKey(index)],
    ["name", index.name],
  ]);
  if (index.unique && !index.primary) result.set("unique", true);
  if (index.sparse) result.set("sparse", true);
  if (index.expireAfterSeconds !== undefined) result.set("expireAfterSeconds", index.expireAfterSeconds);
  return result;
}

/** The collection a command names. @throws {StoreError} 26 when there is none */
export function existing(context: Context): Collection {
  const name = collectionName(context);
  const collection = context.store.collection(context.db, name);
  if (collection === undefined) {
    throw new StoreError(codes.namespaceNotFound, `ns does not exist: ${context.db}.${name}`);
  }
  return collection;
}

function* listIndexes(context: Context): Task<Doc> {
  const collection = existing(context);
  const cursor = context.body.get("cursor");
  const batchSize = isDoc(cursor) ? asNumber(cursor.get("batchSize")) : undefined;
  const all = [collection.primary, ...collection.indexes].map((index) => new Raw(encode(describe(index))));
  const results = (function* (): Results {
    yield* all;
  })();
  const namespace = `${context.db}.${collection.name}`;
  return yield* context.cursors.first(namespace, context.body, results, batchSize, false, context.now);
}

function chosen(collection: Collection, wanted: Value | undefined): Index[] {
  if (wanted === "*") return [...collection.indexes];
  if (Array.isArray(wanted)) return wanted.flatMap((entry) => chosen(collection, entry));
  if (wanted === "_id_" || (isDoc(wanted) && equal(wanted, new Map([["_id", 1]])))) {
    throw new StoreError(codes.invalidOptions, "cannot drop _id index");
  }
  const found = collection.indexes.find(
    (index) => index.name === wanted || (isDoc(wanted) && equal(indexKey(index), wanted)),
  );
  if (found === undefined) {
    throw new StoreError(
      codes.indexNotFound,
      `index not found with name or key [${typeof wanted === "string" ? wanted : "the key given"}]`,
    );
  }
  return [found];
}

function* dropIndexes(context: Context): Task<Doc> {
  const collection = existing(context);
  const before = collection.indexes.length + 1;
  for (const index of chosen(collection, context.body.get("index"))) {
    context.store.catalog.dropIndex(collection, index);
  }
  yield* [];
  return new Map([
    ["nIndexesWas", before],
    ["ok", 1],
  ]);
}

export const indexCommands: Readonly<Record<string, Command>> = {
  createIndexes: { write: true, fields: ["indexes", "commitQuorum"], run: createIndexes },
  listIndexes: { write: false, fields: ["cursor"], run: listIndexes },
  dropIndexes: { write: true, fields: ["index"], run: dropIndexes },
};
