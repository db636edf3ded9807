import type { AppRow, PostRow } from "../../database/rows.ts";
import { postById } from "../../domain/find-post.ts";
import { once, postOfRequest, type Made } from "../../domain/idempotency.ts";
import { findScheduled, scheduleStatus } from "../../domain/scheduled.ts";
import { editStatus } from "../../domain/status-edits.ts";
import type { StatusInput } from "../../domain/status-input.ts";
import { deleteStatus, ownStatus, postStatus, UnexpectedMentions } from "../../domain/statuses.ts";
import type { Api, Context } from "../api.ts";
import { ApiError, notFound } from "../errors.ts";
import { loadAccounts } from "../load/accounts.ts";
import { asDraft, loadStatus } from "../load/statuses.ts";
import { loadScheduled } from "../load/scheduled.ts";
import { readMediaWords, readStatus, readWords } from "../status-params.ts";
import { readTime } from "../times.ts";

/** Writing statuses. */
export function statusWriteRoutes(api: Api): void {
  const scope = "write:statuses";
  api.post("/api/v1/statuses", { scope }, write);
  api.put("/api/v1/statuses/:id", { scope }, edit);
  api.delete("/api/v1/statuses/:id", { scope, budget: "deletion" }, remove);
}

async function write(context: Context): Promise<unknown> {
  const { site, account, params, request, viewer } = context;
  const key = request.get("idempotency-key");
  const owner = String(viewer.token?._id ?? account._id);
  try {
    const make = async (idempotency?: string): Promise<Made> => {
      const input: StatusInput = { ...readStatus(params), ...(await application(context)) };
      const at = readTime(params.string("scheduled_at"));
      if (at === undefined) return { post: (await postStatus(site, account, input, { idempotency }))._id };
      return { scheduled: (await scheduleStatus(site, account, input, at))._id };
    };
    const made = await once(site, owner, key, make, (id) => postOfRequest(site, account, id));
    if (made.scheduled !== undefined)
      return await loadScheduled(site, await findScheduled(site, account, made.scheduled));
    const post = made.post === undefined ? null : await postById(site, made.post);
    return await shown(context, post);
  } catch (error) {
    if (!(error instanceof UnexpectedMentions)) throw error;
    const accounts = await loadAccounts(site, viewer, error.accounts);
    throw new ApiError(422, error.message, { unexpected_accounts: accounts });
  }
}

/** The app's own name stands under what it wrote. */
async function application({ site, viewer }: Context): Promise<Pick<StatusInput, "application">> {
  const app =
    viewer.app ??
    (viewer.token ? await site.models.apps.findById(viewer.token.app).lean<AppRow | null>() : null);
  if (!app) return {};
  return { application: { name: app.name, ...(app.website === undefined ? {} : { website: app.website }) } };
}

async function edit(context: Context): Promise<unknown> {
  const { site, account, params, request, viewer } = context;
  const id = params.requiredId("id");
  const key = request.get("idempotency-key");
  // Tusky sends one here, too; a new draft of the same status has a key of its own.
  const owner = `${viewer.token?._id ?? account._id}|edit ${id}`;
  const made = await once(site, owner, key, async () => {
    const input = { ...readWords(params), mediaWords: readMediaWords(params) };
    return { post: (await editStatus(site, account, id, input))._id };
  });
  return shown(context, made.post === undefined ? null : await postById(site, made.post));
}

/** Answers what was deleted, with the text as it was typed: apps make a new draft of it. */
async function remove(context: Context): Promise<unknown> {
  const { site, account, params, viewer } = context;
  const id = params.requiredId("id");
  const post = await ownStatus(site, account, id);
  const status = await loadStatus(site, viewer, post);
  await deleteStatus(site, account, id, { removeMedia: params.boolean("delete_media", false) });
  if (status === undefined) throw notFound();
  return asDraft(status, post);
}

/** @throws {ApiError} 404 when it is gone again. */
async function shown({ site, viewer }: Context, post: PostRow | null): Promise<unknown> {
  const status = post === null ? undefined : await loadStatus(site, viewer, post);
  if (status === undefined) throw notFound();
  return status;
}
