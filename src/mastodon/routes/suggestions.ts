import type { ActorRow } from "../../database/rows.ts";
import { accountById } from "../../domain/find-account.ts";
import { setRelation } from "../../domain/relations.ts";
import { suggestionsFor } from "../../domain/suggestions.ts";
import type { Api, Context } from "../api.ts";
import { suggestionEntity } from "../entities/suggestion.ts";
import { notFound } from "../errors.ts";
import { loadAccounts } from "../load/accounts.ts";

/** People worth following. A blog has no directory of people: that is an empty list, where 404 is an error to apps. */
export function suggestionRoutes(api: Api): void {
  const read = { scope: "read:accounts" };
  api.get("/api/v1/suggestions", read, async (context) =>
    loadAccounts(context.site, context.viewer, await suggested(context)),
  );
  api.get("/api/v2/suggestions", read, async (context) => {
    const accounts = await loadAccounts(context.site, context.viewer, await suggested(context));
    return accounts.map((account) => suggestionEntity(account, ["friends_of_friends"]));
  });
  api.delete(
    "/api/v1/suggestions/:account_id",
    { scope: "write:accounts" },
    async ({ site, account, params }) => {
      const target = await accountById(site, params.requiredId("account_id"));
      if (target === null) throw notFound();
      await setRelation(site, account, target, "dismissSuggestion");
    },
  );
  api.get("/api/v1/directory", { auth: "none" }, () => []);
}

async function suggested({ site, account, params }: Context): Promise<ActorRow[]> {
  return suggestionsFor(site, account, {
    limit: params.integer("limit", { default: 40, min: 1, max: 80 }),
    offset: params.integer("offset", { default: 0, min: 0, max: 1000 }),
  });
}
