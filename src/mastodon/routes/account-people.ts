import type { ActorRow } from "../../database/rows.ts";
import {
  endorsedPage,
  familiarFollowers,
  followersPage,
  followingPage,
  type PeoplePage,
} from "../../domain/follow-lists.ts";
import type { Site } from "../../site.ts";
import type { StatusPage } from "../../support/cursors.ts";
import type { Api, Context, MethodOptions } from "../api.ts";
import { loadAccounts } from "../load/accounts.ts";
import { pageOf, setPageLinks } from "../paging.ts";
import { accountInPath } from "./accounts.ts";

type Lister = (
  site: Site,
  account: ActorRow,
  page: StatusPage,
  viewer: ActorRow | undefined,
) => Promise<PeoplePage>;

/** Accounts asked about at once. */
const AT_ONCE = 40;

/** The people around an account. */
export function accountPeopleRoutes(api: Api): void {
  const open: MethodOptions = { scope: "read:accounts", auth: "optional" };
  api.get("/api/v1/accounts/:id/followers", open, (context) => list(context, followersPage));
  api.get("/api/v1/accounts/:id/following", open, (context) => list(context, followingPage));
  api.get("/api/v1/accounts/:id/endorsements", open, (context) => list(context, endorsedPage));

  api.get("/api/v1/accounts/familiar_followers", { scope: "read:follows" }, async (context) => {
    const { site, params, account, viewer } = context;
    const ids = params.ids("id").slice(0, AT_ONCE);
    const found = await familiarFollowers(site, account, ids);
    const people = [...found.values()].flat();
    const entities = await loadAccounts(site, viewer, people);
    const byId = new Map(entities.map((entity) => [entity.id, entity]));
    return ids.map((id) => ({
      id: String(id),
      accounts: (found.get(id) ?? []).flatMap((row) => byId.get(String(row._id)) ?? []),
    }));
  });
}

async function list(context: Context, lister: Lister): Promise<unknown> {
  const { site, params, viewer } = context;
  const account = await accountInPath(context);
  const page = pageOf(params, { default: 40, max: 80 });
  const { rows, cursors } = await lister(site, account, page, viewer.account);
  setPageLinks(context, cursors, page, "since_id");
  return loadAccounts(site, viewer, rows);
}
