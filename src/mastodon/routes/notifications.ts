import {
  clearNotifications,
  countUnread,
  dismissNotification,
  findNotification,
} from "../../domain/notification-box.ts";
import { notificationsPage } from "../../domain/notifications.ts";
import type { Api, Context } from "../api.ts";
import { notFound } from "../errors.ts";
import { loadNotification, loadNotifications } from "../load/notifications.ts";
import { standingOf } from "../load/standing.ts";
import { notificationFilterOf } from "../notification-filter.ts";
import { pageOf, setPageLinks } from "../paging.ts";

const READ = { scope: "read:notifications" };
const WRITE = { scope: "write:notifications" };
const PAGE = { default: 40, max: 80 };
/** How far unread ones are counted. */
export const COUNTED = { default: 100, min: 1, max: 1000 };

/** Notifications one by one. */
export function notificationRoutes(api: Api): void {
  api.get("/api/v1/notifications", { ...READ, whoOnly: true }, async (context) => {
    const { site, account, viewer, params } = context;
    const page = pageOf(params, PAGE);
    const [rows, standing] = await Promise.all([
      notificationsPage(site, account, notificationFilterOf(params), page),
      standingOf(site, viewer),
    ]);
    setPageLinks(
      context,
      rows.map((row) => row._id),
      page,
    );
    return loadNotifications(site, viewer, rows, { standing });
  });

  api.get("/api/v1/notifications/unread_count", READ, async ({ site, account, params }) => ({
    count: await countUnread(site, account, notificationFilterOf(params), params.integer("limit", COUNTED)),
  }));

  api.get("/api/v1/notifications/:id", READ, async ({ site, account, viewer, params }) => {
    const row = await findNotification(site, account, params.requiredId("id"));
    const notification = row === null ? undefined : await loadNotification(site, viewer, row);
    if (notification === undefined) throw notFound();
    return notification;
  });

  const dismiss = async ({ site, account, params }: Context): Promise<void> => {
    if (!(await dismissNotification(site, account, params.requiredId("id")))) throw notFound();
  };
  api.post("/api/v1/notifications/:id/dismiss", WRITE, dismiss);
  api.delete("/api/v1/notifications/:id", WRITE, dismiss);

  const clear = ({ site, account }: Context): Promise<void> => clearNotifications(site, account);
  api.post("/api/v1/notifications/clear", WRITE, clear);
  api.post("/api/v2/notifications/clear", WRITE, clear);
}
