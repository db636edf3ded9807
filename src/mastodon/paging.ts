import type { StatusPage } from "../support/cursors.ts";
import type { Context } from "./api.ts";
import type { Params } from "./params.ts";

/** Parameters that say where a page begins; everything else a link keeps. */
const CURSORS = ["max_id", "since_id", "min_id", "offset", "access_token"];

/** `max_id`, `since_id`, `min_id` and `limit` of a list. A limit that is nonsense is the default, a huge one the most. */
export function pageOf(params: Params, limits: { default: number; max: number }): StatusPage {
  const maxId = params.id("max_id");
  const sinceId = params.id("since_id");
  const minId = params.id("min_id");
  return {
    limit: params.integer("limit", { default: limits.default, min: 1, max: limits.max }),
    ...(maxId === undefined ? {} : { maxId }),
    ...(sinceId === undefined ? {} : { sinceId }),
    ...(minId === undefined ? {} : { minId }),
  };
}

/** Where a list goes on, such as `{ max_id: 17 }`. */
export type Cursor = Record<string, string | number>;

/**
 * The Link header: absolute, `next` before `prev`, in the exact form that clients match by pattern. `next` is left out
 * on the last page (some clients would walk for ever), both on an empty one.
 */
export function setLink(
  context: Context,
  pages: { next?: Cursor | undefined; prev?: Cursor | undefined },
): void {
  const links = (["next", "prev"] as const).flatMap((rel) => {
    const cursor = pages[rel];
    return cursor === undefined ? [] : [`<${addressOf(context, cursor)}>; rel="${rel}"`];
  });
  if (links.length > 0) context.response.set("Link", links.join(", "));
}

/**
 * The links of a page sorted by id, newest first. `next` only where the page is full.
 * @param prev `min_id` for statuses and notifications, `since_id` for lists of accounts.
 */
export function setPageLinks(
  context: Context,
  ids: readonly (number | string)[],
  page: StatusPage,
  prev: "min_id" | "since_id" = "min_id",
): void {
  const first = ids[0];
  const last = ids.at(-1);
  if (first === undefined || last === undefined) return;
  setLink(context, {
    prev: { [prev]: first },
    ...(ids.length < page.limit ? {} : { next: { max_id: last } }),
  });
}

function addressOf(context: Context, cursor: Cursor): string {
  const url = new URL(context.request.originalUrl, context.site.urls.origin);
  const address = new URL(url.pathname, context.site.urls.origin);
  for (const [name, value] of url.searchParams)
    if (!CURSORS.includes(name)) address.searchParams.append(name, value);
  for (const [name, value] of Object.entries(cursor)) address.searchParams.set(name, String(value));
  return address.href;
}
