import { keepFact } from "../database/facts.ts";
import type { Site } from "../site.ts";
import { FediverseError } from "../support/errors.ts";

/**
 * Makes the store this site's own, for good. Every id in it holds the origin, other servers know them by heart, and a
 * site under another name would hand them out as if they were its own.
 * @throws {FediverseError} where another origin's site has it.
 */
export async function claimStore(site: Site): Promise<void> {
  const { origin } = site.urls;
  const owner = await keepFact(site.models, "origin", origin);
  if (owner === origin) return;
  throw new FediverseError(
    `The store belongs to ${String(owner)}, and this site is started as ${origin}. The ids in it, which other servers ` +
      'know, hold the old origin and cannot be changed. Set the option "origin" to what it was, or give the new site a ' +
      'store of its own (option "dataDir", "database" or "collectionPrefix").',
    { code: "other-origin" },
  );
}
