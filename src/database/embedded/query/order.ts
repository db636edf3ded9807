import type { Index } from "../storage/catalog.ts";
import type { SortField } from "./sort.ts";

/** How an index gives a wanted order. */
export interface Order {
  readonly reverse: boolean;
  /** Several equality prefixes have to be merged by what follows them. */
  readonly merge: boolean;
}

function match(
  index: Index,
  from: number,
  single: ReadonlySet<string>,
  sort: readonly SortField[],
): boolean | undefined {
  const fields: { path: string; descending: boolean }[] = index.fields.slice(from).map((field) => ({
    path: field.path,
    descending: field.descending,
  }));
  // Entries with equal values follow one another in the order of _id, unless the index is unique.
  if (!index.unique) fields.push({ path: "_id", descending: false });
  let at = 0;
  let reverse: boolean | undefined;
  for (const wanted of sort) {
    if (single.has(wanted.path)) continue;
    while (at < fields.length && single.has((fields[at] as SortField).path)) at++;
    const field = fields[at];
    // Every field of a unique index has been used: the order is complete, the rest cannot matter.
    if (field === undefined) return index.unique && !index.sparse ? (reverse ?? false) : undefined;
    if (field.path !== wanted.path) return undefined;
    const backwards = field.descending !== wanted.descending;
    if (reverse !== undefined && reverse !== backwards) return undefined;
    reverse = backwards;
    at++;
  }
  return reverse ?? false;
}

/**
 * Whether an index gives the wanted order, with `equalities[i]` the number of values its i-th field is compared
 * to. Never with arrays (an entry per element) or shortened keys.
 */
export function orderOf(
  index: Index,
  equalities: readonly number[],
  sort: readonly SortField[],
): Order | undefined {
  if (index.multikey || index.shortened) return undefined;
  const single = new Set<string>();
  equalities.forEach((count, at) => {
    if (count === 1) single.add(index.fields[at]?.path ?? "");
  });
  const plain = match(index, 0, single, sort);
  if (plain !== undefined) return { reverse: plain, merge: false };
  const several = equalities.some((count) => count > 1);
  const product = equalities.reduce((a, b) => a * b, 1);
  if (!several || product > 500) return undefined;
  const merged = match(index, equalities.length, single, sort);
  return merged === undefined ? undefined : { reverse: merged, merge: true };
}
