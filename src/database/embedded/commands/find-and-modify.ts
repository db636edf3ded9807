import { decode } from "../bson/decode.ts";
import type { Doc, Value } from "../bson/value.ts";
import { cloneDoc, isDoc, truthy } from "../bson/value.ts";
import { codes, StoreError } from "../errors.ts";
import { parseProjection } from "../query/project.ts";
import type { SortField } from "../query/sort.ts";
import { parseSort } from "../query/sort.ts";
import type { Collection } from "../storage/catalog.ts";
import type { Stored } from "../storage/documents.ts";
import type { Task } from "../storage/task.ts";
import { currentSlice } from "../storage/task.ts";
import { parseUpdate } from "../update/parse.ts";
import { parseArrayFilters } from "../update/positional.ts";
import type { Command, Context } from "./context.ts";
import { collectionName, Fields } from "./context.ts";
import type { Query } from "./select.ts";
import { parse, selectSorted } from "./select.ts";
import { change, upsert } from "./update.ts";

/** The first match in the order wanted, as it is now: read again if the search paused since it was seen. */
function* firstOf(
  context: Context,
  collection: Collection,
  query: Query,
  sort: readonly SortField[],
  hint: Value | undefined,
): Task<{ stored: Stored; document: Doc } | undefined> {
  const { store } = context;
  for (;;) {
    const began = currentSlice();
    let found: Stored | undefined;
    for (const match of selectSorted(store, collection, query, sort, 1, hint)) {
      if (match === undefined) {
        yield undefined;
        if (!store.catalog.isLive(collection)) return undefined;
        continue;
      }
      found = match.stored;
      break;
    }
    if (found === undefined) return undefined;
    if (began === currentSlice()) return { stored: found, document: decode(found.bytes) };
    const bytes = store.documents.get(collection, found.id);
    const document = bytes === undefined ? undefined : decode(bytes);
    if (bytes !== undefined && document !== undefined && query.matches(document)) {
      return { stored: { id: found.id, bytes }, document };
    }
  }
}

function reply(last: Doc, value: Doc | null): Doc {
  return new Map<string, Value>([
    ["lastErrorObject", last],
    ["value", value],
    ["ok", 1],
  ]);
}

function* findAndModify(context: Context): Task<Doc> {
  const { store, db, now } = context;
  const fields = new Fields("findAndModify", context.body);
  fields.refuse();
  const name = collectionName(context);
  const query = parse(fields.document("query"), fields.variables());
  const sort = parseSort(fields.get("sort"));
  const projection = parseProjection(fields.get("fields"), query.node, fields.variables());
  const removing = truthy(fields.get("remove"));
  const given = fields.get("update");
  if (removing === (given !== undefined)) {
    throw new StoreError(
      codes.failedToParse,
      "Either an update or remove=true must be specified, and not both",
    );
  }
  const wantsNew = truthy(fields.get("new"));
  const upserting = truthy(fields.get("upsert"));
  if (removing && (wantsNew || upserting)) {
    throw new StoreError(codes.failedToParse, "Cannot specify new=true or upsert=true with remove=true");
  }
  const project = (document: Doc): Doc => projection?.(document) ?? document;
  const collection = store.collection(db, name);
  const update = removing
    ? undefined
    : parseUpdate(given, parseArrayFilters(fields.get("arrayFilters")), fields.variables());
  const found =
    collection === undefined
      ? undefined
      : yield* firstOf(context, collection, query, sort, fields.get("hint"));
  if (found !== undefined && collection !== undefined) {
    if (update === undefined) {
      store.documents.remove(collection, found.stored);
      return reply(new Map([["n", 1]]), project(found.document));
    }
    const old = wantsNew ? undefined : cloneDoc(found.document);
    const { document } = change(store, collection, found.stored, found.document, query, update, now);
    const value = project(old ?? document);
    return reply(
      new Map<string, Value>([
        ["n", 1],
        ["updatedExisting", true],
      ]),
      value,
    );
  }
  if (update === undefined) return reply(new Map([["n", 0]]), null);
  if (!upserting)
    return reply(
      new Map<string, Value>([
        ["n", 0],
        ["updatedExisting", false],
      ]),
      null,
    );
  const document = upsert(store, db, name, query, update, now);
  const last: Doc = new Map<string, Value>([
    ["n", 1],
    ["updatedExisting", false],
    ["upserted", document.get("_id") as Value],
  ]);
  return reply(last, wantsNew && isDoc(document) ? project(document) : null);
}

export const findAndModifyCommand: Command = {
  write: true,
  fields: [
    "query",
    "sort",
    "remove",
    "update",
    "new",
    "fields",
    "upsert",
    "arrayFilters",
    "hint",
    "collation",
    "bypassDocumentValidation",
    "let",
  ],
  run: findAndModify,
};
