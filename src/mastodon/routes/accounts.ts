import type { ActorRow } from "../../database/rows.ts";
import { featuredTags } from "../../domain/featured-tags.ts";
import { accountByHandle, accountById, accountsByIds } from "../../domain/find-account.ts";
import { listsWith } from "../../domain/list-members.ts";
import { accountPage } from "../../domain/listings.ts";
import type { Api, Context } from "../api.ts";
import { listEntity } from "../entities/list.ts";
import { featuredTagEntity } from "../entities/tag.ts";
import { notFound, unprocessable } from "../errors.ts";
import { loadAccount, loadAccounts, loadCredentialAccount } from "../load/accounts.ts";
import { loadRelationships } from "../load/relationships.ts";
import { standingOf } from "../load/standing.ts";
import { loadStatuses } from "../load/statuses.ts";
import { pageOf, setPageLinks } from "../paging.ts";

/** Accounts asked for at once. */
const AT_ONCE = 40;

/** The account in the path. @throws {ApiError} 404. */
export async function accountInPath({ site, params }: Context): Promise<ActorRow> {
  const account = await accountById(site, params.requiredId("id"));
  if (account === null) throw notFound();
  return account;
}

/** Reading accounts, ours and others'. */
export function accountRoutes(api: Api): void {
  const open = { scope: "read:accounts", auth: "optional" } as const;

  api.get(
    "/api/v1/accounts/verify_credentials",
    { scope: ["profile", "read:accounts"] },
    ({ site, account }) => loadCredentialAccount(site, account),
  );

  api.get("/api/v1/accounts/lookup", open, async ({ site, params, viewer }) => {
    const account = await accountByHandle(site, params.string("acct") ?? "");
    if (account === null) throw notFound();
    return loadAccount(site, viewer, account);
  });

  api.get("/api/v1/accounts", open, async ({ site, params, viewer }) => {
    const ids = params.ids("id");
    if (ids.length > AT_ONCE) throw unprocessable(`At most ${AT_ONCE} accounts can be asked for at once`);
    return loadAccounts(site, viewer, await accountsByIds(site, ids));
  });

  api.get("/api/v1/accounts/relationships", { scope: "read:follows" }, async ({ site, params, account }) => {
    const targets = await accountsByIds(site, params.ids("id").slice(0, AT_ONCE));
    return loadRelationships(site, account, targets);
  });

  api.get("/api/v1/accounts/:id", open, async (context) =>
    loadAccount(context.site, context.viewer, await accountInPath(context)),
  );

  api.get(
    "/api/v1/accounts/:id/statuses",
    { scope: "read:statuses", auth: "optional", whoOnly: true },
    statuses,
  );

  api.get("/api/v1/accounts/:id/lists", { scope: "read:lists" }, async (context) => {
    const account = await accountInPath(context);
    return (await listsWith(context.site, [context.account._id], account._id)).map(listEntity);
  });

  api.get("/api/v1/accounts/:id/featured_tags", { auth: "optional" }, async (context) => {
    const { site } = context;
    const account = await accountInPath(context);
    const tags = account.local ? await featuredTags(site, account) : [];
    return tags.map((tag) => featuredTagEntity(tag.row, site.urls.tagPage(tag.row.tag), tag));
  });
}

async function statuses(context: Context): Promise<unknown> {
  const { site, params, viewer } = context;
  const [account, standing] = await Promise.all([accountInPath(context), standingOf(site, viewer)]);
  const page = pageOf(params, { default: 20, max: 40 });
  const pinned = params.boolean("pinned", false);
  const tagged = params.string("tagged");
  const rows = await accountPage(
    site,
    account,
    {
      onlyMedia: params.boolean("only_media", false),
      excludeReplies: params.boolean("exclude_replies", false),
      excludeBoosts: params.boolean("exclude_reblogs", false),
      excludeDirect: params.boolean("exclude_direct", false),
      pinned,
      ...(tagged === undefined || tagged === "" ? {} : { tagged }),
    },
    page,
    viewer.account,
  );
  // What is pinned is one short list in an order of its own: there is nothing to walk.
  if (!pinned) {
    setPageLinks(
      context,
      rows.map((row) => row._id),
      page,
    );
  }
  return loadStatuses(site, viewer, rows, { standing });
}
