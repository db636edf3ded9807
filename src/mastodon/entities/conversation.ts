import type { ConversationRow } from "../../database/rows.ts";
import type { AccountEntity } from "./account.ts";
import type { StatusEntity } from "./status.ts";

export interface ConversationEntity {
  id: string;
  unread: boolean;
  accounts: AccountEntity[];
  last_status: StatusEntity | null;
}

/** @param accounts the others in it. */
export function conversationEntity(
  row: ConversationRow,
  accounts: AccountEntity[],
  lastStatus: StatusEntity | null,
): ConversationEntity {
  return { id: String(row._id), unread: row.unread, accounts, last_status: lastStatus };
}
