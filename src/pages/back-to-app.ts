import type { Request, Response } from "express";
import type { AppRow } from "../database/rows.ts";
import type { Site } from "../site.ts";
import { sendPage } from "./respond.ts";
import type { Views } from "./views.ts";

/** An app's redirect URI with what it is told; the URI itself is kept to the letter. */
export function withAnswer(redirectUri: string, answer: Record<string, string | undefined>): string {
  const query = new URLSearchParams();
  for (const [name, value] of Object.entries(answer)) if (value !== undefined) query.set(name, value);
  const joint = !redirectUri.includes("?") ? "?" : /[?&]$/.test(redirectUri) ? "" : "&";
  return `${redirectUri}${joint}${query.toString()}`;
}

/** Where a redirect URI leads, for a person to recognise: a host on the web, or the scheme of an app on this device. */
export function placeOf(redirectUri: string): { host: string } | { scheme: string } {
  const { scheme, isWeb } = schemeOf(redirectUri);
  return isWeb ? { host: new URL(redirectUri).host } : { scheme: `${scheme}:` };
}

/**
 * Where the consent form may lead. Browsers hold every redirect after it to this rule: our own to the app, and the app's
 * to wherever its page goes on.
 */
export function formActionFor(redirectUri: string): string {
  const { scheme, isWeb } = schemeOf(redirectUri);
  return `'self' https:${isWeb && scheme === "https" ? "" : ` ${scheme}:`}`;
}

function schemeOf(redirectUri: string): { scheme: string; isWeb: boolean } {
  const scheme = redirectUri.slice(0, redirectUri.indexOf(":")).toLowerCase();
  return { scheme, isWeb: scheme === "https" || scheme === "http" };
}

/**
 * Sends the person back to the app. The page that comes along has a link: browsers on Android refuse to follow a
 * redirect into an app when they do not see the person's own tap behind it, so there the page comes instead, and goes on
 * by itself where it is let.
 */
export function sendBack(
  site: Site,
  views: Views,
  request: Request,
  response: Response,
  to: { app: AppRow; redirectUri: string; address: string },
): void {
  const stays = !schemeOf(to.redirectUri).isWeb && /\bAndroid\b/i.test(request.get("user-agent") ?? "");
  if (stays) response.set("Refresh", `0; url=${to.address}`);
  else response.location(to.address);
  const html = views.render("back-to-app", {
    site: { host: site.urls.host },
    head: { title: `Back to ${to.app.name}`, noindex: true, links: [], meta: [] },
    app: { name: to.app.name },
    href: to.address,
  });
  sendPage(request, response, site.urls.origin, html, { status: stays ? 200 : 303, cache: "no-store" });
}
