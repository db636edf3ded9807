import { receiveMove } from "../../../domain/moves.ts";
import { ignored } from "../../../domain/outcome.ts";
import type { Handler } from "./handler.ts";

/** Move: of the sender itself, to an account that says it is the same person's. */
export const receiveMoving: Handler = async (site, { actor, objectId, target }) => {
  if (objectId !== actor) return ignored("moves somebody else");
  if (target === undefined || target === actor) return ignored("moves nowhere");
  return receiveMove(site, actor, target);
};
