import type { ListRow, PostRow } from "../../database/rows.ts";
import { findPost } from "../../domain/find-post.ts";
import { homePage, listPage, type TimelinePage } from "../../domain/timelines.ts";
import { publicPage, quotesPage, tagPage, type ListingFilter } from "../../domain/listings.ts";
import type { StatusPage } from "../../support/cursors.ts";
import type { Api, Context } from "../api.ts";
import { notFound } from "../errors.ts";
import { standingOf } from "../load/standing.ts";
import { loadStatuses } from "../load/statuses.ts";
import { pageOf, setPageLinks } from "../paging.ts";
import type { Params } from "../params.ts";

/** Lists of statuses, newest first. */
export function timelineRoutes(api: Api): void {
  const open = { scope: "read:statuses", auth: "optional", whoOnly: true } as const;

  api.get("/api/v1/timelines/home", { scope: "read:statuses", whoOnly: true }, (context) =>
    timeline(context, (page) => homePage(context.site, context.account, page)),
  );

  api.get("/api/v1/timelines/public", open, (context) =>
    timeline(context, (page) =>
      rowsOnly(publicPage(context.site, filterIn(context.params), page, context.viewer.account)),
    ),
  );

  api.get("/api/v1/timelines/tag/:hashtag", open, (context) => {
    const { site, params, viewer } = context;
    const filter = {
      ...filterIn(params),
      any: params.strings("any"),
      all: params.strings("all"),
      none: params.strings("none"),
    };
    return timeline(context, (page) =>
      rowsOnly(tagPage(site, params.string("hashtag") ?? "", filter, page, viewer.account)),
    );
  });

  api.get("/api/v1/timelines/list/:list_id", { scope: "read:lists", whoOnly: true }, async (context) => {
    const { site, params, account } = context;
    const list = await site.models.lists
      .findOne({ _id: params.requiredId("list_id"), owner: account._id })
      .lean<ListRow | null>();
    if (list === null) throw notFound();
    return timeline(context, (page) => listPage(site, list, page));
  });

  // Links in texts are not indexed: what stands at the address here, and what quotes it, is all that is known of it.
  api.get("/api/v1/timelines/link", open, async (context) => {
    const post = await findPost(context.site, context.params.string("url") ?? "");
    if (post === null) return [];
    return timeline(context, (page) => rowsOnly(aboutPost(context, post, page)));
  });
}

/** A list whose boosted posts have not been read with it: the loader reads them. */
async function rowsOnly(rows: Promise<PostRow[]>): Promise<TimelinePage> {
  return { rows: await rows, originals: [] };
}

async function timeline(
  context: Context,
  read: (page: StatusPage) => Promise<TimelinePage>,
): Promise<unknown> {
  const { site, params, viewer } = context;
  const page = pageOf(params, { default: 20, max: 40 });
  const [{ rows, originals }, standing] = await Promise.all([read(page), standingOf(site, viewer)]);
  const statuses = await loadStatuses(site, viewer, rows, { shunned: true, nearby: originals, standing });
  const ids = rows.map((row) => row._id);
  // A page of nothing but people the viewer shuns leads on, and never back: clients would ask for ever.
  if (statuses.length > 0) setPageLinks(context, ids, page);
  else if (ids.length === page.limit) context.link({ next: { max_id: ids.at(-1) ?? 0 } });
  return statuses;
}

function filterIn(params: Params): ListingFilter {
  return {
    local: params.boolean("local", false),
    remote: params.boolean("remote", false),
    onlyMedia: params.boolean("only_media", false),
  };
}

async function aboutPost({ site }: Context, post: PostRow, page: StatusPage): Promise<PostRow[]> {
  const quotes = await quotesPage(site, post, page, "public");
  const isHere =
    (page.maxId === undefined || post._id < page.maxId) && post._id > (page.minId ?? page.sinceId ?? 0);
  const rows = [...quotes, ...(isHere && post.visibility === "public" ? [post] : [])];
  // Read upwards, a page ends at its newer end: what is quoted is the oldest of all.
  return page.minId === undefined ? rows.slice(0, page.limit) : rows.slice(-page.limit);
}
