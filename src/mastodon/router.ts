import type { RequestHandler } from "express";
import type { Site } from "../site.ts";
import { ApiTable } from "./api.ts";
import { answerRefusal } from "./errors.ts";
import { appRoutes } from "./routes/apps.ts";
import { oauthRoutes } from "./routes/oauth.ts";

/**
 * The face for apps: the Mastodon API, behind `crossOrigin`. Every path that comes here is answered; what is unknown is
 * 404 in JSON.
 */
export function mastodonRouter(site: Site): RequestHandler {
  const api = new ApiTable(site);
  appRoutes(api);
  oauthRoutes(api);
  return (request, response, next) => {
    api.answer(request, response).catch((error: unknown) => {
      if (!answerRefusal(error, response)) next(error);
    });
  };
}
