import type { ActorRow } from "../../database/rows.ts";
import { acctOf } from "./account.ts";

export interface MentionEntity {
  id: string;
  username: string;
  acct: string;
  url: string;
}

/** Somebody named in a status. Only people whose row is here: apps open the profile by its id. */
export function mentionEntity(row: ActorRow): MentionEntity {
  return { id: String(row._id), username: row.username, acct: acctOf(row), url: row.url };
}
