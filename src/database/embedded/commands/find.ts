import { encode } from "../bson/encode.ts";
import type { Doc } from "../bson/value.ts";
import { Raw, truthy } from "../bson/value.ts";
import { codes, StoreError } from "../errors.ts";
import { parseProjection } from "../query/project.ts";
import { parseSort } from "../query/sort.ts";
import type { Store } from "../storage/store.ts";
import type { Task } from "../storage/task.ts";
import type { Command, Context } from "./context.ts";
import { collectionName, Fields } from "./context.ts";
import type { Results } from "./cursors.ts";
import { parse, selectSorted } from "./select.ts";

function wholeNumber(fields: Fields, name: string): number {
  const value = fields.integer(name) ?? 0;
  if (value < 0) {
    throw new StoreError(51024, `BSON field '${name}' value must be >= 0, actual value '${value}'`);
  }
  return value;
}

/** The results of a `find` command's fields. */
export function* findResults(store: Store, db: string, name: string, fields: Fields): Results {
  fields.refuse("min", "max", "returnKey", "showRecordId", "tailable", "awaitData", "oplogReplay");
  const query = parse(fields.document("filter"), fields.variables());
  const sort = parseSort(fields.get("sort"));
  const projection = parseProjection(fields.get("projection"), query.node, fields.variables());
  const skip = wholeNumber(fields, "skip");
  const limit = Math.abs(fields.integer("limit") ?? 0);
  const collection = store.collection(db, name);
  if (collection === undefined) return;
  let seen = 0;
  const wanted = limit === 0 ? 0 : skip + limit;
  for (const match of selectSorted(store, collection, query, sort, wanted, fields.get("hint"))) {
    if (match === undefined) {
      yield undefined;
      continue;
    }
    if (++seen <= skip) continue;
    yield projection === undefined
      ? new Raw(match.stored.bytes)
      : new Raw(encode(projection(match.document())));
    if (wanted > 0 && seen >= wanted) return;
  }
}

function* find(context: Context): Task<Doc> {
  const fields = new Fields("find", context.body);
  const name = collectionName(context);
  const namespace = `${context.db}.${name}`;
  const limit = fields.integer("limit") ?? 0;
  const batchSize = fields.integer("batchSize");
  if (batchSize !== undefined && batchSize < 0) {
    throw new StoreError(51024, `BSON field 'batchSize' value must be >= 0, actual value '${batchSize}'`);
  }
  if (limit < 0) throw new StoreError(codes.badValue, "a negative limit is spelled with singleBatch");
  const results = findResults(context.store, context.db, name, fields);
  const single = truthy(fields.get("singleBatch"));
  return yield* context.cursors.first(namespace, context.body, results, batchSize, single, context.now);
}

function* getMore(context: Context): Task<Doc> {
  const fields = new Fields("getMore", context.body);
  const id = context.body.get("getMore");
  if (typeof id !== "bigint") {
    throw new StoreError(codes.typeMismatch, "BSON field 'getMore.getMore' must be a long");
  }
  const batchSize = fields.integer("batchSize");
  return yield* context.cursors.more(
    id,
    `${context.db}.${fields.string("collection")}`,
    batchSize === 0 ? undefined : batchSize,
    context.now,
  );
}

function* killCursors(context: Context): Task<Doc> {
  yield* [];
  const list = context.body.get("cursors");
  const ids = Array.isArray(list) ? list.filter((id) => typeof id === "bigint") : [];
  const killed = ids.filter((id) => context.cursors.kill(id));
  return new Map<string, never>([
    ["cursorsKilled", killed],
    ["cursorsNotFound", ids.filter((id) => !killed.includes(id))],
    ["cursorsAlive", []],
    ["cursorsUnknown", []],
    ["ok", 1],
  ] as never);
}

export const findCommands: Readonly<Record<string, Command>> = {
  find: {
    write: false,
    fields: [
      "filter",
      "sort",
      "projection",
      "hint",
      "skip",
      "limit",
      "batchSize",
      "singleBatch",
      "max",
      "min",
      "returnKey",
      "showRecordId",
      "tailable",
      "oplogReplay",
      "noCursorTimeout",
      "awaitData",
      "allowPartialResults",
      "collation",
      "allowDiskUse",
      "let",
    ],
    run: find,
  },
  getMore: { write: false, fields: ["collection", "batchSize"], run: getMore },
  killCursors: { write: false, fields: ["cursors"], run: killCursors },
};
