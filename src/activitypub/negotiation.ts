import type { RequestHandler } from "express";
import type { Site } from "../site.ts";
import { NotFound } from "../support/errors.ts";
import { LIMITS } from "../support/limits.ts";
import { normaliseUrl } from "../support/urls.ts";
import { wantsActivity } from "./accept.ts";
import { accountDocument } from "./actor-document.ts";
import { documentOfPage } from "./post-document.ts";
import { profileNamed } from "./profile-urls.ts";
import { send, type Served } from "./respond.ts";

/**
 * Answers a page's address with the object it shows, to who asks for ActivityPub and not for HTML: `/@name`,
 * `/@name/:id`, and every page of the host that is a post's or a profile's. Everybody else, and every page that is
 * neither, goes on with `next()`. Private: a shared cache that overlooks `Vary` would show a browser the JSON.
 */
export function negotiation(site: Site): RequestHandler {
  const options = { cacheControl: "private, max-age=180" };
  return async (request, response, next) => {
    try {
      if (
        (request.method !== "GET" && request.method !== "HEAD") ||
        request.originalUrl.length > LIMITS.urlLength
      ) {
        next();
        return;
      }
      // Whatever is answered here depends on it, the host's HTML too.
      response.vary("Accept");
      const url = wantsActivity(request.headers.accept)
        ? normaliseUrl(`${site.urls.origin}${request.originalUrl}`)
        : undefined;
      if (url === undefined) {
        next();
        return;
      }
      const document = await documentAt(site, url);
      if (document) send(request, response, document, options);
      else next();
    } catch (error) {
      next(error);
    }
  };
}

/** The object that this page shows to everybody; `undefined` for all other pages. */
async function documentAt(site: Site, url: string): Promise<Served | undefined> {
  try {
    const name = profileNamed(site, url);
    return await (name === undefined ? documentOfPage(site, url) : accountDocument(site, name));
  } catch (error) {
    if (error instanceof NotFound) return undefined;
    throw error;
  }
}
