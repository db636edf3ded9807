import { receiveBlock } from "../../../domain/blocks.ts";
import { ignored } from "../../../domain/outcome.ts";
import { findActor, resolveActor } from "../../../remote/actors.ts";
import type { Handler } from "./handler.ts";

/** Block: of one of our accounts, which learns of it only by what it no longer sees. */
export const receiveBlocking: Handler = async (site, { actor, objectId, id }) => {
  const blocked = objectId === undefined ? null : await findActor(site, objectId);
  if (blocked?.local !== true) return ignored("blocks nobody here");
  return receiveBlock(site, await resolveActor(site, actor), blocked.uri, id);
};
