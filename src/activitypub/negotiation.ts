import type { RequestHandler } from "express";
import { localAccount } from "../domain/accounts.ts";
import { findPost } from "../domain/find-post.ts";
import type { Site } from "../site.ts";
import { LIMITS } from "../support/limits.ts";
import { normaliseUrl } from "../support/urls.ts";
import { wantsActivity } from "./accept.ts";
import { actorDocument } from "./actor-document.ts";
import { postDocument, standing } from "./post-document.ts";
import { profileNamed } from "./profile-urls.ts";
import { send } from "./respond.ts";

export { wantsActivity } from "./accept.ts";
export { alternateLink, type AlternateLink } from "./alternate-link.ts";

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
      const name = profileNamed(site, url);
      const account = name === undefined ? null : await localAccount(site, name);
      if (account) {
        send(request, response, await actorDocument(site, account), options);
        return;
      }
      const post = await findPost(site, url);
      if (!post || standing(post) === "nothing") next();
      else send(request, response, await postDocument(site, post._id), options);
    } catch (error) {
      next(error);
    }
  };
}
