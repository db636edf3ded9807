import { receiveFollow } from "../../../domain/follows.ts";
import { ignored } from "../../../domain/outcome.ts";
import { findActor, resolveActor } from "../../../remote/actors.ts";
import type { Handler } from "./handler.ts";

/** Follow: of one of our accounts, who answers. */
export const receiveFollowing: Handler = async (site, { actor, objectId, id }) => {
  const followed = objectId === undefined ? null : await findActor(site, objectId);
  if (followed?.local !== true) return ignored("follows nobody here");
  return receiveFollow(site, await resolveActor(site, actor), followed.uri, id);
};
