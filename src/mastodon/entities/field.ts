import type { FieldRow } from "../../database/rows.ts";

export interface FieldEntity {
  name: string;
  value: string;
  verified_at: string | null;
}

/** A row of a profile's table as readers see it. */
export function fieldEntity(row: FieldRow): FieldEntity {
  return { name: row.name, value: row.value, verified_at: null };
}

/** The same as its owner wrote it. */
export function fieldSourceEntity(row: FieldRow): FieldEntity {
  return { name: row.name, value: row.source ?? row.value, verified_at: null };
}
