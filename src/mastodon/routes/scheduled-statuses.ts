import { findScheduled, reschedule, scheduledPage, unschedule } from "../../domain/scheduled.ts";
import type { Api } from "../api.ts";
import { loadScheduled, loadScheduledList } from "../load/scheduled.ts";
import { pageOf, setPageLinks } from "../paging.ts";
import { readTime } from "../times.ts";

/** Statuses that wait for their time. */
export function scheduledStatusRoutes(api: Api): void {
  const read = { scope: "read:statuses" };
  const write = { scope: "write:statuses" };

  api.get("/api/v1/scheduled_statuses", read, async (context) => {
    const page = pageOf(context.params, { default: 20, max: 40 });
    const rows = await scheduledPage(context.site, context.account, page);
    setPageLinks(
      context,
      rows.map((row) => row._id),
      page,
    );
    return loadScheduledList(context.site, rows);
  });
  api.get("/api/v1/scheduled_statuses/:id", read, async ({ site, account, params }) =>
    loadScheduled(site, await findScheduled(site, account, params.requiredId("id"))),
  );
  api.put("/api/v1/scheduled_statuses/:id", write, async ({ site, account, params }) => {
    const id = params.requiredId("id");
    const at = readTime(params.string("scheduled_at"));
    const row =
      at === undefined ? await findScheduled(site, account, id) : await reschedule(site, account, id, at);
    return loadScheduled(site, row);
  });
  api.delete("/api/v1/scheduled_statuses/:id", write, async ({ site, account, params }) =>
    unschedule(site, account, params.requiredId("id")),
  );
}
