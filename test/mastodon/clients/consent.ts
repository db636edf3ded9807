import assert from "node:assert/strict";
import { setPassword } from "../../../src/domain/logins.ts";
import { BrowserPerson, type Page } from "../support/browser-person.ts";
import type { StartedApi } from "../support/start-api.ts";

const PASSWORD = "a few words in a row";

/** What an app opens in the browser to ask for its code. */
export interface Question {
  client_id: string;
  redirect_uri: string;
  scope: string;
  [more: string]: string;
}

/** The account can log in from now on. */
export async function canLogIn(api: StartedApi, username = "blog"): Promise<void> {
  await setPassword(api.site, await api.account(username), PASSWORD);
}

/**
 * Walks from the app's question over the login form and the consent form, as a person with a browser does, and gives the
 * address that the browser is sent to in the end.
 * @param url what the app opens; its path and query count.
 */
export async function allowInBrowser(api: StartedApi, url: string, username = "blog"): Promise<Page> {
  const person = new BrowserPerson(api.origin);
  const { pathname, search } = new URL(url, api.origin);
  const login = await person.open(pathname + search);
  assert.equal(login.status, 303, login.html.slice(0, 300));
  const form = await person.open(login.location);
  const back = await person.send(form, { username, password: PASSWORD });
  assert.equal(back.status, 303, back.html.slice(0, 300));
  const consent = await person.open(back.location);
  assert.equal(consent.status, 200, consent.html.slice(0, 300));
  const allowed = await person.send(consent, { decision: "allow" });
  assert.equal(allowed.status, 303, allowed.html.slice(0, 300));
  return allowed;
}

/** The question as most apps write it, and the code that comes back to them. */
export async function codeFor(
  api: StartedApi,
  question: Question,
  path = "/oauth/authorize",
): Promise<string> {
  const query = new URLSearchParams({ response_type: "code", ...question });
  const { location } = await allowInBrowser(api, `${path}?${query.toString()}`);
  // Custom schemes are no URLs to everybody; the code is always there to be cut out, and oob apps have it pasted.
  const code = /[?&]code=([^&]+)/.exec(location)?.[1];
  assert.ok(code, location);
  if (!question.redirect_uri.startsWith("urn:"))
    assert.ok(location.startsWith(question.redirect_uri), location);
  return decodeURIComponent(code);
}
