import { createHash } from "node:crypto";
import { DAY, fromNow } from "../support/clock.ts";
import type { Site } from "../site.ts";

/** How long it is remembered that something was deleted or undone before it came. */
const REMEMBERED = 30 * DAY;

// The actor is part of the key: nobody can bury, or dig up, what another actor will say. Hashed, since two long ids
// together are more than an index takes.
const key = (actorUri: string, uri: string): string =>
  createHash("sha256").update(`${actorUri} ${uri}`).digest("base64url");

/** Remembers that this actor has deleted or undone `uri`, which may never have arrived here. */
export async function bury(site: Site, actorUri: string, uri: string): Promise<void> {
  await site.models.tombstones.updateOne(
    { _id: key(actorUri, uri) },
    { $set: { actor: actorUri, at: site.clock.now(), expiresAt: fromNow(site.clock, REMEMBERED) } },
    { upsert: true },
  );
}

/** Has this actor deleted or undone `uri` before? */
export async function isBuried(site: Site, actorUri: string, uri: string): Promise<boolean> {
  return (await site.models.tombstones.exists({ _id: key(actorUri, uri) })) !== null;
}
