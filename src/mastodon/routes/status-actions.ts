import type { ActorRow, PostRow } from "../../database/rows.ts";
import { boost, unboost } from "../../domain/boosts.ts";
import {
  bookmark,
  favourite,
  muteThread,
  unbookmark,
  unfavourite,
  unmuteThread,
} from "../../domain/favourites.ts";
import { postById } from "../../domain/find-post.ts";
import { maySee } from "../../domain/may-see.ts";
import { pin, unpin } from "../../domain/pins.ts";
import { revokeQuote, setQuotePolicy } from "../../domain/quotes.ts";
import { ownStatus } from "../../domain/statuses.ts";
import type { Site } from "../../site.ts";
import type { Api, Context } from "../api.ts";
import { readVisibility } from "../entities/visibility.ts";
import { ApiError, notFound, unprocessable } from "../errors.ts";
import { loadStatus } from "../load/statuses.ts";
import { readQuotePolicy } from "../status-params.ts";

type Action = (site: Site, account: ActorRow, post: PostRow) => Promise<unknown>;

/** What somebody does with a status: each answers the status as it is then, and may be repeated. */
export function statusActionRoutes(api: Api): void {
  const action = (name: string, scope: string, act: Action): void =>
    api.post(`/api/v1/statuses/:id/${name}`, { scope }, async (context) => {
      const post = await original(context);
      await act(context.site, context.account, post);
      return shown(context, post._id);
    });

  action("favourite", "write:favourites", favourite);
  action("unfavourite", "write:favourites", unfavourite);
  action("bookmark", "write:bookmarks", bookmark);
  action("unbookmark", "write:bookmarks", unbookmark);
  action("mute", "write:mutes", muteThread);
  action("unmute", "write:mutes", unmuteThread);
  action("unpin", "write:accounts", unpin);
  action("unreblog", "write:statuses", unboost);

  // Not the boosted one in its place: a boost cannot be pinned.
  api.post("/api/v1/statuses/:id/pin", { scope: "write:accounts" }, async (context) => {
    const post = await visible(context, context.params.requiredId("id"));
    await pin(context.site, context.account, post);
    return shown(context, post._id);
  });
  api.post("/api/v1/statuses/:id/reblog", { scope: "write:statuses" }, async (context) => {
    const visibility = readVisibility(context.params.string("visibility"));
    const row = await boost(context.site, context.account, await original(context), visibility);
    return shown(context, row._id);
  });

  api.put("/api/v1/statuses/:id/interaction_policy", { scope: "write:statuses" }, async (context) => {
    const { site, account, params } = context;
    const post = await ownStatus(site, account, params.requiredId("id"));
    const policy = readQuotePolicy(params.string("quote_approval_policy"));
    if (policy === undefined)
      throw unprocessable("Validation failed: quote_approval_policy is public, followers or nobody");
    await setQuotePolicy(site, post, policy);
    return shown(context, post._id);
  });
  api.post(
    "/api/v1/statuses/:id/quotes/:quoting_status_id/revoke",
    { scope: "write:statuses" },
    async (context) => {
      const { site, account, params } = context;
      const quoted = await visible(context, params.requiredId("id"));
      const quoting = await revokeQuote(site, account, quoted, params.requiredId("quoting_status_id"));
      return shown(context, quoting._id);
    },
  );

  // There is no translator; apps hide the button where the instance says so, and the others read this.
  api.post("/api/v1/statuses/:id/translate", { scope: "read:statuses" }, () => {
    throw new ApiError(404, "Translation is not configured on this server");
  });
}

/** The post in the path or, of a boost, the boosted one. @throws {ApiError} 404 */
async function original(context: Context): Promise<PostRow> {
  const post = await visible(context, context.params.requiredId("id"));
  return post.boostOf === undefined ? post : visible(context, post.boostOf);
}

/** @throws {ApiError} 404 for what is not there and what may not be seen alike. */
async function visible({ site, account }: Context, id: number): Promise<PostRow> {
  const post = await postById(site, id);
  if (post === null || !(await maySee(site, post, account))) throw notFound();
  return post;
}

async function shown({ site, viewer }: Context, id: number): Promise<unknown> {
  const post = await postById(site, id);
  const status = post === null ? undefined : await loadStatus(site, viewer, post);
  if (status === undefined) throw notFound();
  return status;
}
