import { decode } from "../bson/decode.ts";
import type { Doc, Value } from "../bson/value.ts";
import { codes, StoreError } from "../errors.ts";
import { matcher } from "../query/match.ts";
import type { Matcher } from "../query/match.ts";
import type { Node } from "../query/node.ts";
import { parseQuery } from "../query/parse.ts";
import type { Plan } from "../query/plan.ts";
import { planQuery } from "../query/plan.ts";
import type { SortField } from "../query/sort.ts";
import { sortKey, Sorter } from "../query/sort.ts";
import type { Collection } from "../storage/catalog.ts";
import type { Stored } from "../storage/documents.ts";
import { candidates } from "../storage/scan.ts";
import type { Store } from "../storage/store.ts";
import { currentSlice, sliceIsOver } from "../storage/task.ts";

/** A query, parsed once. */
export interface Query {
  readonly node: Node;
  readonly matches: Matcher;
  /** Nothing is asked: every document matches, none needs to be decoded. */
  readonly all: boolean;
}

/** A document that matches. */
export interface Match {
  readonly stored: Stored;
  document(): Doc;
}

/** Matches one by one; undefined is a point where the task may pause. */
export type Matches = Generator<Match | undefined, void, undefined>;

export function parse(filter: Doc, variables?: ReadonlyMap<string, Value>): Query {
  const node = parseQuery(filter, variables);
  return { node, matches: matcher(node), all: node.kind === "and" && node.nodes.length === 0 };
}

/** A document decoded when it is needed, at most once. */
function lazy(stored: Stored): Match {
  let document: Doc | undefined;
  return { stored, document: () => (document ??= decode(stored.bytes)) };
}

/** Documents that match, in no order. */
export function* select(store: Store, collection: Collection, query: Query, hint?: Value): Matches {
  yield* test(store, collection, query, planQuery(collection, query.node, [], hint));
}

/**
 * After a pause: whether what is being read is still there. Of a dropped index or collection the purge leaves any part
 * it has not come to, and an end that is none would look like the end of the results.
 */
function checkLive(store: Store, collection: Collection, plan: Plan): void {
  const now = store.catalog.find(collection.db, collection.name);
  if (now?.id !== collection.id) {
    throw new StoreError(
      codes.queryPlanKilled,
      `collection dropped between getMore calls: ${collection.db}.${collection.name}`,
    );
  }
  for (const { index } of plan.union ?? [plan]) {
    if (index.primary || now.indexes.some(({ id }) => id === index.id)) continue;
    throw new StoreError(codes.queryPlanKilled, `index '${index.name}' dropped between getMore calls`);
  }
}

function* test(store: Store, collection: Collection, query: Query, plan: Plan): Matches {
  let slice = currentSlice();
  for (const match of matchesOf(store, collection, query, plan)) {
    yield match;
    if (slice === currentSlice()) continue;
    slice = currentSlice();
    checkLive(store, collection, plan);
  }
}

function* matchesOf(store: Store, collection: Collection, query: Query, plan: Plan): Matches {
  // Where the index answers the whole query, no document is decoded to ask it again.
  const matches = query.all || plan.covered ? undefined : query.matches;
  let count = 0;
  for (const candidate of candidates(store.kv, collection, plan)) {
    if (candidate === undefined) {
      yield undefined;
      continue;
    }
    const match = lazy(candidate);
    if (matches === undefined || matches(match.document())) yield match;
    else if (++count % 32 === 0 && sliceIsOver()) yield undefined;
  }
}

/**
 * Documents that match, in the order wanted: by an index if one gives it, else sorted in memory.
 * @param limit how many are wanted from the beginning, 0 for all; keeps a sort in memory small
 */
export function* selectSorted(
  store: Store,
  collection: Collection,
  query: Query,
  sort: readonly SortField[],
  limit: number,
  hint?: Value,
): Matches {
  const plan = planQuery(collection, query.node, sort, hint);
  const matches = test(store, collection, query, plan);
  if (sort.length === 0 || plan.ordered) {
    yield* matches;
    return;
  }
  const sorter = new Sorter<Stored>(limit);
  for (const match of matches) {
    if (match === undefined) yield undefined;
    else sorter.add(sortKey(match.document(), sort), match.stored, match.stored.bytes.length);
  }
  for (const stored of sorter.sorted()) yield lazy(stored);
}
