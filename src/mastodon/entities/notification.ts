import type { NotificationRow } from "../../database/rows.ts";
import type { AccountEntity, PartialAccountEntity } from "./account.ts";
import type { StatusEntity } from "./status.ts";
import { timeOf } from "./time.ts";

export interface NotificationEntity {
  id: string;
  type: NotificationRow["type"];
  created_at: string;
  group_key: string;
  account: AccountEntity;
  status?: StatusEntity;
}

/** @param status of what it is about, if it is about one. */
export function notificationEntity(
  row: NotificationRow,
  account: AccountEntity,
  status?: StatusEntity,
): NotificationEntity {
  return {
    id: String(row._id),
    type: row.type,
    created_at: timeOf(row.createdAt),
    group_key: row.group,
    account,
    ...(status === undefined ? {} : { status }),
  };
}

/** Notifications of one kind about one thing on a page. */
export interface NotificationGroup {
  key: string;
  /** Those on the page, newest first; at least one. */
  rows: NotificationRow[];
  /** All there are, on this page or not. */
  count: number;
}

export interface NotificationGroupEntity {
  group_key: string;
  notifications_count: number;
  type: NotificationRow["type"];
  /** A number, as upstream sends it: Ice Cubes decodes nothing else. */
  most_recent_notification_id: number;
  page_min_id: string;
  page_max_id: string;
  latest_page_notification_at: string;
  sample_account_ids: string[];
  status_id?: string;
}

/** Faces that are named of a group. */
export const SAMPLES = 8;

export function notificationGroupEntity(group: NotificationGroup): NotificationGroupEntity {
  const newest = group.rows[0];
  const oldest = group.rows.at(-1);
  if (newest === undefined || oldest === undefined) throw new Error(`the group ${group.key} is empty`);
  return {
    group_key: group.key,
    notifications_count: Math.max(group.count, group.rows.length),
    type: newest.type,
    most_recent_notification_id: newest._id,
    page_min_id: String(oldest._id),
    page_max_id: String(newest._id),
    latest_page_notification_at: timeOf(newest.createdAt),
    sample_account_ids: samplesOf(group).map(String),
    ...(newest.post === undefined ? {} : { status_id: String(newest.post) }),
  };
}

/** The accounts that stand for a group: each once, newest first. */
export function samplesOf(group: NotificationGroup): number[] {
  return [...new Set(group.rows.map((row) => row.from))].slice(0, SAMPLES);
}

/**
 * Puts the notifications of a page into groups, in the order of their newest.
 * @param rows newest first.
 * @param types those that are to be grouped; left out: all that can be.
 */
export function groupNotifications(
  rows: readonly NotificationRow[],
  types?: readonly string[],
): NotificationGroup[] {
  const groups = new Map<string, NotificationGroup>();
  for (const row of rows) {
    const key = types === undefined || types.includes(row.type) ? row.group : `ungrouped-${row._id}`;
    const group = groups.get(key);
    if (group === undefined) groups.set(key, { key, rows: [row], count: 1 });
    else {
      group.rows.push(row);
      group.count += 1;
    }
  }
  return [...groups.values()];
}

export interface GroupedNotificationsEntity {
  accounts: AccountEntity[];
  partial_accounts?: PartialAccountEntity[];
  statuses: StatusEntity[];
  notification_groups: NotificationGroupEntity[];
}
