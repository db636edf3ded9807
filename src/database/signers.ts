import { LRUCache } from "lru-cache";
import { FediverseError } from "../support/errors.ts";
import type { Models } from "./models.ts";

/** What a request is signed with. */
export interface ActorSigner {
  keyId: string;
  privateKeyPem: string;
}

/** `localName` of the site's own Application actor; a star cannot stand in a username. */
export const SITE_ACTOR = "*site";

interface Known {
  signers: LRUCache<number, ActorSigner>;
  site?: number;
}
const known = new WeakMap<Models, Known>();

function knownOf(models: Models): Known {
  let entry = known.get(models);
  if (!entry) known.set(models, (entry = { signers: new LRUCache({ max: 1000 }) }));
  return entry;
}

/**
 * The signing key of a local actor, read once.
 * @throws {FediverseError} code `no-key` when there is none.
 */
export async function signerOf(models: Models, actorId: number): Promise<ActorSigner> {
  const { signers } = knownOf(models);
  const cached = signers.get(actorId);
  if (cached) return cached;
  const row = await models.keys.findById(actorId).lean();
  if (!row) throw new FediverseError("This account has no key to sign with.", { code: "no-key" });
  const signer = { keyId: row.keyId, privateKeyPem: row.privatePem };
  signers.set(actorId, signer);
  return signer;
}

/** The key of the site's own Application actor, with which documents of others are fetched. */
export async function siteSigner(models: Models): Promise<ActorSigner> {
  const entry = knownOf(models);
  if (entry.site === undefined) {
    const row = await models.actors.findOne({ localName: SITE_ACTOR }, { _id: 1 }).lean();
    if (!row)
      throw new FediverseError("The site has no actor of its own yet; wait for `ready`.", { code: "no-key" });
    entry.site = row._id;
  }
  return signerOf(models, entry.site);
}
