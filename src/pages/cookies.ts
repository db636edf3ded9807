import type { Request, Response } from "express";
import type { Site } from "../site.ts";

/** The value of a cookie of ours, as it came. */
export function readCookie(request: Request, name: string): string | undefined {
  for (const pair of (request.headers.cookie ?? "").split(";")) {
    const at = pair.indexOf("=");
    if (at !== -1 && pair.slice(0, at).trim() === name) return pair.slice(at + 1).trim();
  }
  return undefined;
}

/**
 * Sets a cookie that no script reads, no other site's form brings along, and no subdomain can plant.
 * @param seconds 0 forgets it; left out: until the browser ends.
 */
export function setCookie(
  site: Site,
  response: Response,
  name: string,
  value: string,
  seconds?: number,
): void {
  const age = seconds === undefined ? "" : `; Max-Age=${seconds}`;
  const secure = isSecure(site) ? "; Secure" : "";
  response.append(
    "Set-Cookie",
    `${cookieName(site, name)}=${value}; Path=/${age}; HttpOnly; SameSite=Lax${secure}`,
  );
}

/** `__Host-` binds a cookie to this very host and to https; browsers refuse it on http, which is development. */
export function cookieName(site: Site, name: string): string {
  return isSecure(site) ? `__Host-${name}` : name;
}

function isSecure(site: Site): boolean {
  return site.urls.origin.startsWith("https:");
}
