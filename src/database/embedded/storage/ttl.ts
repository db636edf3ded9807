import { decode } from "../bson/decode.ts";
import type { Value } from "../bson/value.ts";
import { matcher } from "../query/match.ts";
import { parseQuery } from "../query/parse.ts";
import { planQuery } from "../query/plan.ts";
import { candidates } from "./scan.ts";
import type { Store } from "./store.ts";
import type { Task } from "./task.ts";
import { sliceIsOver } from "./task.ts";

/**
 * Removes documents whose date in a TTL index lies further back than the index says. Dates in arrays count: the
 * earliest one decides, as in MongoDB.
 * @returns how many were removed
 */
export function* expire(store: Store, now: Date): Task<number> {
  let removed = 0;
  for (const { db, name, indexes } of store.catalog.all()) {
    for (const index of indexes) {
      const { expireAfterSeconds } = index;
      const [field] = index.fields;
      if (expireAfterSeconds === undefined || field === undefined) continue;
      const limit: Value = new Date(now.getTime() - expireAfterSeconds * 1000);
      if (Number.isNaN(limit.getTime())) continue;
      const query = parseQuery(new Map([[field.path, new Map<string, Value>([["$lte", limit]])]]));
      const matches = matcher(query);
      const collection = store.collection(db, name);
      if (collection === undefined) continue;
      for (const candidate of candidates(
        store.kv,
        collection,
        planQuery(collection, query, [], index.name),
      )) {
        if (sliceIsOver()) yield undefined;
        const current = store.collection(db, name);
        if (candidate === undefined || current?.id !== collection.id) continue;
        const bytes = store.documents.get(current, candidate.id);
        if (bytes === undefined || !matches(decode(bytes))) continue;
        store.documents.remove(current, { id: candidate.id, bytes });
        removed++;
      }
    }
  }
  return removed;
}
