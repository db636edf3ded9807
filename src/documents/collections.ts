import type { JsonObject } from "./parse-json.ts";

export interface CollectionParts {
  id: string;
  /** Left out where the count is nobody's business. */
  totalItems?: number;
  /** URL of the first page. */
  first?: string;
  /** Default `OrderedCollection`: everything we list is in order of time. */
  type?: "Collection" | "OrderedCollection";
  /** All items, for a collection so short that it needs no pages. */
  items?: readonly unknown[];
  attributedTo?: string;
}

export interface PageParts {
  id: string;
  partOf: string;
  items: readonly unknown[];
  next?: string;
  prev?: string;
  totalItems?: number;
  /** Default `OrderedCollectionPage`. */
  type?: "CollectionPage" | "OrderedCollectionPage";
}

/** The root of a collection, without a context: the count and where the pages begin, never the list itself. */
export function composeCollection(parts: CollectionParts): JsonObject {
  const { id, type = "OrderedCollection", items, ...rest } = parts;
  return {
    id,
    type,
    ...rest,
    ...(items === undefined ? {} : { [type === "OrderedCollection" ? "orderedItems" : "items"]: items }),
  };
}

/** One page of a collection, without a context. */
export function composePage(parts: PageParts): JsonObject {
  const { id, type = "OrderedCollectionPage", partOf, items, ...rest } = parts;
  return {
    id,
    type,
    partOf,
    ...rest,
    [type === "OrderedCollectionPage" ? "orderedItems" : "items"]: items,
  };
}
