import { Router, type Request, type Response } from "express";
import { findPost } from "../domain/find-post.ts";
import { reactionsOf } from "../domain/interactions.ts";
import { pictureAddress } from "../domain/media.ts";
import { commentsOf, type Comment, type CommentPage } from "../domain/thread.ts";
import type { Site } from "../site.ts";
import { InvalidInput, NotFound } from "../support/errors.ts";
import { LIMITS } from "../support/limits.ts";
import { sendFresh } from "./respond.ts";
import { COMMENTS_PER_PAGE, cursor, threadView } from "./thread.ts";
import type { Views } from "./views.ts";

/**
 * `/fediverse/comments?url=…`: the comments under a page, as an HTML fragment or (by `Accept`, or as `.json`) as JSON,
 * for any other site. `after` is the `next` of the page before, `limit` at most 100.
 */
export function commentRoutes(site: Site, views: Views): Router {
  const router = Router();
  const answer =
    (format: "html" | "json" | undefined) =>
    async (request: Request, response: Response): Promise<void> => {
      response.set({
        "Access-Control-Allow-Origin": "*",
        "X-Content-Type-Options": "nosniff",
        "Cache-Control": "public, max-age=30",
      });
      const wanted = format ?? (request.accepts(["html", "json"]) === "json" ? "json" : "html");
      if (format === undefined) response.vary("Accept");
      try {
        const name = nameIn(request.query);
        const page = await pageOf(site, name, request.query);
        if (wanted === "json") await sendJson(site, name, page, request, response);
        else await sendFragment(site, views, name, page, request, response);
      } catch (error) {
        if (wanted !== "json" || !(error instanceof InvalidInput || error instanceof NotFound)) throw error;
        response.status(error.status).json({ error: error.message, code: error.code });
      }
    };
  router.get("/fediverse/comments", answer(undefined));
  router.get("/fediverse/comments.json", answer("json"));
  router.get("/fediverse/comments.html", answer("html"));
  return router;
}

function nameIn(query: Record<string, unknown>): string {
  const name = query["url"];
  if (typeof name !== "string" || name.length > LIMITS.urlLength || !URL.canParse(name)) {
    throw new InvalidInput(
      "Say whose comments: ?url= and the absolute address of the post's page.",
      "url-missing",
      400,
    );
  }
  return name;
}

async function pageOf(site: Site, name: string, query: Record<string, unknown>): Promise<CommentPage> {
  const wanted = typeof query["limit"] === "string" ? Number(query["limit"]) : COMMENTS_PER_PAGE;
  const limit = Number.isInteger(wanted) && wanted > 0 ? Math.min(wanted, 100) : COMMENTS_PER_PAGE;
  const page = await commentsOf(site, name, { limit, ...cursor(query["after"]) });
  // A page of ours that is no post yet has no comments yet; what others' pages have is not ours to say.
  if (page.post === null && !site.urls.isOurs(name) && (await findPost(site, name)) === null) {
    throw new NotFound("No post of this site has that address.");
  }
  return page;
}

async function sendJson(
  site: Site,
  name: string,
  page: CommentPage,
  request: Request,
  response: Response,
): Promise<void> {
  const { likes, boosts, likers, boosters } = await reactionsOf(site, name);
  response.set("Content-Type", "application/json; charset=utf-8");
  sendFresh(
    request,
    response,
    JSON.stringify({
      ...page,
      comments: page.comments.map((comment) => jsonComment(site, comment)),
      reactions: { likes, boosts, likers, boosters },
    }),
  );
}

/** With `preview`, the address under which a picture may be shown without calling its server. */
function jsonComment(site: Site, comment: Comment): object {
  return {
    ...comment,
    attachments: comment.attachments.map((media) => ({
      ...media,
      ...(media.type === "Image" ? { preview: pictureAddress(site, media.url) } : {}),
    })),
    replies: comment.replies.map((reply) => jsonComment(site, reply)),
  };
}

async function sendFragment(
  site: Site,
  views: Views,
  name: string,
  page: CommentPage,
  request: Request,
  response: Response,
): Promise<void> {
  const { origin } = site.urls;
  const { likes, boosts } = await reactionsOf(site, name);
  const more = (next: string): string =>
    `${origin}/fediverse/comments?url=${encodeURIComponent(name)}&after=${next}`;
  const html = views.render("comments", { ...threadView(site, page, { origin, more }), likes, boosts });
  response.set({
    "Content-Type": "text/html; charset=utf-8",
    // Opened by itself it is a page on our origin: nothing in it may run.
    "Content-Security-Policy": `default-src 'none'; img-src 'self' ${origin}; sandbox allow-popups allow-top-navigation-by-user-activation`,
  });
  sendFresh(request, response, html);
}
