import { Router, type Request, type Response } from "express";
import type { Site } from "../../site.ts";
import { openDoor } from "./door.ts";

/** POST to the shared inbox and to the inbox of each account. Nobody may read one: they are write-only here. */
export function inboxRoutes(site: Site): Router {
  const router = Router();
  router.post("/ap/inbox", (request, response) => openDoor(site, request, response));
  router.post("/ap/accounts/:username/inbox", (request, response) =>
    openDoor(site, request, response, request.params.username),
  );
  router.all(["/ap/inbox", "/ap/accounts/:username/inbox"], notAllowed);
  return router;
}

function notAllowed(_request: Request, response: Response): void {
  response
    .status(405)
    .set({ Allow: "POST", "Cache-Control": "no-store" })
    .json({ error: "An inbox takes POST only.", reason: "method" });
}
