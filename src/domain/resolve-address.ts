import type { ActorRow, PostRow } from "../database/rows.ts";
import { resolveActor, resolveHandle } from "../remote/actors.ts";
import type { Site } from "../site.ts";
import { reasonOf } from "../support/errors.ts";
import { parseHandle } from "../text/handles.ts";
import { accountByHandle } from "./find-account.ts";
import { findPost } from "./find-post.ts";
import { importPost } from "./receive.ts";

/** What an address or handle names. */
export type Found = { post: PostRow } | { actor: ActorRow } | undefined;

/** Is this an address rather than words? */
export function isAddress(text: string): boolean {
  return /^https?:\/\/\S+$/i.test(text.trim());
}

/**
 * The post or account behind an address (its id or page) or a handle.
 * @param ask whether other servers may be asked for what is not stored. What they do not tell is `undefined`: a search
 *   finds nothing then, and the log says why.
 */
export async function resolveAddress(site: Site, text: string, ask: boolean): Promise<Found> {
  const address = text.trim();
  if (address.length > 2048) return undefined;
  if (!isAddress(address)) {
    const actor =
      (await accountByHandle(site, address)) ?? (ask ? await handleElsewhere(site, address) : null);
    return actor === null ? undefined : { actor };
  }
  const post = await findPost(site, address);
  if (post) return { post };
  const actor = await accountAt(site, address);
  if (actor) return { actor };
  return ask && !site.urls.isOurs(address) ? elsewhere(site, address) : undefined;
}

async function accountAt(site: Site, address: string): Promise<ActorRow | null> {
  const byId = await site.models.actors.findOne({ uri: address }).lean<ActorRow | null>();
  if (byId) return byId.localName?.startsWith("*") === true ? null : byId;
  const handle = parseHandle(address);
  return handle === undefined ? null : accountByHandle(site, `${handle.username}@${handle.host}`);
}

async function handleElsewhere(site: Site, text: string): Promise<ActorRow | null> {
  if (parseHandle(text) === undefined) return null;
  try {
    return await resolveHandle(site, text);
  } catch (error) {
    return nothing(site, text, error) ?? null;
  }
}

async function elsewhere(site: Site, address: string): Promise<Found> {
  if (parseHandle(address) !== undefined) {
    const actor = await handleElsewhere(site, address);
    if (actor) return { actor };
  }
  try {
    const post = await importPost(site, address);
    if (post) return { post };
    return { actor: await resolveActor(site, address) };
  } catch (error) {
    return nothing(site, address, error);
  }
}

function nothing(site: Site, text: string, error: unknown): undefined {
  site.logger.info({ text: text.slice(0, 200), reason: reasonOf(error) }, "a search could not be resolved");
  return undefined;
}
