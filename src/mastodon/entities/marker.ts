import type { MarkerRow } from "../../database/rows.ts";
import { timeOf } from "./time.ts";

export interface MarkerEntity {
  last_read_id: string;
  version: number;
  updated_at: string;
}

export function markerEntity(row: MarkerRow): MarkerEntity {
  return { last_read_id: row.lastReadId, version: row.version, updated_at: timeOf(row.updatedAt) };
}
