import { keepFact } from "../database/facts.ts";
import type { Site } from "../site.ts";

const known = new WeakMap<Site, Date>();

/**
 * When this site was first started: posts older than that are stored and not sent, so that joining the fediverse does
 * not pour a blog's whole past over its first followers.
 */
export async function firstStart(site: Site): Promise<Date> {
  const cached = known.get(site);
  if (cached) return cached;
  const now = site.clock.now();
  const kept = await keepFact(site.models, "first-start", now);
  const date = kept instanceof Date ? kept : now;
  known.set(site, date);
  return date;
}
