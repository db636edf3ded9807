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
  const row = await site.models.meta
    .findOneAndUpdate(
      { _id: "first-start" },
      { $setOnInsert: { value: now } },
      { upsert: true, returnDocument: "after" },
    )
    .lean();
  const date = row?.value instanceof Date ? row.value : now;
  known.set(site, date);
  return date;
}
