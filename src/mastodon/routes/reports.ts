import { accountById } from "../../domain/find-account.ts";
import { reportActor } from "../../domain/reports.ts";
import type { Api } from "../api.ts";
import { reportEntity } from "../entities/report.ts";
import { notFound } from "../errors.ts";
import { loadAccount } from "../load/accounts.ts";

/** Reports are kept for whoever runs the site; the site has no rules that they could name. */
export function reportRoutes(api: Api): void {
  api.post("/api/v1/reports", { scope: "write:reports" }, async ({ site, account, params, viewer }) => {
    const target = await accountById(site, params.requiredId("account_id"));
    if (target === null) throw notFound();
    const category = params.string("category");
    const row = await reportActor(site, account, target, {
      posts: params.ids("status_ids"),
      comment: params.string("comment") ?? "",
      forward: params.boolean("forward", false),
      ...(category === undefined || category === "" ? {} : { category }),
    });
    return reportEntity(row, await loadAccount(site, viewer, target));
  });
}
