import { createHmac } from "node:crypto";
import express, { type Request, type RequestHandler, type Response } from "express";
import { sameSecret } from "../domain/secrets.ts";
import type { Site } from "../site.ts";
import { InvalidInput } from "../support/errors.ts";
import { randomToken } from "../support/ids.ts";
import { cookieName, readCookie, setCookie } from "./cookies.ts";
import type { Person } from "./who.ts";

/** Browsers send it back with our own forms only (SameSite), and no script can read it. */
const COOKIE = "fediverse-form";
/** The field of every form of ours that changes something. */
export const FORM_TOKEN = "form_token";

/** Reads a form's body, unless a parser of the host's has done so. */
export const readForm: RequestHandler = express.urlencoded({
  extended: false,
  limit: "64kb",
  parameterLimit: 100,
});

/** One field of the form that was sent; of a doubled one nothing. */
export function field(request: Request, name: string): string | undefined {
  const body: unknown = request.body;
  const value =
    typeof body === "object" && body !== null ? (body as Record<string, unknown>)[name] : undefined;
  return typeof value === "string" ? value : undefined;
}

/**
 * The value for a form's hidden field: derived from a cookie that only our own pages can bring back, and from who is
 * logged in. A form that another site has written knows neither.
 */
export function formToken(site: Site, request: Request, response: Response, person: Person): string {
  const known = readCookie(request, cookieName(site, COOKIE));
  const key = known !== undefined && known.length === 43 ? known : randomToken(32);
  if (key !== known) setCookie(site, response, COOKIE, key);
  return derive(key, person);
}

/** @throws {InvalidInput} 403 for a form that did not come from a page of ours, or from before a login or logout. */
export function checkForm(site: Site, request: Request, person: Person): void {
  const key = readCookie(request, cookieName(site, COOKIE));
  const given = field(request, FORM_TOKEN);
  const from = request.get("sec-fetch-site");
  const ours = from === undefined || from === "same-origin" || from === "none";
  if (ours && key !== undefined && given !== undefined && sameSecret(given, derive(key, person))) return;
  throw new InvalidInput(
    "This form is out of date, or cookies are blocked. Nothing was changed: please go back, load the page again, and repeat what you did.",
    "form",
    403,
  );
}

function derive(key: string, person: Person): string {
  return createHmac("sha256", key).update(person.binding).digest("base64url");
}
