import { Router, type Request, type Response } from "express";
import type { AppRow } from "../database/rows.ts";
import { findApp, hasRedirect, OUT_OF_BAND } from "../domain/apps.ts";
import { giveCode, isChallenge } from "../domain/grants.ts";
import { coversAll, parseScopes } from "../domain/scopes.ts";
import type { Site } from "../site.ts";
import { InvalidInput } from "../support/errors.ts";
import { formActionFor, placeOf, sendBack, withAnswer } from "./back-to-app.ts";
import { checkForm, field, FORM_TOKEN, formToken, readForm } from "./forms.ts";
import { goOn, loginAddress } from "./login.ts";
import { personView } from "./people.ts";
import { sendPage } from "./respond.ts";
import { scopeWords } from "./scope-words.ts";
import type { Views } from "./views.ts";
import { whoIsThere, type Person } from "./who.ts";

/** What an app asks for, checked. */
interface Asked {
  app: AppRow;
  redirectUri: string;
  scopes: string[];
  state?: string;
  challenge?: string;
}

type Read = (name: string) => string | undefined;

const PARAMETERS = [
  "response_type",
  "client_id",
  "redirect_uri",
  "scope",
  "state",
  "code_challenge",
  "code_challenge_method",
] as const;

/** `/oauth/authorize`: a person lets an app use an account (RFC 6749, 4.1.1), and where the code is shown for copying. */
export function consentRoutes(site: Site, views: Views): Router {
  const router = Router();

  router.get("/oauth/authorize", async (request, response) => {
    const read: Read = (name) => {
      const value = request.query[name];
      return typeof value === "string" ? value : undefined;
    };
    const asked = await askedFor(site, read);
    const person = await whoIsThere(site, request);
    if (person.accounts.length === 0 || isYes(read("force_login"))) {
      goOn(response, loginAddress(authorizeAddress(read)));
      return;
    }
    sendConsent(site, views, request, response, { asked, person, read });
  });

  router.post("/oauth/authorize", readForm, async (request, response) => {
    const read: Read = (name) => field(request, name);
    // First of all: what follows shows and does things for whoever is logged in.
    const person = await whoIsThere(site, request);
    checkForm(site, request, person);
    const asked = await askedFor(site, read);
    const { app, redirectUri, state } = asked;
    const back = (answer: Record<string, string | undefined>): void =>
      sendBack(site, views, request, response, {
        app,
        redirectUri,
        address: withAnswer(redirectUri, { ...answer, state }),
      });
    if (field(request, "decision") !== "allow") {
      if (redirectUri === OUT_OF_BAND) sendRefused(site, views, request, response, app);
      else back({ error: "access_denied", error_description: "The person said no." });
      return;
    }
    const account = person.accounts.find((one) => String(one._id) === field(request, "account"));
    if (account === undefined) {
      goOn(response, loginAddress(authorizeAddress(read)));
      return;
    }
    const code = await giveCode(site, { ...asked, account });
    site.logger.info(
      { app: app.name, account: account.username, scopes: asked.scopes },
      "an app was allowed in",
    );
    if (redirectUri === OUT_OF_BAND)
      goOn(response, `/oauth/authorize/native?code=${encodeURIComponent(code)}`);
    else back({ code });
  });

  router.get("/oauth/authorize/native", (request, response) => {
    const code = request.query["code"];
    if (typeof code !== "string" || !/^[A-Za-z0-9_-]{20,200}$/.test(code))
      throw new InvalidInput("There is no code to show. Start again from the app.", "no-code", 400);
    const html = views.render("code", { ...shell(site, "Your code"), code });
    sendPage(request, response, site.urls.origin, html, { cache: "no-store" });
  });
  return router;
}

function shell(site: Site, title: string): object {
  return { site: { host: site.urls.host }, head: { title, noindex: true, links: [], meta: [] }, title };
}

/**
 * Checks what an app asks for. What is wrong is told here and never sent to the redirect URI: anybody can register an
 * app, and this site is nobody's springboard.
 * @throws {InvalidInput} 400
 */
async function askedFor(site: Site, read: Read): Promise<Asked> {
  const wrong = (text: string, code: string): InvalidInput => new InvalidInput(text, code, 400);
  const app = await findApp(site, read("client_id") ?? "");
  if (app === null)
    throw wrong(
      "This site does not know the app that sent you here. Log out in the app and log in again.",
      "unknown-app",
    );
  const redirectUri = read("redirect_uri") ?? "";
  if (!hasRedirect(app, redirectUri))
    throw wrong(
      `${app.name} wants you to be sent to an address that it has not registered. Nothing was allowed.`,
      "redirect-uri",
    );
  if (read("response_type") !== "code")
    throw wrong(
      `${app.name} asks in a way that this site does not speak (response_type is not "code").`,
      "response-type",
    );
  const named = parseScopes(read("scope") ?? "read");
  const scopes = named?.length === 0 ? ["read"] : named;
  if (scopes === undefined || !coversAll(app.scopes, scopes))
    throw wrong(
      `${app.name} asks for more than it has registered for, or for something that does not exist.`,
      "scope",
    );
  const challenge = read("code_challenge") ?? "";
  if (challenge !== "" && (read("code_challenge_method") !== "S256" || !isChallenge(challenge)))
    throw wrong(
      `${app.name} asks in a way that this site does not speak (code_challenge_method is not "S256").`,
      "challenge",
    );
  const state = read("state");
  return {
    app,
    redirectUri,
    scopes,
    ...(state === undefined ? {} : { state }),
    ...(challenge === "" ? {} : { challenge }),
  };
}

/** The address of this very question, without the wish for a fresh login: it has been granted on the way back. */
function authorizeAddress(read: Read): string {
  const query = new URLSearchParams();
  for (const name of PARAMETERS) {
    const value = read(name);
    if (value !== undefined) query.set(name, value);
  }
  return `/oauth/authorize?${query.toString()}`;
}

function sendConsent(
  site: Site,
  views: Views,
  request: Request,
  response: Response,
  { asked, person, read }: { asked: Asked; person: Person; read: Read },
): void {
  const { app, redirectUri, scopes } = asked;
  const isOutOfBand = redirectUri === OUT_OF_BAND;
  const html = views.render("consent", {
    ...shell(site, `Let ${app.name} use your account?`),
    app: {
      name: app.name,
      ...(app.website === undefined ? {} : { website: app.website, host: new URL(app.website).host }),
    },
    ...(isOutOfBand ? {} : { place: placeOf(redirectUri) }),
    scopes: scopeWords(scopes),
    several: person.accounts.length > 1,
    accounts: person.accounts.map((account, at) => ({
      id: String(account._id),
      chosen: at === 0,
      ...personView(site, account),
    })),
    loginUrl: loginAddress(authorizeAddress(read)),
    token: { name: FORM_TOKEN, value: formToken(site, request, response, person) },
    hidden: PARAMETERS.flatMap((name) => {
      const value = read(name);
      return value === undefined ? [] : [{ name, value }];
    }),
  });
  sendPage(request, response, site.urls.origin, html, {
    cache: "no-store",
    ...(isOutOfBand ? {} : { formAction: formActionFor(redirectUri) }),
  });
}

function sendRefused(site: Site, views: Views, request: Request, response: Response, app: AppRow): void {
  const html = views.render("message", {
    ...shell(site, "Not allowed"),
    text: `${app.name} cannot use your account. You can close this page.`,
  });
  sendPage(request, response, site.urls.origin, html, { cache: "no-store" });
}

function isYes(text: string | undefined): boolean {
  return text !== undefined && !["", "0", "false", "f", "off"].includes(text.toLowerCase());
}
