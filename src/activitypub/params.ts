import type { Request } from "express";
import type { ActorRow, PostRow } from "../database/rows.ts";
import { localAccount } from "../domain/accounts.ts";
import { postById } from "../domain/find-post.ts";
import type { Site } from "../site.ts";
import { pageRequest, type PageRequest } from "../support/cursors.ts";
import { Gone, NotFound } from "../support/errors.ts";
import { parseId } from "../support/ids.ts";
import { LIMITS } from "../support/limits.ts";
import { USERNAME } from "./actor-document.ts";
import { standing } from "./post-document.ts";

/** The account that a path names. @throws {NotFound} for strangers. */
export async function accountIn(site: Site, request: Request): Promise<ActorRow> {
  const { username } = request.params;
  const account =
    typeof username === "string" && USERNAME.test(username) ? await localAccount(site, username) : null;
  if (!account) throw new NotFound("There is no such account here.");
  return account;
}

/** The number that a path names; only in the one spelling that we give out. @throws {NotFound} */
export function idIn(request: Request): number {
  const text = request.params.id;
  const id = parseId(text);
  if (id === undefined || String(id) !== text) throw new NotFound();
  return id;
}

/** The live post that a path names. @throws {NotFound} @throws {Gone} */
export async function postIn(site: Site, request: Request): Promise<PostRow> {
  const post = await postById(site, idIn(request));
  const state = standing(post);
  if (!post || state === "nothing") throw new NotFound();
  if (state === "gone") throw new Gone();
  return post;
}

/** The query as it came: the host's own setting for parsing queries has no say here. */
export function queryOf(request: Request): URLSearchParams {
  const at = request.url.indexOf("?");
  return new URLSearchParams(at === -1 ? "" : request.url.slice(at));
}

/** The page asked for, or `undefined` for the collection itself. */
export function pageIn(request: Request): PageRequest | undefined {
  const query = queryOf(request);
  return query.has("page") ? pageRequest(Object.fromEntries(query), LIMITS.pageItems) : undefined;
}
