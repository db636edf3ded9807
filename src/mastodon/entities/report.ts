import type { ReportRow } from "../../database/rows.ts";
import type { AccountEntity } from "./account.ts";
import { timeOf } from "./time.ts";

export interface ReportEntity {
  id: string;
  action_taken: boolean;
  action_taken_at: string | null;
  category: string;
  comment: string;
  forwarded: boolean;
  created_at: string;
  status_ids: string[];
  rule_ids: string[];
  target_account: AccountEntity;
}

export function reportEntity(row: ReportRow, target: AccountEntity): ReportEntity {
  return {
    id: String(row._id),
    action_taken: false,
    action_taken_at: null,
    category: row.category,
    comment: row.comment,
    forwarded: row.forwarded,
    created_at: timeOf(row.createdAt),
    status_ids: row.posts.map(String),
    rule_ids: row.rules,
    target_account: target,
  };
}
