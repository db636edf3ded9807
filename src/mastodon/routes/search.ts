import type { ActorRow, PostRow } from "../../database/rows.ts";
import { isAddress, resolveAddress, type Found } from "../../domain/resolve-address.ts";
import { searchAccounts } from "../../domain/search-accounts.ts";
import { searchStatuses } from "../../domain/search-statuses.ts";
import { searchTags } from "../../domain/search-tags.ts";
import { parseHandle } from "../../text/handles.ts";
import type { Api, Context } from "../api.ts";
import type { AccountEntity } from "../entities/account.ts";
import type { StatusEntity } from "../entities/status.ts";
import type { TagEntity } from "../entities/tag.ts";
import { unauthorised } from "../errors.ts";
import { loadAccounts } from "../load/accounts.ts";
import { loadStatuses } from "../load/statuses.ts";
import { loadTags } from "../load/tags.ts";

/** Results of one kind. */
const LIMITS = { default: 20, min: 1, max: 40 };
/** Further in nobody looks. */
const FURTHEST = 1000;

/** Finding accounts, statuses and hashtags. */
export function searchRoutes(api: Api): void {
  const open = { scope: "read:search", auth: "optional" } as const;
  api.get("/api/v2/search", open, async (context) => {
    const { accounts, statuses, tags } = await search(context);
    return { accounts, statuses, hashtags: tags };
  });

  // Gone upstream since 3.0; Tuba still asks.
  api.get("/api/v1/search", open, async (context) => {
    const { accounts, statuses, tags } = await search(context);
    return { accounts, statuses, hashtags: tags.map((tag) => tag.name) };
  });

  api.get("/api/v1/accounts/search", { scope: "read:accounts" }, async (context) => {
    const { site, params, viewer } = context;
    const limit = params.integer("limit", { default: 40, min: 1, max: 80 });
    return loadAccounts(site, viewer, await accountsFor(context, await found(context), limit));
  });
}

interface Results {
  accounts: AccountEntity[];
  statuses: StatusEntity[];
  tags: TagEntity[];
}

async function search(context: Context): Promise<Results> {
  const { site, params, viewer } = context;
  // A stranger could make this site call anybody, or walk through everything it knows.
  const asksTooMuch = params.boolean("resolve", false) || params.integer("offset", { default: 0 }) > 0;
  if (viewer.account === undefined && asksTooMuch) throw unauthorised();
  const limit = params.integer("limit", LIMITS);
  const type = params.string("type");
  const wants = (kind: string): boolean => type === undefined || type === "" || type === kind;
  const at = await found(context);
  const [accounts, statuses, names] = await Promise.all([
    wants("accounts") ? accountsFor(context, at, limit) : [],
    wants("statuses") ? statusesFor(context, at, limit) : [],
    wants("hashtags") ? tagsFor(context, limit) : [],
  ]);
  const [accountEntities, statusEntities, tags] = await Promise.all([
    loadAccounts(site, viewer, accounts),
    loadStatuses(site, viewer, statuses),
    loadTags(site, viewer, names),
  ]);
  return { accounts: accountEntities, statuses: statusEntities, tags };
}

function queryIn({ params }: Context): string {
  return (params.string("q") ?? "").trim().slice(0, 2048);
}

function offsetIn({ params }: Context): number {
  return params.integer("offset", { default: 0, min: 0, max: FURTHEST });
}

/** What the text names exactly: a handle with its host, or an address. */
async function found(context: Context): Promise<Found> {
  const text = queryIn(context);
  if (offsetIn(context) > 0 || !(isAddress(text) || parseHandle(text) !== undefined)) return undefined;
  const mayAsk = context.viewer.account !== undefined && context.params.boolean("resolve", false);
  return resolveAddress(context.site, text, mayAsk);
}

async function accountsFor(context: Context, at: Found, limit: number): Promise<ActorRow[]> {
  const { site, params, viewer } = context;
  const text = queryIn(context);
  if (at !== undefined && "actor" in at) return [at.actor];
  if (isAddress(text) || text.startsWith("#")) return [];
  return searchAccounts(site, viewer.account, text, {
    limit,
    offset: offsetIn(context),
    following: params.boolean("following", false),
  });
}

async function statusesFor(context: Context, at: Found, limit: number): Promise<PostRow[]> {
  const { site, params, viewer } = context;
  if (at !== undefined && "post" in at) return [at.post];
  const text = queryIn(context);
  if (viewer.account === undefined || isAddress(text)) return [];
  const [author, maxId, minId] = [params.id("account_id"), params.id("max_id"), params.id("min_id")];
  return searchStatuses(site, viewer.account, text, {
    limit,
    offset: offsetIn(context),
    ...(author === undefined ? {} : { author }),
    ...(maxId === undefined ? {} : { maxId }),
    ...(minId === undefined ? {} : { minId }),
  });
}

async function tagsFor(context: Context, limit: number): Promise<string[]> {
  const text = queryIn(context);
  if (text.startsWith("@") || isAddress(text) || /\s/.test(text)) return [];
  return searchTags(context.site, text, { limit, offset: offsetIn(context) });
}
