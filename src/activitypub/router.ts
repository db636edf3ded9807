import { Router } from "express";
import type { Site } from "../site.ts";
import { accountRoutes } from "./account-routes.ts";
import { activityRoutes } from "./activity-routes.ts";
import { hostMetaRoutes } from "./host-meta.ts";
import { inboxRoutes } from "./inbox/routes.ts";
import { nodeinfoRoutes } from "./nodeinfo.ts";
import { postRoutes } from "./post-routes.ts";
import { webfingerRoutes } from "./webfinger.ts";

/** The face for servers: `/.well-known/…`, `/nodeinfo/…` and `/ap/…`. What is not ours goes on with `next()`. */
export function activitypubRouter(site: Site): Router {
  const router = Router();
  router.use(webfingerRoutes(site));
  router.use(hostMetaRoutes(site));
  router.use(nodeinfoRoutes(site));
  router.use(accountRoutes(site));
  router.use(inboxRoutes(site));
  router.use(postRoutes(site));
  router.use(activityRoutes(site));
  return router;
}
