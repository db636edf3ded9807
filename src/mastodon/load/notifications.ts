import { readRows } from "../../database/native.ts";
import type { NotificationRow } from "../../database/rows.ts";
import type { Site } from "../../site.ts";
import { partialAccountEntity, type AccountEntity } from "../entities/account.ts";
import {
  groupNotifications,
  notificationEntity,
  notificationGroupEntity,
  samplesOf,
  type GroupedNotificationsEntity,
  type NotificationEntity,
  type NotificationGroup,
} from "../entities/notification.ts";
import type { StatusEntity } from "../entities/status.ts";
import { loadAccountsById } from "./accounts.ts";
import { loadStatuses, type LoadOptions } from "./statuses.ts";
import type { LoadViewer } from "./viewer.ts";

/** Those that say nothing without the status they are about. */
const ABOUT_A_STATUS: ReadonlySet<NotificationRow["type"]> = new Set([
  "mention",
  "status",
  "reblog",
  "favourite",
  "poll",
  "update",
  "quote",
  "quoted_update",
]);

/**
 * Notifications in the same order, without those whose status or sender is no longer to be seen. A fixed number of queries
 * however long the list.
 */
export async function loadNotifications(
  site: Site,
  viewer: LoadViewer,
  rows: readonly NotificationRow[],
  options: LoadOptions = {},
): Promise<NotificationEntity[]> {
  const [accounts, statuses] = await Promise.all([
    loadAccountsById(
      site,
      viewer,
      rows.map((row) => row.from),
    ),
    loadTheirStatuses(site, viewer, rows, options),
  ]);
  return rows.flatMap((row) => {
    const account = accounts.get(row.from);
    const status = row.post === undefined ? undefined : statuses.get(row.post);
    if (account === undefined || (ABOUT_A_STATUS.has(row.type) && status === undefined)) return [];
    return [notificationEntity(row, account, status)];
  });
}

/** One of them; `undefined` where there is nothing to show any more. */
export async function loadNotification(
  site: Site,
  viewer: LoadViewer,
  row: NotificationRow,
  options: LoadOptions = {},
): Promise<NotificationEntity | undefined> {
  return (await loadNotifications(site, viewer, [row], options))[0];
}

export interface GroupedOptions extends LoadOptions {
  /** Types that are to be grouped. Left out: all that can be. */
  groupedTypes?: readonly string[];
  /** `partial_avatars`: only one account a group in full. */
  expandAccounts?: "full" | "partial_avatars";
}

/** A page of notifications in groups. A fixed number of queries. @param rows newest first. */
export async function loadGroupedNotifications(
  site: Site,
  viewer: LoadViewer,
  rows: readonly NotificationRow[],
  options: GroupedOptions = {},
): Promise<GroupedNotificationsEntity> {
  const groups = groupNotifications(rows, options.groupedTypes);
  const [accounts, statuses] = await Promise.all([
    loadAccountsById(site, viewer, [...new Set(groups.flatMap(samplesOf))]),
    loadTheirStatuses(site, viewer, rows, options),
    countGroups(site, groups),
  ]);
  const shown = groups.flatMap((group) => shownPart(group, accounts, statuses));
  const named = new Set(shown.flatMap(samplesOf));
  const first = new Set(shown.flatMap((group) => samplesOf(group).slice(0, 1)));
  const people = [...accounts].filter(([id]) => named.has(id));
  const isPartial = options.expandAccounts === "partial_avatars";
  const told = new Set(shown.map((group) => group.rows[0]?.post));
  return {
    accounts: people.filter(([id]) => !isPartial || first.has(id)).map(([, account]) => account),
    ...(isPartial
      ? {
          partial_accounts: people
            .filter(([id]) => !first.has(id))
            .map(([, account]) => partialAccountEntity(account)),
        }
      : {}),
    statuses: [...statuses].filter(([id]) => told.has(id)).map(([, status]) => status),
    notification_groups: shown.map(notificationGroupEntity),
  };
}

/** The group without people who are gone; nothing where nobody, or no status, is left. */
function shownPart(
  group: NotificationGroup,
  accounts: ReadonlyMap<number, AccountEntity>,
  statuses: ReadonlyMap<number, StatusEntity>,
): NotificationGroup[] {
  const [newest] = group.rows;
  if (newest === undefined) return [];
  if (ABOUT_A_STATUS.has(newest.type) && (newest.post === undefined || !statuses.has(newest.post))) return [];
  const sampled = new Set(samplesOf(group));
  const rows = group.rows.filter((row) => !sampled.has(row.from) || accounts.has(row.from));
  return rows.length === 0 ? [] : [{ ...group, rows }];
}

/** Groups reach beyond a page: counts all there is of each, in one query. */
async function countGroups(site: Site, groups: readonly NotificationGroup[]): Promise<void> {
  const owner = groups[0]?.rows[0]?.owner;
  const keys = groups.map((group) => group.key).filter((key) => !key.startsWith("ungrouped-"));
  if (owner === undefined || keys.length === 0) return;
  const counts = await site.models.notifications.aggregate<{ _id: string; count: number }>([
    { $match: { owner, group: { $in: keys }, filtered: { $exists: false } } },
    { $group: { _id: "$group", count: { $sum: 1 } } },
  ]);
  for (const { _id, count } of counts) {
    const group = groups.find((each) => each.key === _id);
    if (group) group.count = count;
  }
}

async function loadTheirStatuses(
  site: Site,
  viewer: LoadViewer,
  rows: readonly NotificationRow[],
  options: LoadOptions,
): Promise<Map<number, StatusEntity>> {
  const ids = [...new Set(rows.flatMap((row) => (row.post === undefined ? [] : [row.post])))];
  if (ids.length === 0) return new Map();
  const posts = await readRows(site.models.posts, { _id: { $in: ids } });
  const statuses = await loadStatuses(site, viewer, posts, options);
  return new Map(statuses.map((status) => [Number(status.id), status]));
}
