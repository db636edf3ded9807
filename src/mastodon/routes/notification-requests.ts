import type { RelationRow } from "../../database/rows.ts";
import {
  acceptRequests,
  dismissRequests,
  findRequest,
  findRequests,
  requestsPage,
} from "../../domain/notification-requests.ts";
import type { Api, Context } from "../api.ts";
import { notFound } from "../errors.ts";
import { loadNotificationRequests } from "../load/notification-requests.ts";
import { pageOf, setPageLinks } from "../paging.ts";

const READ = { scope: "read:notifications" };
const WRITE = { scope: "write:notifications" };
const PAGE = { default: 40, max: 80 };

/** Senders whose notifications are held back. */
export function notificationRequestRoutes(api: Api): void {
  api.get("/api/v1/notifications/requests", READ, async (context) => {
    const { site, account, viewer, params } = context;
    const page = pageOf(params, PAGE);
    const rows = await requestsPage(site, account, page);
    setPageLinks(
      context,
      rows.map((row) => row._id),
      page,
    );
    return loadNotificationRequests(site, viewer, rows);
  });

  // Accepting is done when it is answered.
  api.get("/api/v1/notifications/requests/merged", READ, () => ({ merged: true }));

  api.get("/api/v1/notifications/requests/:id", READ, async (context) => {
    const [request] = await loadNotificationRequests(context.site, context.viewer, [
      await requested(context),
    ]);
    if (request === undefined) throw notFound();
    return request;
  });

  api.post("/api/v1/notifications/requests/:id/accept", WRITE, async (context) =>
    acceptRequests(context.site, context.account, [await requested(context)]),
  );
  api.post("/api/v1/notifications/requests/:id/dismiss", WRITE, async (context) =>
    dismissRequests(context.site, context.account, [await requested(context)]),
  );
  api.post("/api/v1/notifications/requests/accept", WRITE, async ({ site, account, params }) =>
    acceptRequests(site, account, await findRequests(site, account, params.ids("id"))),
  );
  api.post("/api/v1/notifications/requests/dismiss", WRITE, async ({ site, account, params }) =>
    dismissRequests(site, account, await findRequests(site, account, params.ids("id"))),
  );
}

async function requested({ site, account, params }: Context): Promise<RelationRow> {
  const row = await findRequest(site, account, params.requiredId("id"));
  if (row === null) throw notFound();
  return row;
}
