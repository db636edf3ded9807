import { decode } from "../bson/decode.ts";
import type { Doc, Value } from "../bson/value.ts";
import { isDoc } from "../bson/value.ts";
import { codes, StoreError } from "../errors.ts";
import type { Task } from "../storage/task.ts";
import type { Command, Context } from "./context.ts";
import { collectionName } from "./context.ts";
import { eachStatement, withErrors } from "./write-errors.ts";

const maxStatements = 100_000;

/** Refuses an empty or oversized list of statements. */
export function checkBatch(count: number): void {
  if (count < 1 || count > maxStatements) {
    throw new StoreError(
      16,
      `Write batch sizes must be between 1 and ${maxStatements}. Got ${count} operations.`,
    );
  }
}

function* insert(context: Context): Task<Doc> {
  const { store, db, documents } = context;
  const name = collectionName(context);
  const inline = context.body.get("documents");
  const list: readonly (Buffer | Value)[] = documents ?? (Array.isArray(inline) ? inline : []);
  checkBatch(list.length);
  let n = 0;
  const errors = yield* eachStatement(list, context.body.get("ordered") !== false, function* (given) {
    yield* [];
    const bytes = Buffer.isBuffer(given) ? given : undefined;
    const document = bytes === undefined ? (given as Value) : decode(bytes);
    if (!isDoc(document)) throw new StoreError(codes.typeMismatch, "a document to insert must be an object");
    store.documents.insert(store.catalog.need(db, name), document, bytes);
    n++;
  });
  return withErrors(new Map([["n", n]]), errors);
}

export const insertCommand: Command = {
  write: true,
  fields: ["documents", "ordered", "bypassDocumentValidation"],
  run: insert,
};
