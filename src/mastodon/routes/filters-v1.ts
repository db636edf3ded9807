import type { FilterRow } from "../../database/rows.ts";
import {
  changeFilter,
  createFilter,
  filtersOf,
  findFilter,
  removeFilter,
  type FilterWishes,
} from "../../domain/filters.ts";
import type { Api, Context } from "../api.ts";
import { v1FilterEntity, type V1FilterEntity } from "../entities/filter.ts";
import { notFound, unprocessable } from "../errors.ts";
import { readCommon, readKeyword } from "../filter-params.ts";

/** Since when version 2 is there (RFC 9745). */
const SINCE = `@${Date.parse("2022-11-14T00:00:00Z") / 1000}`;

/**
 * Filters as apps knew them before Mastodon 4: one phrase each. They are keywords of the filters of version 2, under the
 * keyword's id, so that old and new apps see the same.
 */
export function filterV1Routes(api: Api): void {
  const read = { scope: "read:filters" };
  const write = { scope: "write:filters" };

  api.get("/api/v1/filters", read, async (context) => {
    deprecated(context);
    const filters = await filtersOf(context.site, context.account);
    return filters.flatMap((row) => row.keywords.map((keyword) => v1FilterEntity(row, keyword)));
  });
  api.post("/api/v1/filters", write, async (context) => {
    deprecated(context);
    const { site, account, params } = context;
    const phrase = params.string("phrase") ?? "";
    const row = await createFilter(site, account, {
      ...wishesIn(context),
      title: phrase.slice(0, 256),
      keywords: [readKeyword(params, "phrase")],
    });
    return entityIn(row, row.keywords[0]?.id);
  });
  api.get("/api/v1/filters/:id", read, async (context) => {
    const { row, id } = await filterInPath(context);
    return entityIn(row, id);
  });
  for (const verb of ["put", "patch"] as const) api[verb]("/api/v1/filters/:id", write, change);
  api.delete("/api/v1/filters/:id", write, async (context) => {
    const { row, id } = await filterInPath(context);
    if (row.keywords.length === 1 && row.statuses.length === 0) await removeFilter(context.site, row);
    else await changeFilter(context.site, row, { keywords: [{ id, remove: true }] });
  });
}

async function change(context: Context): Promise<V1FilterEntity> {
  const { row, id } = await filterInPath(context);
  const wishes = wishesIn(context);
  if (row.keywords.length > 1 && Object.keys(wishes).some((name) => isChanged(row, wishes, name)))
    throw unprocessable(
      "This filter has several keywords: an app that knows them, or the website, is needed to change it",
    );
  const keyword = { ...readKeyword(context.params, "phrase"), id };
  return entityIn(await changeFilter(context.site, row, { ...wishes, keywords: [keyword] }), id);
}

/** Apps send all that they know, also what stays. */
function isChanged(row: FilterRow, wishes: FilterWishes, name: string): boolean {
  switch (name) {
    case "action":
      return wishes.action !== (row.action === "hide" ? "hide" : "warn");
    case "context":
      return [...(wishes.context ?? [])].sort().join() !== [...row.context].sort().join();
    default:
      return wishes.expiresAt != null || row.expiresAt !== undefined;
  }
}

function wishesIn({ site, params }: Context): FilterWishes {
  const irreversible = params.boolean("irreversible");
  return {
    ...readCommon(params, site.clock),
    ...(irreversible === undefined ? {} : { action: irreversible ? "hide" : "warn" }),
  };
}

async function filterInPath(context: Context): Promise<{ row: FilterRow; id: number }> {
  deprecated(context);
  const id = context.params.requiredId("id");
  return { id, row: await findFilter(context.site, context.account, { keyword: id }) };
}

function entityIn(row: FilterRow, id: number | undefined): V1FilterEntity {
  const keyword = row.keywords.find((one) => one.id === id);
  if (keyword === undefined) throw notFound();
  return v1FilterEntity(row, keyword);
}

function deprecated({ response }: Context): void {
  response.set("Deprecation", SINCE);
}
