import { createHash } from "node:crypto";
import type { Request, Response } from "express";
import type { ActorRow } from "../database/rows.ts";
import { localAccount } from "../domain/accounts.ts";
import { openSessions, SESSION_LIFE } from "../domain/sessions.ts";
import type { Site } from "../site.ts";
import { SECOND } from "../support/clock.ts";
import { cookieName, readCookie, setCookie } from "./cookies.ts";

/** The person at the browser. */
export interface Person {
  /** The accounts they may act for; none: nobody is logged in. */
  accounts: ActorRow[];
  /** What their forms are bound to: changes with every login and logout. */
  binding: string;
  /** Secrets of their sessions, where the login is the package's own. */
  secrets: string[];
}

/** One browser may be logged in to several accounts; each has a secret of its own in the cookie. */
const SESSIONS = "fediverse";
const MOST_SESSIONS = 8;

/** Is the login the package's own, or the host's? */
export function hasOwnLogin(site: Site): boolean {
  return site.options.authenticate === undefined;
}

/** Who is there: asked of the host's hook, or read from our own cookie. */
export async function whoIsThere(site: Site, request: Request): Promise<Person> {
  return hasOwnLogin(site) ? bySession(site, request) : byHost(site, request);
}

async function byHost(site: Site, request: Request): Promise<Person> {
  const said = await site.options.authenticate?.(request);
  const names = said === undefined ? [] : Array.isArray(said) ? said : [said];
  const found = await Promise.all(names.map((name) => localAccount(site, name)));
  const accounts = found.filter((account) => account !== null);
  if (accounts.length < names.length)
    site.logger.warn({ names }, 'the option "authenticate" named an account that this site does not have');
  return { accounts, binding: digest(["host", ...accounts.map((account) => account.uri)]), secrets: [] };
}

async function bySession(site: Site, request: Request): Promise<Person> {
  const value = readCookie(request, cookieName(site, SESSIONS)) ?? "";
  const given = value.split(".").filter((secret) => /^[A-Za-z0-9_-]{43}$/.test(secret));
  const sessions = await openSessions(site, given.slice(0, MOST_SESSIONS));
  const secrets = sessions.map((session) => session.secret);
  return {
    accounts: sessions.map((session) => session.account),
    binding: digest(["own", ...secrets]),
    secrets,
  };
}

/** The browser is logged in by these from now on; none: it is logged out. */
export function rememberSessions(site: Site, response: Response, secrets: readonly string[]): void {
  const kept = secrets.slice(0, MOST_SESSIONS);
  setCookie(site, response, SESSIONS, kept.join("."), kept.length === 0 ? 0 : SESSION_LIFE / SECOND);
}

function digest(parts: string[]): string {
  return createHash("sha256").update(parts.join("\n")).digest("base64url");
}
