import type { FilterRow } from "../../database/rows.ts";
import {
  changeFilter,
  createFilter,
  filtersOf,
  filterStatus,
  findFilter,
  removeFilter,
  unfilterStatus,
} from "../../domain/filters.ts";
import type { Api, Context } from "../api.ts";
import { filterEntity, filterKeywordEntity, filterStatusEntity } from "../entities/filter.ts";
import { notFound } from "../errors.ts";
import { readFilter, readKeyword } from "../filter-params.ts";

const read = { scope: "read:filters" };
const write = { scope: "write:filters" };

/** Filters, version 2: several keywords and posts each. What they match is told by each status itself (`filtered`). */
export function filterRoutes(api: Api): void {
  api.get("/api/v2/filters", read, async ({ site, account }) =>
    (await filtersOf(site, account)).map(filterEntity),
  );
  api.post("/api/v2/filters", write, async ({ site, account, params }) =>
    filterEntity(await createFilter(site, account, readFilter(params, site.clock))),
  );
  api.get("/api/v2/filters/:id", read, async (context) => filterEntity(await filterInPath(context)));
  for (const verb of ["put", "patch"] as const)
    api[verb]("/api/v2/filters/:id", write, async (context) => {
      const { site, params } = context;
      return filterEntity(
        await changeFilter(site, await filterInPath(context), readFilter(params, site.clock)),
      );
    });
  api.delete("/api/v2/filters/:id", write, async (context) =>
    removeFilter(context.site, await filterInPath(context)),
  );
  keywordRoutes(api);
  statusRoutes(api);
}

function keywordRoutes(api: Api): void {
  api.get("/api/v2/filters/:id/keywords", read, async (context) =>
    (await filterInPath(context)).keywords.map(filterKeywordEntity),
  );
  api.post("/api/v2/filters/:id/keywords", write, async (context) => {
    const filter = await filterInPath(context);
    const { keywords } = await changeFilter(context.site, filter, {
      keywords: [readKeyword(context.params)],
    });
    const added = keywords.at(-1);
    if (added === undefined) throw notFound();
    return filterKeywordEntity(added);
  });

  api.get("/api/v2/filters/keywords/:id", read, async (context) => {
    const { filter, id } = await byKeyword(context);
    return filterKeywordEntity(keywordIn(filter, id));
  });
  for (const verb of ["put", "patch"] as const)
    api[verb]("/api/v2/filters/keywords/:id", write, async (context) => {
      const { filter, id } = await byKeyword(context);
      const wish = { ...readKeyword(context.params), id };
      return filterKeywordEntity(
        keywordIn(await changeFilter(context.site, filter, { keywords: [wish] }), id),
      );
    });
  api.delete("/api/v2/filters/keywords/:id", write, async (context) => {
    const { filter, id } = await byKeyword(context);
    await changeFilter(context.site, filter, { keywords: [{ id, remove: true }] });
  });
}

function statusRoutes(api: Api): void {
  api.get("/api/v2/filters/:id/statuses", read, async (context) =>
    (await filterInPath(context)).statuses.map(filterStatusEntity),
  );
  api.post("/api/v2/filters/:id/statuses", write, async (context) => {
    const { site, account, params } = context;
    const filter = await filterInPath(context);
    return filterStatusEntity(await filterStatus(site, account, filter, params.requiredId("status_id")));
  });
  api.get("/api/v2/filters/statuses/:id", read, async (context) =>
    filterStatusEntity((await byStatus(context)).status),
  );
  // Answered as the documentation has it; upstream's `{}` and this are the same to every client.
  api.delete("/api/v2/filters/statuses/:id", write, async (context) => {
    const { filter, status } = await byStatus(context);
    await unfilterStatus(context.site, filter, status.id);
    return filterStatusEntity(status);
  });
}

async function byStatus({
  site,
  account,
  params,
}: Context): Promise<{ filter: FilterRow; status: FilterRow["statuses"][number] }> {
  const id = params.requiredId("id");
  const filter = await findFilter(site, account, { status: id });
  const status = filter.statuses.find((one) => one.id === id);
  if (status === undefined) throw notFound();
  return { filter, status };
}

async function filterInPath({ site, account, params }: Context): Promise<FilterRow> {
  return findFilter(site, account, { id: params.requiredId("id") });
}

async function byKeyword({ site, account, params }: Context): Promise<{ filter: FilterRow; id: number }> {
  const id = params.requiredId("id");
  return { id, filter: await findFilter(site, account, { keyword: id }) };
}

function keywordIn(filter: FilterRow, id: number): FilterRow["keywords"][number] {
  const keyword = filter.keywords.find((one) => one.id === id);
  if (keyword === undefined) throw notFound();
  return keyword;
}
