import { Router } from "express";
import type { Site } from "../site.ts";
import { getOnly } from "./reading.ts";
import { send, served, servedText } from "./respond.ts";

/** `/.well-known/host-meta` (RFC 6415), by which old Pleroma and Friendica find WebFinger. */
export function hostMetaRoutes(site: Site): Router {
  const router = Router();
  const at = getOnly(router);
  const template = `${site.urls.origin}/.well-known/webfinger?resource={uri}`;
  const jrd = served(
    { links: [{ rel: "lrdd", type: "application/jrd+json", template }] },
    { type: "application/jrd+json" },
  );
  const xrd = servedText(
    `<?xml version="1.0" encoding="UTF-8"?>\n<XRD xmlns="http://docs.oasis-open.org/ns/xri/xrd-1.0"><Link rel="lrdd" type="application/jrd+json" template="${template}"/></XRD>\n`,
    { type: "application/xrd+xml; charset=utf-8" },
  );
  const options = { cacheControl: "public, max-age=86400", vary: "Accept" };
  at("/.well-known/host-meta", (request, response) => {
    const wantsJson = /\bjson\b/.test(request.headers.accept ?? "");
    send(request, response, wantsJson ? jrd : xrd, options);
  });
  at("/.well-known/host-meta.json", (request, response) => send(request, response, jrd, options));
  return router;
}
