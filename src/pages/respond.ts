import type { Request, Response } from "express";
import { contentHash } from "./view-language.ts";

/** Our page for a person: everything from this site, nothing inline, nobody may frame it. */
export interface PageAnswer {
  status?: number;
  /** HTTP Link header values, such as `<https://…>; rel="alternate"`. */
  links?: string[];
  /** Default `no-cache`: kept, but asked for again, which costs a 304. */
  cache?: string;
  /** Where the page's forms may lead, redirects included; default only here. */
  formAction?: string;
}

/**
 * Sends HTML with the headers every page of ours has; `304` to who has it already.
 * @param origin the site's own, for pictures that name it in full.
 */
export function sendPage(
  request: Request,
  response: Response,
  origin: string,
  html: string,
  answer: PageAnswer = {},
): void {
  response.set({
    "Content-Type": "text/html; charset=utf-8",
    "Content-Security-Policy": [
      "default-src 'none'",
      "script-src 'self'",
      "style-src 'self'",
      `img-src 'self' ${origin}`,
      "font-src 'self'",
      // Only films and recordings that the owner put into a post; they load by a click.
      "media-src 'self' https:",
      `form-action ${answer.formAction ?? "'self'"}`,
      "base-uri 'none'",
      "frame-ancestors 'none'",
    ].join("; "),
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "strict-origin-when-cross-origin",
    "Cache-Control": answer.cache ?? "no-cache",
  });
  response.vary("Accept");
  if (answer.links !== undefined && answer.links.length > 0) response.append("Link", answer.links);
  sendFresh(request, response, html, answer.status ?? 200);
}

/** Sends a body with its ETag. */
export function sendFresh(request: Request, response: Response, body: string | Buffer, status = 200): void {
  response.status(status);
  response.set("ETag", `"${contentHash(body)}"`);
  if (request.fresh) {
    response.status(304).end();
    return;
  }
  response.send(body);
}

/** A value of a Link header: what would end it early is percent-encoded. */
export function linkHeader(url: string, parameters: Record<string, string>): string {
  const safe = url.replace(
    // eslint-disable-next-line no-control-regex -- a line end would start another header
    /[\u0000- "<>\u007f-\uffff]/g,
    (character) => encodeURIComponent(character),
  );
  return [`<${safe}>`, ...Object.entries(parameters).map(([name, value]) => `${name}="${value}"`)].join("; ");
}
