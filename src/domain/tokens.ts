import { LRUCache } from "lru-cache";
import { insertRow } from "../database/native.ts";
import type { ActorRow, AppRow, TokenRow } from "../database/rows.ts";
import type { Site } from "../site.ts";
import { HOUR, SECOND } from "../support/clock.ts";
import { isDuplicateKey, reasonOf } from "../support/errors.ts";
import { randomToken, snowflake } from "../support/ids.ts";
import { hashSecret } from "./secrets.ts";

/** A token that is good, and the app that holds it. */
export interface HeldToken {
  token: TokenRow;
  app: AppRow;
}

/** How long a token revoked in another process may still work in this one. */
const REMEMBERED = 10 * SECOND;
/** `lastUsedAt` is for people to read; a write for each request would be too much for that. */
const USE_NOTED = HOUR;

interface Remembered extends HeldToken {
  until: number;
}

/** What one process knows of a site's tokens. */
interface Memory {
  tokens: LRUCache<string, Remembered>;
  /** The tokens themselves by `_id`, of those used since the start: the store knows hashes only. */
  secrets: LRUCache<number, string>;
  /** Whom they are for, as read a short while ago. */
  accounts: LRUCache<number, { account: ActorRow; until: number }>;
  /** Counts revocations: what was read before one is not remembered after it. */
  revision: number;
  listeners: Set<(token: number) => void>;
}

const memories = new WeakMap<Site, Memory>();

function memoryOf(site: Site): Memory {
  let memory = memories.get(site);
  if (!memory)
    memories.set(
      site,
      (memory = {
        tokens: new LRUCache({ max: 1000 }),
        secrets: new LRUCache({ max: 1000 }),
        accounts: new LRUCache({ max: 1000 }),
        revision: 0,
        listeners: new Set(),
      }),
    );
  return memory;
}

/**
 * Calls `listener` with the `_id` of each token that is revoked in this process, so that its streams end; until the
 * returned function is called.
 */
export function onRevocation(site: Site, listener: (token: number) => void): () => void {
  const { listeners } = memoryOf(site);
  listeners.add(listener);
  return () => void listeners.delete(listener);
}

/** Gives a token; it is told once and stored hashed. @param account absent: a token of the app alone. */
export async function giveToken(
  site: Site,
  app: AppRow,
  scopes: readonly string[],
  account?: ActorRow | number,
): Promise<{ token: TokenRow; secret: string }> {
  const secret = randomToken(32);
  const now = site.clock.now();
  const id = typeof account === "object" ? account._id : account;
  const token: TokenRow = {
    _id: snowflake(now),
    tokenHash: hashSecret(secret),
    app: app._id,
    ...(id === undefined ? {} : { account: id }),
    scopes: [...scopes],
    createdAt: now,
  };
  try {
    await insertRow(site.models.tokens, token);
  } catch (error) {
    // The snowflake was taken.
    if (isDuplicateKey(error)) return giveToken(site, app, scopes, account);
    throw error;
  }
  return { token, secret };
}

/** Who holds this token, or `null`; from memory for ten seconds. */
export async function findToken(site: Site, secret: string): Promise<HeldToken | null> {
  if (secret === "" || secret.length > 200) return null;
  const hash = hashSecret(secret);
  const now = site.clock.now();
  const memory = memoryOf(site);
  const remembered = memory.tokens.get(hash);
  if (remembered !== undefined && remembered.until > now.getTime()) return remembered;
  const { revision } = memory;
  const token = await site.models.tokens.findOne({ tokenHash: hash }).lean<TokenRow | null>();
  const app = token === null ? null : await site.models.apps.findById(token.app).lean<AppRow | null>();
  if (token === null || app === null) {
    memory.tokens.delete(hash);
    return null;
  }
  if (memory.revision === revision) {
    memory.secrets.set(token._id, secret);
    memory.tokens.set(hash, { token, app, until: now.getTime() + REMEMBERED });
  }
  if (now.getTime() - (token.lastUsedAt?.getTime() ?? 0) > USE_NOTED) noteUse(site, token, now);
  return { token, app };
}

/**
 * The account that a token is for; `null` where it is gone.
 * @param how.recent as it was at some time in the last ten seconds: enough to know who it is, not to show or change it.
 */
export async function accountOf(site: Site, id: number, how: { recent: boolean }): Promise<ActorRow | null> {
  const now = site.clock.now().getTime();
  const { accounts } = memoryOf(site);
  const remembered = accounts.get(id);
  if (how.recent && remembered !== undefined && remembered.until > now) return remembered.account;
  const account = await site.models.actors.findById(id).lean<ActorRow | null>();
  if (account === null || !account.local || account.goneAt !== undefined) {
    accounts.delete(id);
    return null;
  }
  accounts.set(id, { account, until: now + REMEMBERED });
  return account;
}

/** Is it in memory, so that looking it up costs nothing? */
export function isTokenAtHand(site: Site, secret: string): boolean {
  const remembered = memoryOf(site).tokens.get(hashSecret(secret));
  return remembered !== undefined && remembered.until > site.clock.now().getTime();
}

/** The token behind a row, where its app has used it with this process since the start. */
export function tokenAtHand(site: Site, token: number): string | undefined {
  return memoryOf(site).secrets.get(token);
}

/** Nobody waits for it, and nothing is lost when it fails. */
function noteUse(site: Site, token: TokenRow, at: Date): void {
  site.models.tokens.updateOne({ _id: token._id }, { $set: { lastUsedAt: at } }).catch((error: unknown) => {
    site.logger.debug({ error: reasonOf(error) }, "the last use of a token was not noted");
  });
}

/** Ends a token, and what hangs on it: its push subscription, its streams in this process. */
export async function revokeToken(site: Site, token: Pick<TokenRow, "_id" | "tokenHash">): Promise<void> {
  const memory = memoryOf(site);
  await site.models.tokens.deleteOne({ _id: token._id });
  memory.revision += 1;
  memory.tokens.delete(token.tokenHash);
  memory.secrets.delete(token._id);
  for (const listener of memory.listeners) listener(token._id);
  await site.models.pushes.deleteOne({ token: token._id });
}

/** Ends every token of an app for an account. @returns how many there were. */
export async function disconnectApp(site: Site, account: number, app: number): Promise<number> {
  const tokens = await site.models.tokens.find({ account, app }).lean<TokenRow[]>();
  for (const token of tokens) await revokeToken(site, token);
  return tokens.length;
}

/** An app that may act for an account. */
export interface ConnectedApp {
  app: AppRow;
  scopes: string[];
  since: Date;
  lastUsedAt?: Date;
}

/** The apps that may act for an account, the newest first. */
export async function connectedApps(site: Site, account: number): Promise<ConnectedApp[]> {
  const tokens = await site.models.tokens.find({ account }).sort({ _id: -1 }).limit(1000).lean<TokenRow[]>();
  const apps = await site.models.apps
    .find({ _id: { $in: tokens.map((token) => token.app) } })
    .lean<AppRow[]>();
  const byId = new Map(apps.map((app) => [app._id, app]));
  const connected = new Map<number, ConnectedApp>();
  for (const token of tokens) {
    const app = byId.get(token.app);
    if (app === undefined) continue;
    const before = connected.get(app._id);
    const used = [before?.lastUsedAt, token.lastUsedAt].filter((at) => at !== undefined);
    const latest = used.reduce<Date | undefined>(
      (one, at) => (one === undefined || at > one ? at : one),
      undefined,
    );
    connected.set(app._id, {
      app,
      scopes: [...new Set([...(before?.scopes ?? []), ...token.scopes])],
      since: token.createdAt,
      ...(latest === undefined ? {} : { lastUsedAt: latest }),
    });
  }
  return [...connected.values()];
}
