import { encodeId } from "../storage/index-keys.ts";
import { decode } from "../bson/decode.ts";
import type { Doc, Value } from "../bson/value.ts";
import { isDoc, truthy } from "../bson/value.ts";
import { codes, StoreError } from "../errors.ts";
import { matchedIndex } from "../query/match.ts";
import { planQuery } from "../query/plan.ts";
import type { Collection } from "../storage/catalog.ts";
import type { Stored } from "../storage/documents.ts";
import type { Store } from "../storage/store.ts";
import type { Task } from "../storage/task.ts";
import { sliceIsOver } from "../storage/task.ts";
import type { Update } from "../update/parse.ts";
import { parseUpdate } from "../update/parse.ts";
import { parseArrayFilters } from "../update/positional.ts";
import { seed } from "../update/upsert.ts";
import type { Command, Context } from "./context.ts";
import { collectionName, Fields } from "./context.ts";
import { checkBatch } from "./insert.ts";
import type { Query } from "./select.ts";
import { parse, select } from "./select.ts";
import { eachStatement, withErrors } from "./write-errors.ts";

/** What became of one document. */
export interface Changed {
  readonly modified: boolean;
  readonly document: Doc;
}

/** Applies an update to one stored document that matches the query. */
export function change(
  store: Store,
  collection: Collection,
  stored: Stored,
  document: Doc,
  query: Query,
  update: Update,
  now: Date,
): Changed {
  const before = store.documents.before(collection, stored, document, update.touched);
  update.apply(document, {
    inserting: false,
    matched: (arrayPath) => matchedIndex(query.node, document, arrayPath),
    now,
  });
  return { modified: store.documents.replace(collection, before, document), document };
}

/** Inserts what an upsert makes of the query. @returns the document with its `_id` */
export function upsert(store: Store, db: string, name: string, query: Query, update: Update, now: Date): Doc {
  const document = seed(query.node, update, now);
  const collection = store.catalog.need(db, name);
  const id = store.documents.insert(collection, document);
  return decode(store.documents.get(collection, encodeId(id).key) as Buffer);
}

interface Outcome {
  n: number;
  modified: number;
  upserted: Value | undefined;
}

function* updateMany(
  context: Context,
  collection: Collection,
  query: Query,
  update: Update,
  hint: Value | undefined,
): Task<Outcome> {
  const { store, now } = context;
  const outcome: Outcome = { n: 0, modified: 0, upserted: undefined };
  const apply = (stored: Stored, document: Doc): void => {
    outcome.n++;
    if (change(store, collection, stored, document, query, update, now).modified) outcome.modified++;
  };
  // A document never moves in the order of _id, so it cannot be met twice: no list is needed.
  if (planQuery(collection, query.node, [], hint).index.primary) {
    for (const match of select(store, collection, query, hint)) {
      if (match !== undefined) apply(match.stored, match.document());
      else {
        yield undefined;
        if (!store.catalog.isLive(collection)) break;
      }
    }
    return outcome;
  }
  const ids: Buffer[] = [];
  for (const match of select(store, collection, query, hint)) {
    if (match === undefined) yield undefined;
    else ids.push(match.stored.id);
  }
  for (const id of ids) {
    if (sliceIsOver()) yield undefined;
    if (!store.catalog.isLive(collection)) break;
    const bytes = store.documents.get(collection, id);
    if (bytes === undefined) continue;
    const document = decode(bytes);
    if (query.matches(document)) apply({ id, bytes }, document);
  }
  return outcome;
}

function* updateOne(
  context: Context,
  collection: Collection,
  query: Query,
  update: Update,
  hint: Value | undefined,
): Task<Outcome> {
  for (const match of select(context.store, collection, query, hint)) {
    if (match === undefined) {
      yield undefined;
      if (!context.store.catalog.isLive(collection)) break;
      continue;
    }
    const { modified } = change(
      context.store,
      collection,
      match.stored,
      match.document(),
      query,
      update,
      context.now,
    );
    return { n: 1, modified: modified ? 1 : 0, upserted: undefined };
  }
  return { n: 0, modified: 0, upserted: undefined };
}

const statementFields = new Set(["q", "u", "multi", "upsert", "arrayFilters", "hint", "collation", "c"]);

function checkStatement(statement: Doc): Fields {
  for (const name of statement.keys()) {
    if (!statementFields.has(name)) {
      throw new StoreError(40415, `BSON field 'update.updates.${name}' is an unknown field.`);
    }
  }
  const fields = new Fields("update.updates", statement);
  if (!isDoc(statement.get("q"))) throw new StoreError(40414, "BSON field 'update.updates.q' is missing");
  fields.refuse("c");
  return fields;
}

function* statement(context: Context, name: string, fields: Fields): Task<Outcome> {
  const { store, db, now } = context;
  const variables = new Fields("update", context.body).variables();
  const query = parse(fields.document("q"), variables);
  const update = parseUpdate(fields.get("u"), parseArrayFilters(fields.get("arrayFilters")), variables);
  const multi = truthy(fields.get("multi"));
  if (multi && update.replacement) {
    throw new StoreError(codes.failedToParse, "multi update is not supported for replacement-style update");
  }
  const collection = store.collection(db, name);
  if (collection !== undefined) {
    const run = multi ? updateMany : updateOne;
    const outcome = yield* run(context, collection, query, update, fields.get("hint"));
    if (outcome.n > 0) return outcome;
  }
  if (!truthy(fields.get("upsert"))) return { n: 0, modified: 0, upserted: undefined };
  const document = upsert(store, db, name, query, update, now);
  return { n: 1, modified: 0, upserted: document.get("_id") };
}

function* update(context: Context): Task<Doc> {
  const name = collectionName(context);
  const statements = new Fields("update", context.body).documents("updates").map(checkStatement);
  checkBatch(statements.length);
  let n = 0;
  let nModified = 0;
  const upserted: Value[] = [];
  const ordered = context.body.get("ordered") !== false;
  const errors = yield* eachStatement(statements, ordered, function* (fields, index) {
    const outcome = yield* statement(context, name, fields);
    n += outcome.n;
    nModified += outcome.modified;
    if (outcome.upserted !== undefined) {
      upserted.push(
        new Map<string, Value>([
          ["index", index],
          ["_id", outcome.upserted],
        ]),
      );
    }
  });
  const reply: Doc = new Map<string, Value>([
    ["n", n],
    ["nModified", nModified],
  ]);
  if (upserted.length > 0) reply.set("upserted", upserted);
  return withErrors(reply, errors);
}

export const updateCommand: Command = {
  write: true,
  fields: ["updates", "ordered", "bypassDocumentValidation", "let"],
  run: update,
};
