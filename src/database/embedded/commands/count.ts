import { encodeKey } from "../bson/keys.ts";
import type { Doc, Value } from "../bson/value.ts";
import { walk } from "../query/path.ts";
import { planQuery } from "../query/plan.ts";
import { countEntries } from "../storage/scan.ts";
import type { Store } from "../storage/store.ts";
import type { Task } from "../storage/task.ts";
import type { Command, Context } from "./context.ts";
import { collectionName, Fields } from "./context.ts";
import type { Query } from "./select.ts";
import { parse, select } from "./select.ts";

/** How many documents match: from the catalog, from an index alone if one says it all, else by reading them. */
export function* countMatches(
  store: Store,
  db: string,
  name: string,
  query: Query,
  hint: Value | undefined,
): Task<number> {
  const collection = store.collection(db, name);
  if (collection === undefined) return 0;
  if (query.all) return collection.count;
  const plan = planQuery(collection, query.node, [], hint);
  if (plan.covered && plan.union === undefined) return countEntries(store.kv, plan);
  let total = 0;
  for (const match of select(store, collection, query, hint)) {
    if (match === undefined) yield undefined;
    else total++;
  }
  return total;
}

function* count(context: Context): Task<Doc> {
  const fields = new Fields("count", context.body);
  fields.refuse();
  const query = parse(fields.document("query"));
  const limit = Math.abs(fields.integer("limit") ?? 0);
  const skip = fields.integer("skip") ?? 0;
  let n = yield* countMatches(context.store, context.db, collectionName(context), query, fields.get("hint"));
  n = Math.max(0, n - skip);
  if (limit > 0) n = Math.min(n, limit);
  return new Map([
    ["n", n],
    ["ok", 1],
  ]);
}

/** The values at a path; an array at its end counts by its elements only. */
function leaves(document: Doc, parts: readonly string[], visit: (value: Value) => void): void {
  walk(document, parts, false, (value) => {
    if (Array.isArray(value)) value.forEach(visit);
    else if (value !== undefined) visit(value);
    return false;
  });
}

function* distinct(context: Context): Task<Doc> {
  const { store, db } = context;
  const fields = new Fields("distinct", context.body);
  fields.refuse();
  const parts = fields.string("key").split(".");
  const query = parse(fields.document("query"));
  const found = new Map<string, Value>();
  const collection = store.collection(db, collectionName(context));
  if (collection !== undefined) {
    for (const match of select(store, collection, query, fields.get("hint"))) {
      if (match === undefined) {
        yield undefined;
        continue;
      }
      leaves(match.document(), parts, (value) => found.set(encodeKey(value).toString("latin1"), value));
    }
  }
  return new Map<string, Value>([
    ["values", [...found.values()]],
    ["ok", 1],
  ]);
}

export const countCommands: Readonly<Record<string, Command>> = {
  count: { write: false, fields: ["query", "limit", "skip", "hint", "collation", "fields"], run: count },
  distinct: { write: false, fields: ["key", "query", "collation", "hint"], run: distinct },
};
