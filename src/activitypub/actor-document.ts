import { native } from "../database/native.ts";
import type { ActorRow } from "../database/rows.ts";
import { composeActor } from "../documents/compose-actor.ts";
import { accountKey, siteActor } from "../domain/accounts.ts";
import type { Site } from "../site.ts";
import { NotFound } from "../support/errors.ts";
import { documentsOf, type Looked } from "./document-cache.ts";
import type { Served } from "./respond.ts";

/**
 * The document of the account of this username, in whatever case.
 * @throws {NotFound} for strangers.
 */
export async function accountDocument(site: Site, username: string): Promise<Served> {
  const localName = username.toLowerCase();
  return documentsOf(site).get(`account ${localName}`, async () => {
    const actor = USERNAME.test(localName) ? await native(site.models.actors).findOne({ localName }) : null;
    if (!actor) throw new NotFound("There is no such account here.");
    return lookedAt(site, actor);
  });
}

/** The document of the site's own actor. */
export async function siteDocument(site: Site): Promise<Served> {
  return documentsOf(site).get("site", async () => lookedAt(site, await siteActor(site)));
}

/** Also what keeps the site's own actor, whose inner name has a star, from being asked for as an account. */
export const USERNAME = /^[A-Za-z0-9_]{1,30}$/;

/** What an actor's document depends on: the fingerprint is of the profile; a move changes without it. */
export function actorVersion(actor: ActorRow): string {
  return JSON.stringify([actor.fingerprint, actor.alsoKnownAs, actor.movedTo]);
}

function lookedAt(site: Site, actor: ActorRow): Looked {
  return {
    version: actorVersion(actor),
    compose: async () => composeActor(site.urls, actor, await accountKey(site, actor._id)),
  };
}
