import type { ActorRow } from "../database/rows.ts";
import { composeActor } from "../documents/compose-actor.ts";
import { accountKey } from "../domain/accounts.ts";
import type { Site } from "../site.ts";
import { documentsOf } from "./document-cache.ts";
import type { Served } from "./respond.ts";

/** The document of an account of ours, or of the site itself. */
export async function actorDocument(site: Site, actor: ActorRow): Promise<Served> {
  return documentsOf(site).get(`actor ${actor._id}`, async () => ({
    // The fingerprint is of all that others see; aliases and moves may change without it.
    version: JSON.stringify([actor.fingerprint, actor.alsoKnownAs, actor.movedTo]),
    compose: async () => composeActor(site.urls, actor, await accountKey(site, actor._id)),
  }));
}
