import type { Doc } from "../bson/value.ts";
import { asNumber, isDoc } from "../bson/value.ts";
import { codes, StoreError } from "../errors.ts";
import type { Task } from "../storage/task.ts";
import type { Command, Context } from "./context.ts";
import { collectionName, Fields } from "./context.ts";
import { checkBatch } from "./insert.ts";
import { parse, select } from "./select.ts";
import { eachStatement, withErrors } from "./write-errors.ts";

const statementFields = new Set(["q", "limit", "hint", "collation"]);

function checkStatement(statement: Doc): Fields {
  for (const name of statement.keys()) {
    if (!statementFields.has(name)) {
      throw new StoreError(40415, `BSON field 'delete.deletes.${name}' is an unknown field.`);
    }
  }
  if (!isDoc(statement.get("q"))) throw new StoreError(40414, "BSON field 'delete.deletes.q' is missing");
  const limit = asNumber(statement.get("limit"));
  if (limit !== 0 && limit !== 1) {
    throw new StoreError(codes.failedToParse, "The limit field in delete objects must be 0 or 1");
  }
  const fields = new Fields("delete.deletes", statement);
  fields.refuse();
  return fields;
}

function* remove(context: Context, name: string, fields: Fields): Task<number> {
  const { store, db } = context;
  const query = parse(fields.document("q"), new Fields("delete", context.body).variables());
  const collection = store.collection(db, name);
  if (collection === undefined) return 0;
  const one = asNumber(fields.get("limit")) === 1;
  let removed = 0;
  for (const match of select(store, collection, query, fields.get("hint"))) {
    if (match === undefined) {
      yield undefined;
      if (!store.catalog.isLive(collection)) break;
      continue;
    }
    store.documents.remove(collection, match.stored);
    removed++;
    if (one) break;
  }
  return removed;
}

function* deletes(context: Context): Task<Doc> {
  const name = collectionName(context);
  const statements = new Fields("delete", context.body).documents("deletes").map(checkStatement);
  checkBatch(statements.length);
  let n = 0;
  const ordered = context.body.get("ordered") !== false;
  const errors = yield* eachStatement(statements, ordered, function* (fields) {
    n += yield* remove(context, name, fields);
  });
  return withErrors(new Map([["n", n]]), errors);
}

export const deleteCommand: Command = { write: true, fields: ["deletes", "ordered", "let"], run: deletes };
