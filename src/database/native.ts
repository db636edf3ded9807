import type { Collection, FindOptions } from "mongodb";
import type { Model } from "mongoose";

/**
 * The driver's own collection behind a model, for hot paths and whole-row writes: no casting, no hydration. Only between
 * `ready` and `close`; a command while the connection is down fails at once or within the server selection time.
 */
export function native<Row extends { _id: number | string }>(model: Model<Row>): Collection<Row> {
  return model.collection as unknown as Collection<Row>;
}

/** `batchSize` of queries that are to be one round trip: the driver asks again after the first 101 rows otherwise. */
export const ONE_BATCH = 10_000;

/**
 * Rows as they are stored, in one round trip. What every list is read by: mongoose's query costs as much again as the
 * driver's, and has nothing to cast here. Nothing in `filter` may be `undefined`: it would be looked for as null.
 */
export async function readRows<Row extends { _id: number | string }>(
  model: Model<Row>,
  filter: Record<string, unknown>,
  options: Pick<FindOptions, "projection" | "sort" | "limit" | "hint"> = {},
): Promise<Row[]> {
  const rows = native(model).find(filter as never, { batchSize: ONE_BATCH, ...options });
  return (await rows.toArray()) as Row[];
}

/** Inserts one whole row. @throws the driver's duplicate-key error (see `isDuplicateKey`). */
export async function insertRow<Row extends { _id: number | string }>(
  model: Model<Row>,
  row: Row,
): Promise<void> {
  // The driver's type wants an optional id; ours are always given.
  await native(model).insertOne(row as Parameters<Collection<Row>["insertOne"]>[0]);
}
