import type { Collection } from "mongodb";
import type { Model } from "mongoose";

/**
 * The driver's own collection behind a model, for hot paths and whole-row writes: no casting, no hydration. Only between
 * `ready` and `close`; a command while the connection is down fails at once or within the server selection time.
 */
export function native<Row extends { _id: number | string }>(model: Model<Row>): Collection<Row> {
  return model.collection as unknown as Collection<Row>;
}

/** Inserts one whole row. @throws the driver's duplicate-key error (see `isDuplicateKey`). */
export async function insertRow<Row extends { _id: number | string }>(
  model: Model<Row>,
  row: Row,
): Promise<void> {
  // The driver's type wants an optional id; ours are always given.
  await native(model).insertOne(row as Parameters<Collection<Row>["insertOne"]>[0]);
}
