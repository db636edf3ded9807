import { encode } from "../bson/encode.ts";
import type { Doc, Value } from "../bson/value.ts";
import { asNumber, isDoc, Raw, truthy } from "../bson/value.ts";
import { codes, notImplemented, StoreError } from "../errors.ts";
import { compileStage, runStages, stageOf } from "../aggregate/stages.ts";
import type { Documents } from "../aggregate/stages.ts";
import { parseSort } from "../query/sort.ts";
import type { Store } from "../storage/store.ts";
import type { Task } from "../storage/task.ts";
import type { Command, Context } from "./context.ts";
import { Fields } from "./context.ts";
import { countMatches } from "./count.ts";
import type { Results } from "./cursors.ts";
import { parse, selectSorted } from "./select.ts";

/** The beginning of a pipeline, which the planner can answer. */
export interface Head {
  readonly filter: Doc;
  readonly sort: Value | undefined;
  readonly limit: number;
  /** How many stages it stands for. */
  readonly stages: number;
}

/** Takes `$match`, `$sort` and `$limit` at the beginning of a pipeline as one query. */
export function headOf(pipeline: readonly Value[]): Head {
  const filters: Doc[] = [];
  let sort: Value | undefined;
  let limit = 0;
  let at = 0;
  for (; at < pipeline.length; at++) {
    const [name, operand] = stageOf(pipeline[at] as Value);
    if (name === "$match" && isDoc(operand) && sort === undefined) filters.push(operand);
    else if (name === "$sort" && sort === undefined) sort = operand;
    else if (name === "$limit" && sort !== undefined) {
      const number = asNumber(operand);
      // A wrong limit is left to the stage itself, which says what is wrong.
      if (number !== undefined && Number.isInteger(number) && number > 0) {
        limit = number;
        at++;
      }
      break;
    } else break;
  }
  const [first] = filters;
  const filter = filters.length === 1 && first !== undefined ? first : combined(filters);
  return { filter, sort, limit, stages: at };
}

function combined(filters: readonly Doc[]): Doc {
  return filters.length === 0 ? new Map<string, Value>() : new Map<string, Value>([["$and", [...filters]]]);
}

/** `$match` and then nothing but a count of all, as `countDocuments` sends it: answered without documents. */
function countStage(pipeline: readonly Value[], head: Head): { id: Value; name: string } | undefined {
  if (head.sort !== undefined || pipeline.length !== head.stages + 1) return undefined;
  const [name, spec] = stageOf(pipeline[head.stages] as Value);
  if (name !== "$group" || !isDoc(spec) || spec.size !== 2) return undefined;
  const id = spec.get("_id");
  const [, field] = [...spec];
  const constant = id === null || typeof id === "number";
  if (!constant || field === undefined || !isDoc(field[1]) || field[1].size !== 1) return undefined;
  return asNumber(field[1].get("$sum")) === 1 ? { id, name: field[0] } : undefined;
}

function* source(store: Store, db: string, name: string, head: Head, fields: Fields): Documents {
  const collection = store.collection(db, name);
  const query = parse(head.filter, fields.variables());
  const sort = parseSort(head.sort);
  if (collection === undefined) return;
  let seen = 0;
  for (const match of selectSorted(store, collection, query, sort, head.limit, fields.get("hint"))) {
    if (match === undefined) {
      yield undefined;
      continue;
    }
    yield match.document();
    if (head.limit > 0 && ++seen >= head.limit) return;
  }
}

function* results(documents: Documents): Results {
  for (const document of documents) yield document === undefined ? undefined : new Raw(encode(document));
}

function* one(document: Doc | undefined): Documents {
  if (document !== undefined) yield document;
}

function* aggregate(context: Context): Task<Doc> {
  const { store, db, now } = context;
  const fields = new Fields("aggregate", context.body);
  fields.refuse("explain");
  const name = context.body.get("aggregate");
  if (typeof name !== "string") throw notImplemented("an aggregation on a whole database");
  const pipeline = fields.documents("pipeline");
  const cursor = fields.get("cursor");
  if (!isDoc(cursor)) {
    throw new StoreError(
      codes.failedToParse,
      "The 'cursor' option is required, except for aggregate with the explain argument",
    );
  }
  const batchSize = asNumber(cursor.get("batchSize"));
  const head = headOf(pipeline);
  const counting = countStage(pipeline, head);
  let documents: Documents;
  if (counting !== undefined) {
    const n = yield* countMatches(
      store,
      db,
      name,
      parse(head.filter, fields.variables()),
      fields.get("hint"),
    );
    documents = one(
      n === 0
        ? undefined
        : new Map<string, Value>([
            ["_id", counting.id],
            [counting.name, n],
          ]),
    );
  } else {
    const stages = pipeline.slice(head.stages).map((stage) => compileStage(stage, fields.variables()));
    documents = runStages(source(store, db, name, head, fields), stages);
  }
  const single = truthy(fields.get("singleBatch"));
  return yield* context.cursors.first(
    `${db}.${name}`,
    context.body,
    results(documents),
    batchSize,
    single,
    now,
  );
}

export const aggregateCommand: Command = {
  write: false,
  fields: [
    "pipeline",
    "cursor",
    "allowDiskUse",
    "bypassDocumentValidation",
    "collation",
    "hint",
    "let",
    "explain",
  ],
  run: aggregate,
};
