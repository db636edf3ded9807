import type { ErrorRequestHandler } from "express";
import type { Site } from "../site.ts";
import { FediverseError } from "../support/errors.ts";
import { sendPage } from "./respond.ts";
import type { Views } from "./views.ts";

const TITLES: Record<number, string> = { 400: "Something is missing", 404: "Not found", 410: "Deleted" };

/** What a person did wrong, told on a page of ours. Our own troubles go on to the last error handler. */
export function problemPage(site: Site, views: Views): ErrorRequestHandler {
  return (error, request, response, next) => {
    if (!(error instanceof FediverseError) || error.status >= 500 || request.accepts("html") === false) {
      next(error);
      return;
    }
    const title = TITLES[error.status] ?? "That did not work";
    const html = views.render("message", {
      site: { host: site.urls.host },
      head: { title, noindex: true, links: [], meta: [] },
      title,
      text: error.message,
      link: { href: "/", text: `To ${site.urls.host}` },
    });
    sendPage(request, response, site.urls.origin, html, { status: error.status, cache: "no-store" });
  };
}
