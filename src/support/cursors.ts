import { parseId } from "./ids.ts";

/** A place in a list that is sorted by id, newest first. */
export interface PageRequest {
  /** Only ids below this one. */
  before?: number;
  /** Only ids above this one, the nearest to it. */
  after?: number;
  /** Rows wanted. */
  limit: number;
}

/** Reads `?before=`, `?after=` (decimal ids) from a query; what is not an id is left out. */
export function pageRequest(query: Record<string, unknown>, limit: number): PageRequest {
  const before = parseId(query.before);
  const after = parseId(query.after);
  return { limit, ...(before === undefined ? {} : { before }), ...(after === undefined ? {} : { after }) };
}

/** The part of a filter on `_id` that the page asks for; empty for the first page. */
export function idRange(page: { before?: number; after?: number }): { _id?: { $lt?: number; $gt?: number } } {
  if (page.before === undefined && page.after === undefined) return {};
  return {
    _id: {
      ...(page.before === undefined ? {} : { $lt: page.before }),
      ...(page.after === undefined ? {} : { $gt: page.after }),
    },
  };
}

/** A page as Mastodon's clients ask for it; ids are exclusive. */
export interface StatusPage {
  /** Only below this one. */
  maxId?: number;
  /** Only above this one, the newest first: a cut, not a start. */
  sinceId?: number;
  /** The page directly above this one; wins over `sinceId`. */
  minId?: number;
  limit: number;
}

/** The range of a page, and the order in which the store must walk so that the limit cuts at the right end. */
export function pageRange(page: StatusPage): {
  range: { $lt?: number; $gt?: number } | undefined;
  direction: 1 | -1;
} {
  const above = page.minId ?? page.sinceId;
  const range = {
    ...(page.maxId === undefined ? {} : { $lt: page.maxId }),
    ...(above === undefined ? {} : { $gt: above }),
  };
  return {
    range: Object.keys(range).length === 0 ? undefined : range,
    direction: page.minId === undefined ? -1 : 1,
  };
}
