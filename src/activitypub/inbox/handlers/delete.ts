import { sameHost } from "../../../documents/read.ts";
import { receiveDelete } from "../../../domain/deletions.ts";
import { ignored } from "../../../domain/outcome.ts";
import type { Handler } from "./handler.ts";

/** Delete: a Tombstone (Mastodon), a bare id (GoToSocial, Pleroma), the whole object, or the actor itself. */
export const receiveDeletion: Handler = async (site, { actor, objectId }) => {
  if (objectId === undefined) return ignored("names nothing");
  if (!sameHost(objectId, actor)) return ignored("is about another host's object");
  return receiveDelete(site, actor, objectId);
};
