import { createHmac, randomBytes, timingSafeEqual } from "node:crypto";
import { LRUCache } from "lru-cache";
import { keepFact } from "../database/facts.ts";
import type { Site } from "../site.ts";
import { LIMITS } from "../support/limits.ts";

/**
 * Addresses of pictures on other servers, as our pages show them: `/fediverse/media/<signature>/<url>`. The visitor's
 * browser speaks only with this site, so nobody else learns who reads here. The signature (HMAC-SHA256) keeps the
 * proxy from fetching what none of our pages ever named.
 */

const META_ID = "picture-secret";
const SIGNATURE_BYTES = 16;

const secrets = new WeakMap<Site, { key: Buffer; addresses: LRUCache<string, string> }>();
/** Addresses kept: the same faces stand in every list, and each costs a hash. */
const ADDRESSES = 5000;

/**
 * Reads the secret that signs picture addresses, made once for the whole site and kept in the store, so that every
 * process signs alike and cached pages stay valid over a restart.
 */
export async function loadPictureSecret(site: Site): Promise<void> {
  if (secrets.has(site)) return;
  const secret = await keepFact(site.models, META_ID, randomBytes(32).toString("base64url"));
  if (typeof secret !== "string") throw new Error(`meta "${META_ID}" holds no secret`);
  secrets.set(site, {
    key: Buffer.from(secret, "base64url"),
    addresses: new LRUCache({ max: ADDRESSES }),
  });
}

/** The address under which our pages show the picture at `url`; one on our own origin stays as it is. */
export async function proxied(site: Site, url: string): Promise<string> {
  await loadPictureSecret(site);
  return pictureAddress(site, url);
}

/** The same at once, for views. `loadPictureSecret(site)` has to have run. */
export function pictureAddress(site: Site, url: string): string {
  if (site.urls.isOurs(url)) return url;
  const { key, addresses } = secretOf(site);
  let address = addresses.get(url);
  if (address === undefined) {
    const signature = sign(key, url).toString("base64url");
    address = `${site.urls.origin}/fediverse/media/${signature}/${Buffer.from(url).toString("base64url")}`;
    addresses.set(url, address);
  }
  return address;
}

/** The picture's own address behind a proxy address, or `undefined` where we never signed that one. Needs the secret, too. */
export function unproxied(site: Site, signature: string, encoded: string): string | undefined {
  if (encoded.length > 2 * LIMITS.urlLength) return undefined;
  const url = Buffer.from(encoded, "base64url").toString("utf8");
  const given = Buffer.from(signature, "base64url");
  const wanted = sign(secretOf(site).key, url);
  if (given.length !== wanted.length || !timingSafeEqual(given, wanted)) return undefined;
  return /^https?:$/.test(URL.canParse(url) ? new URL(url).protocol : "") ? url : undefined;
}

function sign(secret: Buffer, url: string): Buffer {
  return createHmac("sha256", secret).update(url).digest().subarray(0, SIGNATURE_BYTES);
}

function secretOf(site: Site): { key: Buffer; addresses: LRUCache<string, string> } {
  const secret = secrets.get(site);
  if (secret === undefined) throw new Error("loadPictureSecret(site) has to run before pictures are signed");
  return secret;
}
