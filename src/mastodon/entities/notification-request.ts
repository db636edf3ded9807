import type { RelationRow } from "../../database/rows.ts";
import type { AccountEntity } from "./account.ts";
import type { StatusEntity } from "./status.ts";
import { timeOf } from "./time.ts";

export interface NotificationRequestEntity {
  id: string;
  created_at: string;
  updated_at: string;
  account: AccountEntity;
  /** Text, as upstream sends it. */
  notifications_count: string;
  last_status: StatusEntity | null;
}

/** @param row of kind `notificationRequest`. */
export function notificationRequestEntity(
  row: RelationRow,
  account: AccountEntity,
  lastStatus: StatusEntity | undefined,
): NotificationRequestEntity {
  return {
    id: String(row._id),
    created_at: timeOf(row.createdAt),
    updated_at: timeOf(row.updatedAt ?? row.createdAt),
    account,
    notifications_count: String(row.held ?? 0),
    last_status: lastStatus ?? null,
  };
}
