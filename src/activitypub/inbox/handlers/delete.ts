import { sameHost } from "../../../documents/read.ts";
import { receiveDelete } from "../../../domain/deletions.ts";
import { ignored } from "../../../domain/outcome.ts";
import { receiveStampDeletion } from "../../../domain/quotes.ts";
import type { Handler } from "./handler.ts";

/**
 * Delete: a Tombstone (Mastodon), a bare id (GoToSocial, Pleroma), the whole object, the actor itself, or the consent to
 * a quote (FEP-044f).
 */
export const receiveDeletion: Handler = async (site, { actor, objectId }) => {
  if (objectId === undefined) return ignored("names nothing");
  if (!sameHost(objectId, actor)) return ignored("is about another host's object");
  const stamp = await receiveStampDeletion(site, actor, objectId);
  return stamp ?? receiveDelete(site, actor, objectId);
};
