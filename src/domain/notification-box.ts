import type { ActorRow, MarkerRow, NotificationRow, PostRow } from "../database/rows.ts";
import type { Site } from "../site.ts";
import { shrinkRequest } from "./notification-requests.ts";
import { notificationFilter, type NotificationFilter } from "./notifications.ts";

type Owner = Pick<ActorRow, "_id">;

/** One notification of an account, held back or not; `null` for what is not there or somebody else's. */
export async function findNotification(
  site: Site,
  owner: Owner,
  id: number,
): Promise<NotificationRow | null> {
  return site.models.notifications.findOne({ _id: id, owner: owner._id }).lean<NotificationRow | null>();
}

/** Throws one away. @returns whether it was there. */
export async function dismissNotification(site: Site, owner: Owner, id: number): Promise<boolean> {
  const { deletedCount } = await site.models.notifications.deleteOne({ _id: id, owner: owner._id });
  return deletedCount > 0;
}

/** Throws everything away; what is held back goes with it. */
export async function clearNotifications(site: Site, owner: Owner): Promise<void> {
  await Promise.all([
    site.models.notifications.deleteMany({ owner: owner._id }),
    site.models.relations.deleteMany({ owner: owner._id, kind: "notificationRequest" }),
  ]);
}

/** A post is gone, and whatever told of it: nobody could see that any more, yet it would be counted as unread for ever. */
export async function forgetNotificationsOf(site: Site, post: Pick<PostRow, "_id">): Promise<void> {
  const held = await site.models.notifications
    .find({ post: post._id, filtered: true }, { owner: 1, from: 1 })
    .lean<Pick<NotificationRow, "owner" | "from">[]>();
  await site.models.notifications.deleteMany({ post: post._id });
  for (const row of held) await shrinkRequest(site, row.owner, row.from);
}

/** Up to which notification an account has read, by its marker. */
export async function readUpTo(site: Site, owner: Owner): Promise<number> {
  const marker = await site.models.markers
    .findById(`${owner._id}:notifications`)
    .lean<Pick<MarkerRow, "lastReadId"> | null>();
  return Number(marker?.lastReadId ?? 0);
}

/** How many notifications lie above the marker, counted to `most`. Two queries. */
export async function countUnread(
  site: Site,
  owner: Owner,
  filter: NotificationFilter,
  most: number,
): Promise<number> {
  const last = await readUpTo(site, owner);
  return site.models.notifications.countDocuments(
    { ...notificationFilter(owner, filter), _id: { $gt: last } },
    { limit: most },
  );
}
