import type { ListRow } from "../../database/rows.ts";
import {
  addMembers,
  changeList,
  createList,
  listById,
  listsOf,
  membersOf,
  removeList,
  removeMembers,
  type ListWishes,
} from "../../domain/lists.ts";
import type { Api, Context } from "../api.ts";
import { listEntity } from "../entities/list.ts";
import { unprocessable } from "../errors.ts";
import { loadAccounts } from "../load/accounts.ts";
import { pageOf, setPageLinks } from "../paging.ts";
import type { Params } from "../params.ts";

/** People put into a list, or taken out, at once. */
const AT_ONCE = 500;

/** Lists of people; their timelines are among the timelines. */
export function listRoutes(api: Api): void {
  const read = { scope: "read:lists" };
  const write = { scope: "write:lists" };

  api.get("/api/v1/lists", read, async ({ site, account }) => (await listsOf(site, account)).map(listEntity));
  api.post("/api/v1/lists", write, async ({ site, account, params }) =>
    listEntity(await createList(site, account, wishesIn(params))),
  );
  api.get("/api/v1/lists/:id", read, async (context) => listEntity(await listInPath(context)));
  for (const verb of ["put", "patch"] as const)
    api[verb]("/api/v1/lists/:id", write, async (context) =>
      listEntity(await changeList(context.site, await listInPath(context), wishesIn(context.params))),
    );
  api.delete("/api/v1/lists/:id", write, async (context) =>
    removeList(context.site, await listInPath(context)),
  );

  api.get("/api/v1/lists/:id/accounts", read, members);
  api.post("/api/v1/lists/:id/accounts", write, async (context) =>
    addMembers(context.site, await listInPath(context), idsIn(context.params)),
  );
  api.delete("/api/v1/lists/:id/accounts", write, async (context) =>
    removeMembers(context.site, await listInPath(context), idsIn(context.params)),
  );
}

async function listInPath({ site, account, params }: Context): Promise<ListRow> {
  return listById(site, account, params.requiredId("id"));
}

async function members(context: Context): Promise<unknown> {
  const { site, params, viewer } = context;
  const list = await listInPath(context);
  if (params.string("limit") === "0") return loadAccounts(site, viewer, (await membersOf(site, list)).rows);
  const page = pageOf(params, { default: 40, max: 80 });
  const { rows, cursors } = await membersOf(site, list, page);
  setPageLinks(context, cursors, page, "since_id");
  return loadAccounts(site, viewer, rows);
}

function idsIn(params: Params): number[] {
  const ids = params.ids("account_ids");
  if (ids.length > AT_ONCE) throw unprocessable(`At most ${AT_ONCE} accounts can be named at once`);
  return ids;
}

function wishesIn(params: Params): ListWishes {
  const title = params.string("title");
  const repliesPolicy = params.string("replies_policy");
  const exclusive = params.boolean("exclusive");
  return {
    ...(title === undefined ? {} : { title }),
    ...(repliesPolicy === undefined ? {} : { repliesPolicy }),
    ...(exclusive === undefined ? {} : { exclusive }),
  };
}
