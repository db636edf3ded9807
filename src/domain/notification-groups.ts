import type { ActorRow, NotificationRow } from "../database/rows.ts";
import type { Site } from "../site.ts";
import type { StatusPage } from "../support/cursors.ts";
import { findNotification, readUpTo } from "./notification-box.ts";
import {
  NOTIFICATIONS_BY_TIME,
  notificationFilter,
  notificationsPage,
  type NotificationFilter,
} from "./notifications.ts";
import { sortedPage } from "./page.ts";

type Owner = Pick<ActorRow, "_id">;

/** Notifications read for one group that is wanted. More than these of one group on a page go to the next page. */
const READ_FOR_A_GROUP = 8;
/** Notifications looked at to count unread groups. */
const COUNTED = 2000;
/** Notifications of one group that its faces are taken from. */
const SAMPLED = 40;

const UNGROUPED = "ungrouped-";

export interface GroupsPage {
  /** Newest first; what lies between the first and the last is complete. */
  rows: NotificationRow[];
  /** Nothing more in the direction the page was asked for. */
  isLast: boolean;
}

/**
 * A page of notifications that makes at most `page.limit` groups. One query, however many notifications a group has: a
 * page is a run of notifications without a gap, so a group that reaches beyond it is met again on the next one.
 * @param groupedTypes types that are grouped; left out: all that can be.
 */
export async function groupedPage(
  site: Site,
  owner: Owner,
  filter: NotificationFilter,
  page: StatusPage,
  groupedTypes?: readonly string[],
): Promise<GroupsPage> {
  const read = page.limit * READ_FOR_A_GROUP;
  const rows = await notificationsPage(site, owner, filter, { ...page, limit: read });
  const isUpwards = page.minId !== undefined;
  const ordered = isUpwards ? rows.toReversed() : rows;
  const cut = cutAfterGroups(ordered, page.limit, groupedTypes);
  return {
    rows: isUpwards ? cut.toReversed() : cut,
    isLast: cut.length === rows.length && rows.length < read,
  };
}

/** The longest beginning that makes at most `groups` groups. */
export function cutAfterGroups(
  rows: readonly NotificationRow[],
  groups: number,
  groupedTypes?: readonly string[],
): NotificationRow[] {
  const keys = new Set<string>();
  const end = rows.findIndex((row) => {
    keys.add(groupKeyOf(row, groupedTypes));
    return keys.size > groups;
  });
  return end === -1 ? [...rows] : rows.slice(0, end);
}

function groupKeyOf(row: Pick<NotificationRow, "_id" | "type" | "group">, types?: readonly string[]): string {
  return types === undefined || types.includes(row.type) ? row.group : `${UNGROUPED}${row._id}`;
}

/** The newest notifications of one group, as its key names it; none where there is no such group. One query. */
export async function groupByKey(site: Site, owner: Owner, key: string): Promise<NotificationRow[]> {
  return groupMembers(site, owner, key, { limit: SAMPLED });
}

/** A page of the notifications in a group, newest first. One query. */
export async function groupMembers(
  site: Site,
  owner: Owner,
  key: string,
  page: StatusPage,
): Promise<NotificationRow[]> {
  const alone = aloneIn(key);
  if (alone !== undefined) {
    const row = await findNotification(site, owner, alone);
    const isWithin =
      row !== null &&
      row._id < (page.maxId ?? Infinity) &&
      row._id > (page.minId ?? page.sinceId ?? -Infinity);
    return isWithin ? [row] : [];
  }
  return sortedPage(site.models.notifications, shownIn(owner, key), page, "_id", {
    owner: 1,
    group: 1,
    _id: -1,
  });
}

/** Throws a whole group away. */
export async function dismissGroup(site: Site, owner: Owner, key: string): Promise<void> {
  const alone = aloneIn(key);
  await site.models.notifications.deleteMany(
    alone === undefined ? shownIn(owner, key) : { owner: owner._id, _id: alone },
  );
}

/** What is held back is in no group that anybody sees; its request decides about it. */
const shownIn = (owner: Owner, group: string) => ({
  owner: owner._id,
  group,
  filtered: { $exists: false },
});

/** The notification that an app asked to see by itself. */
function aloneIn(key: string): number | undefined {
  const digits = key.startsWith(UNGROUPED) ? key.slice(UNGROUPED.length) : "";
  return /^\d{1,16}$/.test(digits) ? Number(digits) : undefined;
}

/** How many groups lie above the marker, counted to `most`. Two queries. */
export async function countUnreadGroups(
  site: Site,
  owner: Owner,
  filter: NotificationFilter,
  most: number,
  groupedTypes?: readonly string[],
): Promise<number> {
  const last = await readUpTo(site, owner);
  const rows = await site.models.notifications
    .find({ ...notificationFilter(owner, filter), _id: { $gt: last } }, { type: 1, group: 1 })
    .sort({ _id: -1 })
    .limit(COUNTED)
    .hint(NOTIFICATIONS_BY_TIME)
    .lean<NotificationRow[]>();
  return Math.min(most, new Set(rows.map((row) => groupKeyOf(row, groupedTypes))).size);
}
