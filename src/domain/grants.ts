import { createHash } from "node:crypto";
import { insertRow } from "../database/native.ts";
import type { ActorRow, AppRow, GrantRow, TokenRow } from "../database/rows.ts";
import type { Site } from "../site.ts";
import { fromNow, MINUTE } from "../support/clock.ts";
import { randomToken } from "../support/ids.ts";
import { hashSecret, sameSecret } from "./secrets.ts";
import { giveToken, revokeToken } from "./tokens.ts";

/** Time to bring a code back; a person who copies one by hand needs some. */
const CODE_LIFE = 10 * MINUTE;

/** What a person has agreed to. */
export interface Consent {
  app: AppRow;
  account: ActorRow;
  redirectUri: string;
  scopes: readonly string[];
  /** S256 challenge (RFC 7636), where the app offered one. */
  challenge?: string | undefined;
}

/** Writes down a person's consent. @returns the authorization code: told once, stored hashed, good for ten minutes. */
export async function giveCode(site: Site, consent: Consent): Promise<string> {
  const code = randomToken(32);
  await insertRow(site.models.grants, {
    _id: hashSecret(code),
    app: consent.app._id,
    account: consent.account._id,
    redirectUri: consent.redirectUri,
    scopes: [...consent.scopes],
    ...(consent.challenge === undefined ? {} : { challenge: consent.challenge }),
    expiresAt: fromNow(site.clock, CODE_LIFE),
  });
  return code;
}

export type Redeemed =
  | { ok: true; token: TokenRow; secret: string }
  | {
      ok: false;
      reason: "unknown" | "other-app" | "expired" | "used" | "redirect" | "no-verifier" | "verifier";
    };

/**
 * Gives a token for a code, once. A code that comes twice has been stolen, from the app or by it: what it gave is taken
 * back (RFC 6749, 4.1.2). Nothing is used up by an attempt that is refused.
 * @param app has proven itself by its secret.
 */
export async function redeemCode(
  site: Site,
  app: AppRow,
  given: { code: string; redirectUri: string; verifier?: string | undefined },
): Promise<Redeemed> {
  const id = hashSecret(given.code);
  const grant = await site.models.grants.findById(id).lean<GrantRow | null>();
  if (grant === null) return { ok: false, reason: "unknown" };
  if (grant.app !== app._id) return { ok: false, reason: "other-app" };
  if (grant.usedAt !== undefined) return takeBack(site, grant);
  if (grant.expiresAt <= site.clock.now()) return { ok: false, reason: "expired" };
  if (grant.redirectUri !== given.redirectUri) return { ok: false, reason: "redirect" };
  if (grant.challenge !== undefined) {
    if (given.verifier === undefined || given.verifier === "") return { ok: false, reason: "no-verifier" };
    if (!sameSecret(challengeOf(given.verifier), grant.challenge)) return { ok: false, reason: "verifier" };
  }
  // The token is there before the code is used up, so that whoever comes second finds what to take back.
  const { token, secret } = await giveToken(site, app, grant.scopes, grant.account);
  const claimed = await site.models.grants.updateOne(
    { _id: id, usedAt: { $exists: false } },
    { $set: { usedAt: site.clock.now(), token: token._id } },
  );
  if (claimed.modifiedCount === 1) return { ok: true, token, secret };
  await revokeToken(site, token);
  const used = await site.models.grants.findById(id).lean<GrantRow | null>();
  return used === null ? { ok: false, reason: "expired" } : takeBack(site, used);
}

async function takeBack(site: Site, grant: GrantRow): Promise<Redeemed> {
  const token =
    grant.token === undefined ? null : await site.models.tokens.findById(grant.token).lean<TokenRow | null>();
  if (token !== null) {
    await revokeToken(site, token);
    site.logger.warn(
      { app: grant.app, account: grant.account },
      "an authorization code came twice; its token is revoked",
    );
  }
  return { ok: false, reason: "used" };
}

/** A challenge is 43 characters of base64url: a SHA-256. */
export function isChallenge(text: string): boolean {
  return /^[A-Za-z0-9_-]{43}$/.test(text);
}

function challengeOf(verifier: string): string {
  return createHash("sha256").update(verifier).digest("base64url");
}
