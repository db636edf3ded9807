import { readRows } from "../../database/native.ts";
import type { ActorRow, FollowRow } from "../../database/rows.ts";
import type { Site } from "../../site.ts";
import { accountEntity, type AccountEntity } from "../entities/account.ts";
import { credentialAccountEntity, type CredentialAccountEntity } from "../entities/credential-account.ts";
import { surroundingsOf } from "./surroundings.ts";
import type { LoadViewer } from "./viewer.ts";

/** Accounts as entities, in the same order. One query at most: for where those that moved have gone. */
export async function loadAccounts(
  site: Site,
  _viewer: LoadViewer,
  rows: readonly ActorRow[],
): Promise<AccountEntity[]> {
  const around = await surroundingsOf(site);
  const moves = rows.flatMap((row) => (row.movedTo === undefined ? [] : [row.movedTo]));
  const targets =
    moves.length === 0 ? [] : await readRows(site.models.actors, { uri: { $in: [...new Set(moves)] } });
  const byUri = new Map(targets.map((row) => [row.uri, row]));
  return rows.map((row) =>
    accountEntity(row, around, row.movedTo === undefined ? undefined : byUri.get(row.movedTo)),
  );
}

/** One account. */
export async function loadAccount(site: Site, viewer: LoadViewer, row: ActorRow): Promise<AccountEntity> {
  const [account] = await loadAccounts(site, viewer, [row]);
  if (account === undefined) throw new Error("one row in, no account out");
  return account;
}

/** Accounts by their ids, in the order of the ids; who is not here is left out. Two queries at most. */
export async function loadAccountsById(
  site: Site,
  viewer: LoadViewer,
  ids: readonly number[],
): Promise<Map<number, AccountEntity>> {
  if (ids.length === 0) return new Map();
  const rows = await readRows(site.models.actors, { _id: { $in: [...new Set(ids)] } });
  const accounts = await loadAccounts(site, viewer, rows);
  const byId = new Map(accounts.map((account) => [Number(account.id), account]));
  return new Map(
    ids.flatMap((id) => {
      const account = byId.get(id);
      return account === undefined ? [] : [[id, account] as const];
    }),
  );
}

/** An account as its owner sees it. */
export async function loadCredentialAccount(site: Site, row: ActorRow): Promise<CredentialAccountEntity> {
  const waiting: Partial<FollowRow> = { followed: row._id, state: "pending" };
  const [around, requests] = await Promise.all([
    surroundingsOf(site),
    site.models.follows.countDocuments(waiting),
  ]);
  return credentialAccountEntity(row, around, requests);
}
