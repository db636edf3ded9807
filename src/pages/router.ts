import { Router } from "express";
import { loadPictureSecret } from "../domain/media.ts";
import type { Site } from "../site.ts";
import { assetRoutes } from "./assets.ts";
import { commentRoutes } from "./comments.ts";
import { connectedAppRoutes } from "./connected-apps.ts";
import { consentRoutes } from "./consent.ts";
import { dialogRoutes } from "./dialogs.ts";
import { feedRoutes } from "./feeds.ts";
import { loginRoutes } from "./login.ts";
import { fileRoutes } from "./files.ts";
import { microblogRoutes } from "./microblog.ts";
import { pictureRoutes } from "./pictures.ts";
import { problemPage } from "./problem-page.ts";
import { createViews, type Views } from "./views.ts";

/**
 * The face for people: `/@name`, `/tags/…`, `/fediverse/…` and `/oauth/authorize`. What is not ours goes on with `next()`.
 * @param views read already; left out: those of the site's options.
 * @throws {OptionsError} for views of the host that cannot be read.
 */
export function pagesRouter(site: Site, views: Views = createViews(site.options.views)): Router {
  const router = Router();
  router.use(assetRoutes(views));
  router.use(async (_request, _response, next) => {
    await loadPictureSecret(site);
    next();
  });
  router.use(fileRoutes(site));
  router.use(pictureRoutes(site));
  router.use(commentRoutes(site, views));
  router.use(dialogRoutes(site, views));
  router.use(loginRoutes(site, views));
  router.use(consentRoutes(site, views));
  router.use(connectedAppRoutes(site, views));
  router.use(feedRoutes(site));
  router.use(microblogRoutes(site, views));
  router.use(problemPage(site, views));
  return router;
}
