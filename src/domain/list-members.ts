import { readRows } from "../database/native.ts";
import type { ListRow } from "../database/rows.ts";
import type { Site } from "../site.ts";

/** The lists of these accounts in which somebody is, oldest first. Two queries at most. */
export async function listsWith(site: Site, owners: readonly number[], member: number): Promise<ListRow[]> {
  const memberships = await readRows(
    site.models.listMembers,
    { account: member, owner: { $in: [...owners] } },
    { projection: { list: 1 } },
  );
  if (memberships.length === 0) return [];
  const ids = memberships.map((row) => row.list);
  return readRows(site.models.lists, { _id: { $in: ids } }, { sort: { _id: 1 } });
}

/** Which of these accounts are in a list? At most one query. */
export async function membersAmong(
  site: Site,
  list: Pick<ListRow, "_id">,
  accounts: readonly number[],
): Promise<ReadonlySet<number>> {
  if (accounts.length === 0) return new Set();
  const rows = await readRows(
    site.models.listMembers,
    { list: list._id, account: { $in: [...new Set(accounts)] } },
    { projection: { account: 1 } },
  );
  return new Set(rows.map((row) => row.account));
}
