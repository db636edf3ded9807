import { Router, type Request } from "express";
import type { ActorRow, PostRow } from "../database/rows.ts";
import { composeActivity } from "../documents/compose-activity.ts";
import { idsOf, type JsonObject } from "../documents/read.ts";
import { featuredTags } from "../domain/featured-tags.ts";
import { postsOf } from "../domain/find-post.ts";
import { followersOf, followingOf } from "../domain/follows.ts";
import { featuredOf } from "../domain/pins.ts";
import type { Site } from "../site.ts";
import type { PageRequest } from "../support/cursors.ts";
import { accountDocument, siteDocument } from "./actor-document.ts";
import {
  collectionRoute,
  emptyCollectionRoute,
  shortCollectionRoute,
  type Listing,
} from "./collection-routes.ts";
import { countPostsOf } from "./counts.ts";
import { accountIn } from "./params.ts";
import { composeOwnPost } from "./post-document.ts";
import { send } from "./respond.ts";
import { reading } from "./reading.ts";

/** `/ap/accounts/…` and `/ap/actor`: actors and what hangs on them (ActivityPub 4.1, 5). */
export function accountRoutes(site: Site): Router {
  const router = Router({ caseSensitive: true });
  const at = reading(router);

  at(
    "/ap/accounts/:username",
    { page: async (request) => (await accountIn(site, request)).url },
    async (request, response) => {
      const username = String(request.params.username);
      const document = await accountDocument(site, username);
      // One document has one address: capitals lead to it.
      if (document.id !== undefined && document.id !== site.urls.actor(username))
        return response.redirect(301, document.id);
      return send(request, response, document);
    },
  );
  at(
    "/ap/accounts/:username/outbox",
    collectionRoute((request) => outbox(site, request)),
  );
  at(
    "/ap/accounts/:username/followers",
    collectionRoute((request) => followers(site, request)),
  );
  at(
    "/ap/accounts/:username/following",
    collectionRoute((request) => following(site, request)),
  );
  at(
    "/ap/accounts/:username/featured",
    shortCollectionRoute((request) => featured(site, request)),
  );
  at(
    "/ap/accounts/:username/tags",
    shortCollectionRoute((request) => hashtags(site, request), "Collection"),
  );
  const below = (name: string) => async (request: Request) =>
    `${(await accountIn(site, request)).uri}/${name}`;
  // ActivityPub 5.2: an inbox is an OrderedCollection, of which a stranger may read nothing.
  at("/ap/accounts/:username/inbox", { alsoPost: true }, emptyCollectionRoute(below("inbox")));
  at(
    "/ap/inbox",
    { alsoPost: true },
    emptyCollectionRoute(() => site.urls.sharedInbox),
  );

  at("/ap/actor", async (request, response) => {
    send(request, response, await siteDocument(site));
  });
  // The site's own actor writes nothing and follows nobody, but readers refuse an actor without these.
  for (const name of ["outbox", "followers", "following"])
    at(
      `/ap/actor/${name}`,
      emptyCollectionRoute(() => `${site.urls.siteActor}/${name}`),
    );
  return router;
}

/** Pinned posts, whole, so that nobody has to fetch each of them. */
async function featured(site: Site, request: Request): Promise<{ id: string; items: JsonObject[] }> {
  const account = await accountIn(site, request);
  const posts = await featuredOf(site, account);
  return {
    id: site.urls.featured(account.username),
    items: await Promise.all(posts.map((post) => composeOwnPost(site, post))),
  };
}

/** Hashtags that the account shows on its profile. */
async function hashtags(site: Site, request: Request): Promise<{ id: string; items: JsonObject[] }> {
  const account = await accountIn(site, request);
  const tags = await featuredTags(site, account);
  return {
    id: site.urls.featuredTags(account.username),
    items: tags.map(({ row }) => ({
      type: "Hashtag",
      href: site.urls.tagPage(row.tag),
      name: `#${row.name}`,
    })),
  };
}

async function outbox(site: Site, request: Request): Promise<Listing> {
  const account = await accountIn(site, request);
  return {
    id: site.urls.outbox(account.username),
    type: "OrderedCollection",
    totalItems: () => countPostsOf(site, account),
    objects: true,
    page: async (page) => {
      const posts = await postsOf(site, account, { ...page, limit: page.limit + 1 }, { withReplies: true });
      const shown = posts.slice(0, page.limit);
      const last = shown.at(-1);
      return {
        items: await creates(site, account, shown),
        ...(posts.length > page.limit && last ? { next: last._id } : {}),
      };
    },
  };
}

/** Each post inside the Create that told of it; posts older than the site's first start have none of their own. */
async function creates(site: Site, account: ActorRow, posts: PostRow[]): Promise<JsonObject[]> {
  if (posts.length === 0) return [];
  const sent = await site.models.activities
    .find({ object: { $in: posts.map((post) => post.uri) }, type: "Create" }, { object: 1, uri: 1 })
    .lean();
  const ids = new Map(sent.map((activity) => [activity.object, activity.uri]));
  return Promise.all(
    posts.map(async (post) => {
      const create = composeCreate(account, post, await composeOwnPost(site, post), ids.get(post.uri));
      const { "@context": _, ...bare } = create;
      return bare;
    }),
  );
}

/** @param id the id of the Create as it was sent; left out, one beneath the post. */
export function composeCreate(
  author: { uri: string },
  post: PostRow,
  object: JsonObject,
  id?: string,
): JsonObject {
  return composeActivity({
    id: id ?? `${post.uri}/activity`,
    type: "Create",
    actor: author.uri,
    object,
    to: idsOf(object.to),
    cc: idsOf(object.cc),
    published: post.publishedAt,
  });
}

async function followers(site: Site, request: Request): Promise<Listing> {
  const account = await accountIn(site, request);
  return {
    id: site.urls.followers(account.username),
    type: "OrderedCollection",
    totalItems: () => account.followersCount,
    page: uris((page) => unlessHidden(account, () => followersOf(site, account, page))),
  };
}

async function following(site: Site, request: Request): Promise<Listing> {
  const account = await accountIn(site, request);
  return {
    id: site.urls.following(account.username),
    type: "OrderedCollection",
    totalItems: () => account.followingCount,
    page: uris((page) => unlessHidden(account, () => followingOf(site, account, page))),
  };
}

/** Whoever hides these lists has them counted only. */
async function unlessHidden(
  account: ActorRow,
  list: () => Promise<{ uris: string[]; next?: number }>,
): Promise<{ uris: string[]; next?: number }> {
  return account.hidesCollections === true ? { uris: [] } : list();
}

/** A domain list of ids as a listing's page. */
export function uris(
  list: (page: PageRequest) => Promise<{ uris: string[]; next?: number }>,
): Listing["page"] {
  return async (page) => {
    const { uris: items, next } = await list(page);
    return { items, ...(next === undefined ? {} : { next }) };
  };
}
