import type { Request } from "express";
import type { ActorRow } from "../database/rows.ts";
import { localAccount } from "../domain/accounts.ts";
import type { Site } from "../site.ts";
import { normaliseTag } from "../text/hashtags.ts";
import { tagPage, type PostPage } from "./lists.ts";

/** The account that a path names, or `null` where the path is the host's. */
export async function accountOf(site: Site, request: Request): Promise<ActorRow | null> {
  const username = String(request.params["username"]);
  return /^[A-Za-z0-9_]{1,30}$/.test(username) ? localAccount(site, username) : null;
}

/** A page of a tag, or `undefined` where the path is the host's: nothing of ours has that tag. */
export async function taggedPage(site: Site, request: Request): Promise<PostPage | undefined> {
  const tag = String(request.params["tag"]);
  if (tag.length > 200 || normaliseTag(tag) === "") return undefined;
  const page = await tagPage(site, tag, request.query);
  return page.posts.length === 0 ? undefined : page;
}
