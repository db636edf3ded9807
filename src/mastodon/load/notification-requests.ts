import type { PostRow, RelationRow } from "../../database/rows.ts";
import type { Site } from "../../site.ts";
import {
  notificationRequestEntity,
  type NotificationRequestEntity,
} from "../entities/notification-request.ts";
import { loadAccountsById } from "./accounts.ts";
import { loadStatuses } from "./statuses.ts";
import type { LoadViewer } from "./viewer.ts";

/** Requests in the same order, without those of people who are gone. A fixed number of queries. */
export async function loadNotificationRequests(
  site: Site,
  viewer: LoadViewer,
  rows: readonly RelationRow[],
): Promise<NotificationRequestEntity[]> {
  if (rows.length === 0) return [];
  const ids = rows.flatMap((row) => (row.lastPost === undefined ? [] : [row.lastPost]));
  const [accounts, posts] = await Promise.all([
    loadAccountsById(
      site,
      viewer,
      rows.map((row) => row.target),
    ),
    ids.length === 0 ? [] : site.models.posts.find({ _id: { $in: ids } }).lean<PostRow[]>(),
  ]);
  const statuses = new Map(
    (await loadStatuses(site, viewer, posts)).map((status) => [Number(status.id), status]),
  );
  return rows.flatMap((row) => {
    const account = accounts.get(row.target);
    if (account === undefined) return [];
    const status = row.lastPost === undefined ? undefined : statuses.get(row.lastPost);
    return [notificationRequestEntity(row, account, status)];
  });
}
