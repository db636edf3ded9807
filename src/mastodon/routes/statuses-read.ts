import type { EditRow, PostRow } from "../../database/rows.ts";
import { threadOfPost } from "../../domain/context.ts";
import { fetchContext } from "../../domain/fetch-context.ts";
import { interactingActors } from "../../domain/favourites.ts";
import { postById } from "../../domain/find-post.ts";
import { quotesPage } from "../../domain/listings.ts";
import { maySee } from "../../domain/may-see.ts";
import type { Api, Context } from "../api.ts";
import { historyEntity } from "../entities/status-edit.ts";
import { statusSourceEntity } from "../entities/status-source.ts";
import { notFound, unprocessable } from "../errors.ts";
import { loadAccounts, loadAccountsById } from "../load/accounts.ts";
import { loadStatus, loadStatuses } from "../load/statuses.ts";
import { surroundingsOf } from "../load/surroundings.ts";
import { pageOf, setLink, setPageLinks } from "../paging.ts";

/** Milliseconds that a thread waits for another server; what comes later is there when the app asks again. */
const PATIENCE = 2000;
/** Statuses asked for at once. */
const AT_ONCE = 20;

/** The post in the path, if the viewer may see it. @throws {ApiError} 404 for both. */
export async function postInPath({ site, params, viewer }: Context): Promise<PostRow> {
  const post = await postById(site, params.requiredId("id"));
  if (post === null || !(await maySee(site, post, viewer.account))) throw notFound();
  return post;
}

/** Reading statuses. */
export function statusReadRoutes(api: Api): void {
  const open = { scope: "read:statuses", auth: "optional" } as const;

  api.get("/api/v1/statuses", open, async ({ site, params, viewer }) => {
    const ids = params.ids("id");
    if (ids.length > AT_ONCE) throw unprocessable(`At most ${AT_ONCE} statuses can be asked for at once`);
    const rows =
      ids.length === 0 ? [] : await site.models.posts.find({ _id: { $in: ids } }).lean<PostRow[]>();
    return loadStatuses(site, viewer, rows);
  });

  api.get("/api/v1/statuses/:id", open, async ({ site, params, viewer }) => {
    const post = await postById(site, params.requiredId("id"));
    const status = post === null ? undefined : await loadStatus(site, viewer, post);
    if (status === undefined) throw notFound();
    return status;
  });

  api.get("/api/v1/statuses/:id/context", { ...open, whoOnly: true }, thread);

  api.get("/api/v1/statuses/:id/source", { scope: "read:statuses" }, async (context) =>
    statusSourceEntity(await postInPath(context)),
  );

  api.get("/api/v1/statuses/:id/history", open, history);

  const people = { scope: "read:accounts", auth: "optional" } as const;
  api.get("/api/v1/statuses/:id/favourited_by", people, (context) => reactors(context, "like"));
  api.get("/api/v1/statuses/:id/reblogged_by", people, (context) => reactors(context, "boost"));

  api.get("/api/v1/statuses/:id/quotes", { scope: "read:statuses" }, async (context) => {
    const post = await postInPath(context);
    const page = pageOf(context.params, { default: 20, max: 40 });
    const rows = await quotesPage(context.site, post, page);
    setPageLinks(
      context,
      rows.map((row) => row._id),
      page,
      "since_id",
    );
    return loadStatuses(context.site, context.viewer, rows, { shunned: post.author !== context.account._id });
  });
}

async function thread(context: Context): Promise<unknown> {
  const { site, viewer } = context;
  const post = await wholeThread(context, await postInPath(context));
  const { ancestors, descendants } = await threadOfPost(site, post, viewer.account);
  const statuses = await loadStatuses(site, viewer, [...ancestors, ...descendants]);
  const above = new Set(ancestors.map((row) => String(row._id)));
  return {
    ancestors: statuses.filter((status) => above.has(status.id)),
    descendants: statuses.filter((status) => !above.has(status.id)),
  };
}

/** The post once its server was asked what stands around it, which may have told what it answers. */
async function wholeThread({ site, viewer }: Context, post: PostRow): Promise<PostRow> {
  if (post.local || viewer.account === undefined) return post;
  let timer: NodeJS.Timeout | undefined;
  const patience = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, PATIENCE);
  });
  await Promise.race([fetchContext(site, post), patience]);
  clearTimeout(timer);
  return (await postById(site, post._id)) ?? post;
}

async function history(context: Context): Promise<unknown> {
  const { site, viewer } = context;
  const post = await postInPath(context);
  const [edits, accounts, around] = await Promise.all([
    site.models.edits.find({ post: post._id }).sort({ _id: 1 }).lean<EditRow[]>(),
    loadAccountsById(site, viewer, [post.author]),
    surroundingsOf(site),
  ]);
  const account = accounts.get(post.author);
  if (account === undefined) throw notFound();
  return historyEntity(post, edits, account, around);
}

async function reactors(context: Context, kind: "like" | "boost"): Promise<unknown> {
  const post = await postInPath(context);
  const page = pageOf(context.params, { default: 40, max: 80 });
  const { rows, next, prev } = await interactingActors(context.site, post, kind, page);
  setLink(context, {
    next: next === undefined ? undefined : { max_id: next },
    prev: prev === undefined ? undefined : { since_id: prev },
  });
  return loadAccounts(context.site, context.viewer, rows);
}
