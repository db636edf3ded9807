import { Router, type Request } from "express";
import { composeStamp } from "../documents/compose-quote.ts";
import type { JsonObject } from "../documents/parse-json.ts";
import { consentedQuote } from "../domain/quotes.ts";
import { repliesTo, threadUris } from "../domain/thread.ts";
import { interactionsWith } from "../domain/interactions.ts";
import type { Site } from "../site.ts";
import { NotFound } from "../support/errors.ts";
import { parseId } from "../support/ids.ts";
import { composeCreate, uris } from "./account-routes.ts";
import { collectionRoute, type Listing } from "./collection-routes.ts";
import { idIn, postIn } from "./params.ts";
import { composeOwnPost, postDocument } from "./post-document.ts";
import { reading } from "./reading.ts";
import { send, served } from "./respond.ts";

/** `/ap/posts/…`: posts and what others did with them. */
export function postRoutes(site: Site): Router {
  const router = Router({ caseSensitive: true });
  const at = reading(router);

  at(
    "/ap/posts/:id",
    { page: async (request) => (await postIn(site, request)).url },
    async (request, response) => {
      send(request, response, await postDocument(site, idIn(request)));
    },
  );
  at("/ap/posts/:id/activity", async (request, response) => {
    const post = await postIn(site, request);
    const create = composeCreate({ uri: post.authorUri }, post, await composeOwnPost(site, post));
    send(request, response, served(create));
  });
  at(
    "/ap/posts/:id/replies",
    collectionRoute((request) => replies(site, request)),
  );
  at(
    "/ap/posts/:id/likes",
    collectionRoute((request) => reactions(site, request, "like")),
  );
  at(
    "/ap/posts/:id/shares",
    collectionRoute((request) => reactions(site, request, "boost")),
  );
  at("/ap/posts/:id/quotes/:quoting", async (request, response) => {
    send(request, response, served(await stamp(site, request)));
  });
  at(
    "/ap/posts/:id/context",
    collectionRoute((request) => context(site, request)),
  );
  return router;
}

async function replies(site: Site, request: Request): Promise<Listing> {
  const post = await postIn(site, request);
  return {
    id: site.urls.replies(post._id),
    type: "Collection",
    totalItems: () => post.repliesCount,
    cursor: "after",
    page: uris((page) => repliesTo(site, post, page)),
  };
}

async function reactions(site: Site, request: Request, kind: "like" | "boost"): Promise<Listing> {
  const post = await postIn(site, request);
  return {
    id: kind === "like" ? site.urls.likes(post._id) : site.urls.shares(post._id),
    type: "Collection",
    totalItems: () => (kind === "like" ? post.likesCount : post.boostsCount),
    page: uris((page) => interactionsWith(site, post, kind, page)),
  };
}

/** The consent of a post's author to one quote of it, for as long as it holds (FEP-044f). */
async function stamp(site: Site, request: Request): Promise<JsonObject> {
  const post = await postIn(site, request);
  const quoting = parseId(request.params.quoting);
  const quote = quoting === undefined ? null : await consentedQuote(site, post, quoting);
  if (!quote) throw new NotFound();
  return composeStamp({
    id: site.urls.quoteStamp(post._id, quote._id),
    author: post.authorUri,
    quoting: quote.uri,
    quoted: post.uri,
  });
}

/** The whole conversation under a post of ours (FEP-7888, FEP-f228); answers have the context of their root. */
async function context(site: Site, request: Request): Promise<Listing> {
  const post = await postIn(site, request);
  if (post.thread !== undefined) throw new NotFound();
  return {
    id: site.urls.context(post._id),
    type: "OrderedCollection",
    cursor: "after",
    page: uris((page) => threadUris(site, post, page)),
  };
}
