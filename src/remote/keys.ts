import { readActor } from "../documents/read-actor.ts";
import { readKeys } from "../documents/read-keys.ts";
import { httpUrl, type JsonObject } from "../documents/read.ts";
import type { Site } from "../site.ts";
import { DAY, fromNow, HOUR, MINUTE } from "../support/clock.ts";
import { fetchDocument, forgetDocument, type FetchMiss } from "./fetch-document.ts";
import { memoryOf, type KnownKey } from "./memory.ts";

/** A public key and whose it is, said by both. */
export interface RemoteKey {
  keyId: string;
  /** The actor's id. */
  owner: string;
  pem: string;
}

/**
 * Why there is no key. `gone`: its address answers 410. `not-owned`: the actor does not list it, or it names no actor.
 * `negative-cached`: it was not there a short while ago.
 */
export type KeyMiss =
  | "gone"
  | "missing"
  | "unreachable"
  | "over-budget"
  | "blocked"
  | "not-owned"
  | "malformed"
  | "negative-cached";

/** `retry`: the same question may have another answer later. */
export type FoundKey = { ok: true; key: RemoteKey } | { ok: false; reason: KeyMiss; retry: boolean };

/** A key in use is read again after a day, as the actor is; one not used for a month is forgotten. */
const FRESH = DAY;
const KEPT = 30 * DAY;
const NOT_THERE = 10 * MINUTE;
const NOT_NOW = MINUTE;
/** After a signature that did not fit, the key is fetched again at most this often. */
const REFETCH_PAUSE = 10 * MINUTE;
/** Where the daily look fails, the old key serves on and the next look waits. */
const LOOK_PAUSE = HOUR;

/**
 * The public key of this id: from memory, from the store, or fetched. The id may lead to the actor itself, to a stub
 * (GoToSocial's `/main-key`) or to a bare key; always the actor must list the key and the key must name the actor.
 * @param options.refetch a signature did not fit: fetch again, unless that was done within ten minutes.
 */
export async function findKey(
  site: Site,
  keyId: string,
  options: { refetch?: boolean } = {},
): Promise<FoundKey> {
  if (httpUrl(keyId) === undefined) return { ok: false, reason: "malformed", retry: false };
  const memory = memoryOf(site);
  const now = site.clock.now();
  const known = memory.keys.get(keyId) ?? (await stored(site, keyId));
  if (options.refetch === true) {
    const last = memory.refetched.get(keyId);
    if (known !== undefined && last !== undefined && now.getTime() - last.getTime() < REFETCH_PAUSE)
      return known.found;
    memory.refetched.set(keyId, now);
    forgetDocument(site, keyId);
    if (known?.found.ok === true) forgetDocument(site, known.found.key.owner);
  } else if (known !== undefined && known.until > now) {
    return known.found;
  }
  return memory.keyFetches.run(keyId, () => look(site, keyId, known));
}

async function look(site: Site, keyId: string, known: KnownKey | undefined): Promise<FoundKey> {
  const found = await fetchKey(site, keyId);
  const now = site.clock.now();
  const { keys } = memoryOf(site);
  if (found.ok) {
    keys.set(keyId, { found, fetchedAt: now, until: fromNow(site.clock, FRESH) });
    const { owner, pem } = found.key;
    await site.models.remoteKeys.updateOne(
      { _id: keyId },
      {
        $set: { owner, pem, fetchedAt: now, expiresAt: fromNow(site.clock, KEPT) },
        $unset: { missUntil: 1, missReason: 1 },
      },
      { upsert: true },
    );
    return found;
  }
  if (found.retry) {
    if (known?.found.ok === true) {
      keys.set(keyId, { ...known, until: fromNow(site.clock, LOOK_PAUSE) });
      return known.found;
    }
    keys.set(keyId, { found, fetchedAt: now, until: fromNow(site.clock, NOT_NOW) });
    return found;
  }
  const until = fromNow(site.clock, NOT_THERE);
  keys.set(keyId, { found, fetchedAt: now, until });
  await site.models.remoteKeys.updateOne(
    { _id: keyId },
    {
      $set: { fetchedAt: now, missUntil: until, missReason: found.reason, expiresAt: until },
      $unset: { owner: 1, pem: 1 },
    },
    { upsert: true },
  );
  return found;
}

async function stored(site: Site, keyId: string): Promise<KnownKey | undefined> {
  const row = await site.models.remoteKeys.findById(keyId).lean();
  if (row === null) return undefined;
  const { fetchedAt, owner, pem, missUntil } = row;
  let known: KnownKey;
  if (owner !== undefined && pem !== undefined) {
    const until = new Date(fetchedAt.getTime() + FRESH);
    known = { found: { ok: true, key: { keyId, owner, pem } }, fetchedAt, until };
  } else {
    const reason = row.missReason === "gone" ? "gone" : "negative-cached";
    known = {
      found: { ok: false, reason, retry: reason !== "gone" },
      fetchedAt,
      until: missUntil ?? fetchedAt,
    };
  }
  memoryOf(site).keys.set(keyId, known);
  return known;
}

async function fetchKey(site: Site, keyId: string): Promise<FoundKey> {
  const at = await fetchDocument(site, keyId, { kind: "activity", remember: true });
  if (!at.ok) return missed(at);
  const found = await proveKey(site, keyId, at.document);
  if (found.ok || at.remembered !== true) return found;
  // A document of a moment ago may be older than the key, or than its owner's farewell.
  forgetDocument(site, keyId);
  return fetchKey(site, keyId);
}

async function proveKey(site: Site, keyId: string, document: JsonObject): Promise<FoundKey> {
  const named = readKeys(document).find((key) => key.id === keyId);
  if (named === undefined) return notOwned;
  const address = keyId.replace(/#.*$/s, "");
  if (named.owner === address) return listed(document, keyId, named.owner, undefined);
  // A stub or a bare key: what counts is what the owner's own document says.
  if (httpUrl(named.owner) === undefined) return notOwned;
  const owner = await fetchDocument(site, named.owner, { kind: "activity", remember: true });
  if (!owner.ok) return missed(owner);
  const found = listed(owner.document, keyId, named.owner, named.pem);
  if (found.ok || owner.remembered !== true) return found;
  forgetDocument(site, named.owner);
  const again = await fetchDocument(site, named.owner, { kind: "activity", remember: true });
  return again.ok ? listed(again.document, keyId, named.owner, named.pem) : missed(again);
}

const notOwned: FoundKey = { ok: false, reason: "not-owned", retry: false };

/** The key as `owner`'s document lists it; the document must be that of `owner`. */
function listed(document: JsonObject, keyId: string, owner: string, pem: string | undefined): FoundKey {
  const read = readActor(document);
  if (!read.ok) {
    const isForeign = read.reason === "key-of-another-host" || read.reason === "key-of-another-actor";
    return isForeign ? notOwned : { ok: false, reason: "malformed", retry: false };
  }
  const key = read.actor.keys.find((candidate) => candidate.id === keyId);
  if (read.actor.uri !== owner || key === undefined) return notOwned;
  // An actor may point to its key by the bare id; then the key's own document, which names the actor, has the text.
  const text = key.pem ?? pem;
  return text === undefined
    ? { ok: false, reason: "malformed", retry: false }
    : { ok: true, key: { keyId, owner, pem: text } };
}

function missed(miss: FetchMiss): FoundKey {
  const { reason, retry } = miss;
  switch (reason) {
    case "gone":
    case "missing":
    case "over-budget":
    case "blocked":
    case "unreachable":
    case "malformed":
      return { ok: false, reason, retry };
    case "refused":
      return { ok: false, reason: "unreachable", retry };
    case "ours":
      return notOwned;
    case "not-fetchable":
    case "wrong-type":
      return { ok: false, reason: "malformed", retry };
  }
}
