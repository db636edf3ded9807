import { blockDomain, domainBlocksPage, unblockDomain } from "../../domain/domain-blocks.ts";
import { endorsedPage, type PeoplePage } from "../../domain/follow-lists.ts";
import { followRequests } from "../../domain/follow-requests.ts";
import { blocksPage, mutesPage } from "../../domain/mutes.ts";
import type { ActorRow } from "../../database/rows.ts";
import type { Site } from "../../site.ts";
import type { StatusPage } from "../../support/cursors.ts";
import type { Api, Context } from "../api.ts";
import { mutedAccountEntity } from "../entities/account.ts";
import { loadAccounts } from "../load/accounts.ts";
import { pageOf, setPageLinks } from "../paging.ts";

type Lister = (site: Site, account: ActorRow, page: StatusPage) => Promise<PeoplePage>;

/** Whom an account has blocked, muted, endorsed, and who asks to follow it; and servers it has blocked. */
export function relationListRoutes(api: Api): void {
  api.get("/api/v1/blocks", { scope: ["read:blocks", "follow"] }, (context) => list(context, blocksPage));
  api.get("/api/v1/endorsements", { scope: "read:accounts" }, (context) => list(context, endorsedPage));
  api.get("/api/v1/follow_requests", { scope: ["read:follows", "follow"] }, (context) =>
    list(context, followRequests),
  );

  api.get("/api/v1/mutes", { scope: ["read:mutes", "follow"] }, async (context) => {
    const { site, account, viewer } = context;
    const page = pageIn(context);
    const { rows, cursors } = await mutesPage(site, account, page);
    setPageLinks(context, cursors, page, "since_id");
    const entities = await loadAccounts(
      site,
      viewer,
      rows.map((row) => row.actor),
    );
    return entities.map((entity, at) => mutedAccountEntity(entity, rows[at] ?? {}));
  });

  const write = { scope: ["write:blocks", "follow"] };
  api.get("/api/v1/domain_blocks", { scope: ["read:blocks", "follow"] }, async (context) => {
    const page = pageOf(context.params, { default: 100, max: 200 });
    const rows = await domainBlocksPage(context.site, context.account, page);
    const ids = rows.map((row) => row._id);
    setPageLinks(context, ids, page, "since_id");
    return rows.map((row) => row.domain);
  });
  api.post("/api/v1/domain_blocks", write, async ({ site, account, params }) => {
    await blockDomain(site, account, params.string("domain") ?? "");
  });
  api.delete("/api/v1/domain_blocks", write, async ({ site, account, params }) => {
    await unblockDomain(site, account, params.string("domain") ?? "");
  });
}

function pageIn({ params }: Context): StatusPage {
  return pageOf(params, { default: 40, max: 80 });
}

async function list(context: Context, lister: Lister): Promise<unknown> {
  const page = pageIn(context);
  const { rows, cursors } = await lister(context.site, context.account, page);
  setPageLinks(context, cursors, page, "since_id");
  return loadAccounts(context.site, context.viewer, rows);
}
