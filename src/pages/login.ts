import { Router, type Request, type Response } from "express";
import { beginAttempt, forgiveAttempts } from "../domain/login-guard.ts";
import { checkPassword } from "../domain/logins.ts";
import { closeSessions, openSession } from "../domain/sessions.ts";
import type { Site } from "../site.ts";
import { addressKey } from "../support/addresses.ts";
import { checkForm, field, FORM_TOKEN, formToken, readForm } from "./forms.ts";
import { personView } from "./people.ts";
import { sendPage } from "./respond.ts";
import type { Views } from "./views.ts";
import { hasOwnLogin, rememberSessions, whoIsThere, type Person } from "./who.ts";

/** Where one goes who just logs in. */
export const DESK = "/fediverse/desk/apps";

/** `/fediverse/login` and `/fediverse/logout`: the package's own, for hosts that give no `authenticate`. */
export function loginRoutes(site: Site, views: Views): Router {
  const router = Router();
  router.get("/fediverse/login", async (request, response) => {
    const person = await whoIsThere(site, request);
    const way = wayBack(request.query["return"]);
    if (!hasOwnLogin(site)) sendHostsLogin(site, views, request, response, way, person);
    else
      sendLogin(site, views, request, response, person, { way, username: named(request.query["account"]) });
  });

  router.post("/fediverse/login", readForm, async (request, response, next) => {
    if (!hasOwnLogin(site)) {
      next();
      return;
    }
    const person = await whoIsThere(site, request);
    checkForm(site, request, person);
    const way = wayBack(field(request, "return"));
    const username = nameOf(site, field(request, "username") ?? "");
    const refuse = (status: number, problem: string): void =>
      sendLogin(site, views, request, response, person, { way, username, status, problem });
    const address = addressKey(request.ip);
    const wait = await beginAttempt(site, address, username);
    if (wait > 0) {
      site.logger.warn({ address, username: username.slice(0, 100) }, "too many wrong passwords");
      response.set("Retry-After", String(wait));
      refuse(
        429,
        `Too many tries. Please wait ${wait < 120 ? `${wait} seconds` : `${Math.ceil(wait / 60)} minutes`}.`,
      );
      return;
    }
    const account = await checkPassword(site, username, field(request, "password") ?? "");
    if (account === null) {
      refuse(422, "The name or the password is wrong.");
      return;
    }
    await forgiveAttempts(site, address, username);
    // A session that was there before for this account ends: its secret may be somebody else's plant.
    const others = person.accounts.flatMap((other, at) => {
      const secret = person.secrets[at];
      return secret === undefined ? [] : [{ secret, again: other._id === account._id }];
    });
    await closeSessions(
      site,
      others.filter((other) => other.again).map((other) => other.secret),
    );
    const kept = others.filter((other) => !other.again).map((other) => other.secret);
    rememberSessions(site, response, [await openSession(site, account), ...kept]);
    goOn(response, way ?? DESK);
  });

  router.post("/fediverse/logout", readForm, async (request, response) => {
    const person = await whoIsThere(site, request);
    checkForm(site, request, person);
    await closeSessions(site, person.secrets);
    rememberSessions(site, response, []);
    goOn(response, "/fediverse/login");
  });
  return router;
}

/** The address of the login page that leads back to `path`. */
export function loginAddress(path: string): string {
  return `/fediverse/login?return=${encodeURIComponent(path)}`;
}

/** Goes to a page of ours; nothing of it is kept. */
export function goOn(response: Response, path: string): void {
  response.set("Cache-Control", "no-store").redirect(303, path);
}

/** A login must not lead anywhere but to our own pages that ask for one. */
function wayBack(text: unknown): string | undefined {
  if (typeof text !== "string" || text.length > 8000) return undefined;
  // eslint-disable-next-line no-control-regex -- browsers drop some of these and read the rest as another host
  return /^\/(?:oauth\/authorize\/?\?|fediverse\/desk\/)[^\\\u0000-\u0020]*$/.test(text) ? text : undefined;
}

function named(text: unknown): string {
  return typeof text === "string" ? text.slice(0, 100) : "";
}

/** People type their handle where a name is asked for. */
function nameOf(site: Site, typed: string): string {
  const text = typed.trim().replace(/^@/, "");
  const own = `@${site.urls.host}`;
  return text.toLowerCase().endsWith(own) ? text.slice(0, -own.length) : text;
}

function sendLogin(
  site: Site,
  views: Views,
  request: Request,
  response: Response,
  person: Person,
  shown: { way: string | undefined; username: string; status?: number; problem?: string },
): void {
  const html = views.render("login", {
    site: { host: site.urls.host },
    head: { title: `Log in to ${site.urls.host}`, noindex: true, links: [], meta: [] },
    token: { name: FORM_TOKEN, value: formToken(site, request, response, person) },
    way: shown.way,
    username: shown.username,
    problem: shown.problem,
    there: person.accounts.map((account) => personView(site, account)),
    onward: shown.way ?? DESK,
  });
  sendPage(request, response, site.urls.origin, html, { status: shown.status ?? 200, cache: "no-store" });
}

/** The host has a login of its own: we can only point there. */
function sendHostsLogin(
  site: Site,
  views: Views,
  request: Request,
  response: Response,
  way: string | undefined,
  person: Person,
): void {
  const onward = way ?? DESK;
  if (person.accounts.length > 0) {
    goOn(response, onward);
    return;
  }
  const page = site.options.loginUrl?.replaceAll("{return}", encodeURIComponent(onward));
  if (page !== undefined) {
    goOn(response, page);
    return;
  }
  const html = views.render("message", {
    site: { host: site.urls.host },
    head: { title: "Please log in", noindex: true, links: [], meta: [] },
    title: "Please log in",
    text: `You are not logged in to ${site.urls.host}, or not as somebody who has an account here. Log in there as you usually do, and come back to this page.`,
    link: { href: onward, text: "I have logged in: go on" },
  });
  sendPage(request, response, site.urls.origin, html, { status: 403, cache: "no-store" });
}
