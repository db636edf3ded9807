import express from "express";
import { activitypubRouter } from "../../src/activitypub/router.ts";
import { negotiation } from "../../src/activitypub/negotiation.ts";
import { answerError } from "../../src/error-answer.ts";
import type { PostRow } from "../../src/database/rows.ts";
import { publishPost } from "../../src/domain/posts.ts";
import type { PostInput } from "../../src/domain/post-input.ts";
import type { Site } from "../../src/site.ts";

export const ACTIVITY = "application/activity+json";
export const BROWSER = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8";

/** A host app with the face for servers in front of its own pages. */
export function serve(site: Site, make: typeof express = express): express.Express {
  const app = make();
  app.use(activitypubRouter(site));
  app.use(negotiation(site));
  app.use((request, response) => void response.status(200).type("html").send(`<p>host ${request.path}</p>`));
  app.use(((error, request, response, _next) =>
    answerError(site, error, request, response)) satisfies express.ErrorRequestHandler);
  return app;
}

let counter = 0;
/** A post of the blog, public unless it says otherwise. */
export async function publish(site: Site, more: Partial<PostInput> = {}): Promise<PostRow> {
  counter += 1;
  return publishPost(site, {
    url: `https://blog.example/posts/${counter}`,
    title: `Rye ${counter}`,
    markdown: "Bread, *mostly*. #rye",
    ...more,
  });
}
