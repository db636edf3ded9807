import { Router } from "express";
import { sendFresh } from "./respond.ts";
import type { Views } from "./views.ts";

/**
 * `/fediverse/assets/pages.3f2a9c1b5d60.css`: kept for ever, since another content has another address. Without the hash,
 * as other sites name `comments.js`, it is asked for again after an hour.
 */
export function assetRoutes(views: Views): Router {
  const router = Router();
  router.get("/fediverse/assets/*path", (request, response, next) => {
    const path = ([] as string[]).concat(request.params.path).join("/");
    const [, stem, hash, suffix] = /^(.+?)(?:\.([0-9a-f]{12}))?(\.[a-z0-9]+)$/.exec(path) ?? [];
    const asset = stem === undefined ? undefined : views.asset(`${stem}${suffix ?? ""}`);
    if (asset === undefined) {
      next();
      return;
    }
    response.set({
      "Content-Type": asset.mediaType,
      "X-Content-Type-Options": "nosniff",
      "Access-Control-Allow-Origin": "*",
      "Cross-Origin-Resource-Policy": "cross-origin",
      // An old hash after an update: the new content, but not for long.
      "Cache-Control": hash === asset.hash ? "public, max-age=31536000, immutable" : "public, max-age=3600",
    });
    sendFresh(request, response, asset.content);
  });
  return router;
}
