import type { Request, RequestHandler } from "express";
import { composeCollection, composePage } from "../documents/collections.ts";
import { ACTIVITYSTREAMS, withContext } from "../documents/context.ts";
import type { JsonObject } from "../documents/parse-json.ts";
import type { PageRequest } from "../support/cursors.ts";
import { pageIn } from "./params.ts";
import { send, served } from "./respond.ts";

/** A list of ours as its own reader sees it: the count without the list, and one page without the rest. */
export interface Listing {
  id: string;
  /** Plain lists of strangers' replies and reactions are `Collection` everywhere else too. */
  type: "Collection" | "OrderedCollection";
  /** Of counters: never counted by reading the list. Left out where there is no counter. */
  totalItems?: () => number | Promise<number>;
  /** The items of a page, and the id below (`before`) or above (`after`) which the next begins. */
  page: (page: PageRequest) => Promise<{ items: unknown[]; next?: number }>;
  /** In which direction ids go from page to page. Default `before`: newest first. */
  cursor?: "before" | "after";
  /** Items are whole objects whose terms need our context, not bare ids. */
  objects?: boolean;
}

/**
 * Serves a collection: without `?page` the root, with it one page of 20 by cursor. A cursor of nobody is an empty page.
 * @param find finds the listing, or throws NotFound.
 */
export function collectionRoute(find: (request: Request) => Promise<Listing>): RequestHandler {
  return async (request, response) => {
    const listing = await find(request);
    const page = pageIn(request);
    const doc = page ? await pageOf(listing, page) : await rootOf(listing);
    send(request, response, served(listing.objects === true ? withContext(doc) : plain(doc)));
  };
}

/** Serves a collection of a few whole objects, all of them at once. */
export function shortCollectionRoute(
  find: (request: Request) => Promise<{ id: string; items: JsonObject[] }>,
  type: "Collection" | "OrderedCollection" = "OrderedCollection",
): RequestHandler {
  return async (request, response) => {
    const { id, items } = await find(request);
    const collection = composeCollection({ id, type, totalItems: items.length, items });
    send(request, response, served(withContext(collection)));
  };
}

/** Serves a collection that has nothing in it. */
export function emptyCollectionRoute(
  find: (request: Request) => string | Promise<string>,
  type: "Collection" | "OrderedCollection" = "OrderedCollection",
): RequestHandler {
  return async (request, response) => {
    const id = await find(request);
    send(request, response, served(plain(composeCollection({ id, type, totalItems: 0, items: [] }))));
  };
}

async function rootOf({ id, type, totalItems }: Listing): Promise<JsonObject> {
  return composeCollection({
    id,
    type,
    ...(totalItems === undefined ? {} : { totalItems: await totalItems() }),
    first: `${id}?page=true`,
  });
}

async function pageOf(listing: Listing, page: PageRequest): Promise<JsonObject> {
  const { id, type, cursor = "before" } = listing;
  const { items, next } = await listing.page(page);
  return composePage({
    id: pageUrl(id, page),
    type: `${type}Page`,
    partOf: id,
    items,
    ...(next === undefined ? {} : { next: pageUrl(id, { [cursor]: next }) }),
  });
}

function pageUrl(id: string, { before, after }: { before?: number; after?: number }): string {
  return `${id}?page=true${before === undefined ? "" : `&before=${before}`}${after === undefined ? "" : `&after=${after}`}`;
}

function plain(doc: JsonObject): JsonObject {
  return { "@context": [ACTIVITYSTREAMS], ...doc };
}
