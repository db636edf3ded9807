import type { ActorRow } from "../../database/rows.ts";
import { blockActor, unblockActor } from "../../domain/blocks.ts";
import { authorizeFollower, removeFollowerOf } from "../../domain/follow-requests.ts";
import { followActor, unfollowActor, type FollowWishes } from "../../domain/following.ts";
import { muteActor, unmuteActor } from "../../domain/mutes.ts";
import { dropRelation, endorse, noteOn } from "../../domain/relations.ts";
import { refuses, shadowsOf } from "../../domain/shadows.ts";
import type { Api, Context } from "../api.ts";
import { ApiError, notFound } from "../errors.ts";
import { loadRelationship } from "../load/relationships.ts";
import type { Params } from "../params.ts";
import { accountInPath } from "./accounts.ts";

/** Languages that one follow can be narrowed to. */
const LANGUAGES = 50;
/** A hundred years: longer is for ever, and later dates cannot be stored. */
const LONGEST_MUTE = 100 * 365 * 86_400;

type Change = (context: Context, target: ActorRow) => Promise<unknown>;

/** What an account decides about another; every answer is the fresh Relationship. */
export function relationRoutes(api: Api): void {
  const follows = ["write:follows", "follow"];
  const blocks = ["write:blocks", "follow"];
  const mutes = ["write:mutes", "follow"];
  const post = (name: string, scope: string | string[], change: Change): void => {
    api.post(`/api/v1/accounts/:id/${name}`, { scope }, (context) => changed(context, change));
  };

  post("follow", follows, follow);
  post("unfollow", follows, ({ site, account }, target) => unfollowActor(site, account, target));
  post("remove_from_followers", follows, ({ site, account }, target) =>
    removeFollowerOf(site, account, target),
  );
  post("block", blocks, ({ site, account }, target) => blockActor(site, account, target));
  post("unblock", blocks, ({ site, account }, target) => unblockActor(site, account, target));
  post("mute", mutes, ({ site, account, params }, target) =>
    muteActor(site, account, target, {
      notifications: params.boolean("notifications", true),
      duration: params.integer("duration", { default: 0, min: 0, max: LONGEST_MUTE }),
    }),
  );
  post("unmute", mutes, ({ site, account }, target) => unmuteActor(site, account, target));
  post("note", "write:accounts", ({ site, account, params }, target) =>
    noteOn(site, account, target, params.string("comment") ?? ""),
  );
  // `pin` and `unpin` are the older names, which official Android and Phanpy still use.
  for (const name of ["endorse", "pin"])
    post(name, "write:accounts", ({ site, account }, target) => endorse(site, account, target));
  for (const name of ["unendorse", "unpin"])
    post(name, "write:accounts", ({ site, account }, target) =>
      dropRelation(site, account, target, "endorse"),
    );

  api.post("/api/v1/follow_requests/:id/authorize", { scope: follows }, (context) =>
    changed(context, async ({ site, account }, target) => {
      if (!(await authorizeFollower(site, account, target))) throw notFound();
    }),
  );
  api.post("/api/v1/follow_requests/:id/reject", { scope: follows }, (context) =>
    changed(context, async ({ site, account }, target) => {
      const waits = { follower: target._id, followed: account._id, state: "pending" } as const;
      if ((await site.models.follows.exists(waits)) === null) throw notFound();
      await removeFollowerOf(site, account, target);
    }),
  );
}

async function changed(context: Context, change: Change): Promise<unknown> {
  const target = await accountInPath(context);
  await change(context, target);
  return loadRelationship(context.site, context.account, target);
}

async function follow({ site, account, params }: Context, target: ActorRow): Promise<void> {
  if (target.goneAt !== undefined) throw notFound();
  const shadows = await shadowsOf(site, account._id, [target._id]);
  if (shadows.blocked.has(target._id) || (await refuses(site, account, target)))
    throw new ApiError(403, "This action is not allowed");
  await followActor(site, account, target, wishesIn(params));
}

function wishesIn(params: Params): FollowWishes {
  const showBoosts = params.boolean("reblogs");
  const notify = params.boolean("notify");
  return {
    ...(showBoosts === undefined ? {} : { showBoosts }),
    ...(notify === undefined ? {} : { notify }),
    ...(params.has("languages") ? { languages: languagesIn(params) } : {}),
  };
}

/** What is no language code would match no post, and hide them all. */
function languagesIn(params: Params): string[] {
  const codes = params.strings("languages").map((code) => code.trim().toLowerCase().split(/[-_]/)[0] ?? "");
  return [...new Set(codes.filter((code) => /^[a-z]{2,3}$/.test(code)))].slice(0, LANGUAGES);
}
