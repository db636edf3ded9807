import { insertRow } from "../database/native.ts";
import type { ActorRow, SessionRow } from "../database/rows.ts";
import type { Site } from "../site.ts";
import { DAY, fromNow } from "../support/clock.ts";
import { randomToken } from "../support/ids.ts";
import { hashSecret } from "./secrets.ts";

/** Time until a browser has to log in again. */
export const SESSION_LIFE = 30 * DAY;

/** Logs a browser in to an account. @returns the secret for its cookie; stored hashed. */
export async function openSession(site: Site, account: ActorRow): Promise<string> {
  const secret = randomToken(32);
  await insertRow(site.models.sessions, {
    _id: hashSecret(secret),
    account: account._id,
    createdAt: site.clock.now(),
    expiresAt: fromNow(site.clock, SESSION_LIFE),
  });
  return secret;
}

/** An account that a browser is logged in to. */
export interface OpenSession {
  secret: string;
  account: ActorRow;
}

/** The sessions that are still open among these, in their order, one an account. */
export async function openSessions(site: Site, secrets: readonly string[]): Promise<OpenSession[]> {
  if (secrets.length === 0) return [];
  const hashes = secrets.map(hashSecret);
  const rows = await site.models.sessions.find({ _id: { $in: hashes } }).lean<SessionRow[]>();
  const live = rows.filter((row) => row.expiresAt > site.clock.now());
  const accounts = await site.models.actors
    .find({ _id: { $in: live.map((row) => row.account) }, local: true })
    .lean<ActorRow[]>();
  const seen = new Set<number>();
  return hashes.flatMap((hash, at) => {
    const id = live.find((row) => row._id === hash)?.account;
    const account = accounts.find((one) => one._id === id && one.goneAt === undefined);
    const secret = secrets[at];
    if (account === undefined || secret === undefined || seen.has(account._id)) return [];
    seen.add(account._id);
    return [{ secret, account }];
  });
}

/** Logs a browser out of these. */
export async function closeSessions(site: Site, secrets: readonly string[]): Promise<void> {
  await site.models.sessions.deleteMany({ _id: { $in: secrets.map(hashSecret) } });
}

/** Logs every browser out of an account. */
export async function closeSessionsOf(site: Site, account: number): Promise<void> {
  await site.models.sessions.deleteMany({ account });
}
