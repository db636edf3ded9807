import type { Model } from "mongoose";
import { readRows } from "../database/native.ts";
import { pageRange, type StatusPage } from "../support/cursors.ts";

/**
 * A page of a list sorted by one id field, newest first, as apps ask for it (`max_id`, `since_id`, `min_id`). One query.
 * @param field what is sorted and paged by; the filter must stand on an index that ends with it.
 * @param hint that index, where the store could take another for as good and read far more.
 */
export async function sortedPage<Row extends { _id: number | string }>(
  model: Model<Row>,
  filter: Record<string, unknown>,
  page: StatusPage,
  field: keyof Row & string = "_id",
  hint?: Record<string, 1 | -1>,
): Promise<Row[]> {
  const { range, direction } = pageRange(page);
  const rows = await readRows(
    model,
    { ...filter, ...(range === undefined ? {} : { [field]: range }) },
    { sort: { [field]: direction }, limit: page.limit, ...(hint === undefined ? {} : { hint }) },
  );
  return direction === 1 ? rows.reverse() : rows;
}

/** Rows in the order of `ids`; ids without a row are left out. */
export function inOrderOf<Row extends { _id: number }>(ids: readonly number[], rows: readonly Row[]): Row[] {
  const byId = new Map(rows.map((row) => [row._id, row]));
  return ids.map((id) => byId.get(id)).filter((row) => row !== undefined);
}
