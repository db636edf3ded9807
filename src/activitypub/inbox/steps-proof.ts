import { sameHost } from "../../documents/read.ts";
import { fetchDocument } from "../../remote/fetch-document.ts";
import { findKey, type FoundKey } from "../../remote/keys.ts";
import { headerValue } from "../../signatures/headers.ts";
import { readSignature, verifySignature, type IncomingMessage } from "../../signatures/verify.ts";
import type { Site } from "../../site.ts";
import { found, refuse, type Knock, type Verdict } from "./knock.ts";

/** Seconds after which a sender may come again whose host has used up its fetches. */
const BUDGET_PAUSE = 60;

/** Everything about the signature that needs no key: coverage, host, time, digest. */
export function signatureForm(knock: Knock): Verdict | undefined {
  const message = messageOf(knock);
  const read = readSignature(message, { now: knock.site.clock.now() });
  if (!read.ok) return refuse(401, read.reason, read.detail);
  knock.message = message;
  knock.signature = read.signature;
  return undefined;
}

/**
 * The actor must be the key's owner, who is of the key's host: where the hosts differ already, no key is fetched, so that
 * nobody makes us call a third server.
 */
export function keyOfActorsHost(knock: Knock): Verdict | undefined {
  const { actor } = found(knock, "activity");
  return sameHost(found(knock, "signature").keyId, actor) ? undefined : foreignKey();
}

/** Finds the key, proves its owner to be the actor, and the signature to be the key's. The only step that may fetch. */
export async function signature(knock: Knock): Promise<Verdict | undefined> {
  const { site } = knock;
  const { keyId } = found(knock, "signature");
  const key = await findKey(site, keyId);
  if (!key.ok) return withoutKey(knock, key);
  const first = await check(knock, key);
  if (first.fits) return first.verdict;
  // The key may have been changed since: one look at its home, and only another key is tried.
  const again = await findKey(site, keyId, { refetch: true });
  if (!again.ok) return withoutKey(knock, again);
  if (again.key.pem === key.key.pem && again.key.owner === key.key.owner) return first.verdict;
  return (await check(knock, again)).verdict;
}

async function check(
  knock: Knock,
  { key }: FoundKey & { ok: true },
): Promise<{ fits: boolean; verdict: Verdict | undefined }> {
  if (key.owner !== found(knock, "activity").actor) return { fits: false, verdict: foreignKey() };
  const verified = await verifySignature(found(knock, "message"), found(knock, "signature"), key.pem);
  return verified.ok
    ? { fits: true, verdict: undefined }
    : { fits: false, verdict: refuse(401, verified.reason, verified.detail) };
}

/** @returns nothing where the Delete is believed without its key. */
async function withoutKey(knock: Knock, key: FoundKey & { ok: false }): Promise<Verdict | undefined> {
  const { type, actor, objectId } = found(knock, "activity");
  switch (key.reason) {
    case "gone":
      // That its home answers 410 proves the account's own Delete better than its key could. Its own home: that some
      // address of the host is gone says nothing about the actor, and anybody may name one as the key's.
      if (type === "Delete" && objectId === actor && (await isGone(knock, actor))) return undefined;
      return refuse(401, "key-gone", "The key's address answers 410 Gone.");
    case "over-budget":
      return refuse(429, "key-budget", "Too many keys of your server are asked for at once.", {
        retryAfter: BUDGET_PAUSE,
      });
    case "not-owned":
      return refuse(403, "key-not-owned", "The key and the actor do not name each other.");
    case "blocked":
      return refuse(403, "blocked", "This site takes nothing from your server.");
    default:
      return refuse(401, `key-${key.reason}`, "The key could not be fetched from its address.");
  }
}

async function isGone(knock: Knock, actor: string): Promise<boolean> {
  // The key's address, which has just been asked, is most often the actor's own with a fragment.
  if (found(knock, "signature").keyId.split("#")[0] === actor) return true;
  const home = await fetchDocument(knock.site, actor, { kind: "activity" });
  return !home.ok && home.reason === "gone";
}

function foreignKey(): Verdict {
  return refuse(
    403,
    "actor-not-key-owner",
    "The key that signed belongs to another actor than the activity.",
  );
}

/**
 * The request as the sender signed it. Behind a proxy that rewrites Host, the name asked for is in X-Forwarded-Host. That
 * header proves nothing and need not: the signature covers the name, and fits only if it was made for this site.
 */
function messageOf({ site, request, body }: Knock): IncomingMessage {
  const message = {
    method: request.method,
    target: request.originalUrl,
    origins: [site.urls.origin],
    headers: request.headers,
    body,
  };
  if (isOurHost(site, headerValue(request.headers, "host"))) return message;
  const forwarded = headerValue(request.headers, "x-forwarded-host")?.split(",")[0]?.trim();
  return isOurHost(site, forwarded)
    ? { ...message, headers: { ...request.headers, host: forwarded } }
    : message;
}

function isOurHost(site: Site, host: string | undefined): boolean {
  return host?.toLowerCase() === site.urls.host;
}
