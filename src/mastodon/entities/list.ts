import type { ListRow } from "../../database/rows.ts";

export interface ListEntity {
  id: string;
  title: string;
  replies_policy: ListRow["repliesPolicy"];
  exclusive: boolean;
}

export function listEntity(row: ListRow): ListEntity {
  return {
    id: String(row._id),
    title: row.title,
    replies_policy: row.repliesPolicy,
    exclusive: row.exclusive,
  };
}
