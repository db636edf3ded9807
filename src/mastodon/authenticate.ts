import type { Request } from "express";
import type { ActorRow, AppRow, TokenRow } from "../database/rows.ts";
import { covers } from "../domain/scopes.ts";
import { accountOf, findToken, isTokenAtHand } from "../domain/tokens.ts";
import type { Site } from "../site.ts";
import { forbidden, unauthorised, userNeeded } from "./errors.ts";
import type { Params } from "./params.ts";

/** Who calls. Nothing is there for a stranger; no account for an app on its own. */
export interface Viewer {
  account?: ActorRow;
  token?: TokenRow;
  app?: AppRow;
}

/**
 * Who may call a method:
 * - `user` (default): a person, by a token with one of `scope`
 * - `app`: an app, with a person or without
 * - `optional`: anybody; a token that is given must be good and, where it is a person's, have the scope
 * - `none`: anybody; tokens are not looked at
 */
export type Auth = "user" | "app" | "optional" | "none";

/** The token of a request: `Authorization: Bearer`, or the parameter `access_token`. */
export function tokenOf(request: Request, params: Params): string | undefined {
  const header = request.get("authorization");
  const bearer = header === undefined ? undefined : /^Bearer +(\S+) *$/i.exec(header)?.[1];
  return bearer ?? params.string("access_token");
}

/** Would knowing who this is cost a look into the store? */
export function mustLookUp(site: Site, secret: string | undefined): boolean {
  return secret !== undefined && !isTokenAtHand(site, secret);
}

/**
 * Who holds this token. The account is read afresh for each request, since it may have been changed by the last one; a
 * method that only has to know who it is may ask for a recent one.
 * @throws {ApiError} 401 for a token that is not good (any more), or whose account is gone.
 */
export async function identify(
  site: Site,
  secret: string | undefined,
  how: { recent: boolean } = { recent: false },
): Promise<Viewer> {
  if (secret === undefined || secret === "") return {};
  const held = await findToken(site, secret);
  if (held === null) throw unauthorised();
  const { token, app } = held;
  if (token.account === undefined) return { token, app };
  const account = await accountOf(site, token.account, how);
  if (account === null) throw unauthorised();
  return { token, app, account };
}

/** @throws {ApiError} 401, 403 or 422 as upstream words them. */
export function permit(viewer: Viewer, auth: Auth, scopes: readonly string[]): void {
  if (auth === "none") return;
  const { token } = viewer;
  if (token === undefined) {
    if (auth === "optional") return;
    throw unauthorised();
  }
  if (scopes.length > 0 && !scopes.some((scope) => covers(token.scopes, scope))) {
    // An app on its own may ask for what is public with whatever scopes it has.
    if (auth === "optional" && viewer.account === undefined) return;
    throw forbidden();
  }
  if (auth === "user" && viewer.account === undefined) throw userNeeded();
}

/** The person of a method that needs one. @throws {ApiError} 422 where `auth` let an app on its own through. */
export function personOf(viewer: Viewer): ActorRow {
  if (viewer.account === undefined) throw userNeeded();
  return viewer.account;
}
