import type { ActorRow } from "../database/rows.ts";
import { SITE_ACTOR } from "../database/signers.ts";
import type { Site } from "../site.ts";
import { parseHandle } from "../text/handles.ts";
import { localAccount } from "./accounts.ts";

/** The account of this id, ours or another server's; never the site's own actor. */
export async function accountById(site: Site, id: number): Promise<ActorRow | null> {
  const row = await site.models.actors.findById(id).lean<ActorRow | null>();
  return row?.localName === SITE_ACTOR ? null : row;
}

/** Accounts by their ids, in no order; unknown ones are left out. */
export async function accountsByIds(site: Site, ids: readonly number[]): Promise<ActorRow[]> {
  if (ids.length === 0) return [];
  const rows = await site.models.actors.find({ _id: { $in: ids } }).lean<ActorRow[]>();
  return rows.filter((row) => row.localName !== SITE_ACTOR);
}

/** `name`, `@name`, `name@this.site` and `name@other.site`, as far as they are stored; the network is not asked. */
export async function accountByHandle(site: Site, text: string): Promise<ActorRow | null> {
  const name = text.trim().replace(/^(acct:)?@?/i, "");
  if (/^\w{1,30}$/.test(name)) return localAccount(site, name);
  const handle = parseHandle(name);
  if (handle === undefined) return null;
  if (handle.host === site.urls.host) return localAccount(site, handle.username);
  const [row] = await site.models.actors
    .find({ handle: `${handle.username}@${handle.host}`.toLowerCase(), goneAt: { $exists: false } })
    .sort({ _id: -1 })
    .limit(1)
    .lean<ActorRow[]>();
  return row ?? null;
}
