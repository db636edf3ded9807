import { listInteractions } from "../../domain/favourites.ts";
import type { Api, Context } from "../api.ts";
import { loadStatuses } from "../load/statuses.ts";
import { pageOf, setLink } from "../paging.ts";

/** What an account has favourited and bookmarked, the last first. */
export function interactionRoutes(api: Api): void {
  api.get("/api/v1/favourites", { scope: "read:favourites" }, (context) => list(context, "like"));
  api.get("/api/v1/bookmarks", { scope: "read:bookmarks" }, (context) => list(context, "bookmark"));
}

async function list(context: Context, kind: "like" | "bookmark"): Promise<unknown> {
  const { site, account, viewer, params } = context;
  const page = pageOf(params, { default: 20, max: 40 });
  const { rows, next, prev } = await listInteractions(site, account, kind, page);
  const statuses = await loadStatuses(site, viewer, rows);
  // Pages go by the interaction, not the post. One of nothing but posts no longer to be seen leads on, and never back:
  // clients would ask for ever.
  setLink(context, {
    next: next === undefined ? undefined : { max_id: next },
    prev: prev === undefined || statuses.length === 0 ? undefined : { min_id: prev },
  });
  return statuses;
}
