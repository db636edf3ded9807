import { keepFact } from "../database/facts.ts";
import type { Site } from "../site.ts";
import { loadWebPush } from "./web-push.ts";

/** The site's own key pair for web push (RFC 8292), base64url. */
export interface VapidKeys {
  publicKey: string;
  privateKey: string;
}

const META_ID = "vapid";
const known = new WeakMap<Site, Promise<VapidKeys>>();

/**
 * Made once for the whole site and kept in the store: apps bind their subscriptions to the public key, so a new one
 * would silence them all.
 */
export function vapidKeys(site: Site): Promise<VapidKeys> {
  let keys = known.get(site);
  if (!keys) {
    keys = load(site);
    known.set(site, keys);
    // The store was away: the next caller asks again.
    keys.catch(() => known.delete(site));
  }
  return keys;
}

async function load(site: Site): Promise<VapidKeys> {
  const stored = await site.models.meta.findById(META_ID).lean();
  if (stored !== null) return stored.value as VapidKeys;
  const webPush = await loadWebPush();
  const { publicKey, privateKey } = webPush.generateVAPIDKeys();
  return (await keepFact(site.models, META_ID, { publicKey, privateKey })) as VapidKeys;
}
