import type { ActorRow } from "../../../database/rows.ts";
import { idOf, isObject, typesOf } from "../../../documents/read.ts";
import { undoBlock } from "../../../domain/blocks.ts";
import { undoFollow } from "../../../domain/follows.ts";
import { undoInteraction } from "../../../domain/interactions.ts";
import { ignored, type Outcome } from "../../../domain/outcome.ts";
import { findActor } from "../../../remote/actors.ts";
import type { Site } from "../../../site.ts";
import type { Handler } from "./handler.ts";

/**
 * Undo of Follow, Like (and reactions), Announce and Block; embedded, or the bare id (Plume, Akkoma). Matched by the id, and by
 * whom and what it was about, for not every server gives it the id that it had.
 */
export const receiveUndo: Handler = async (site, activity) => {
  const { object, objectId, actor } = activity;
  if (!isObject(object))
    return objectId === undefined ? ignored("names nothing") : undoById(site, actor, objectId);
  const whose = idOf(object.actor);
  if (whose !== undefined && whose !== actor) return ignored("undoes what another did");
  const uri = typeof object.id === "string" && object.id !== "" ? { uri: object.id } : {};
  const about = idOf(object.object);
  const [type] = typesOf(object);
  switch (type) {
    case "Follow": {
      return undoFollow(site, await followerOf(site, actor), {
        ...uri,
        ...(about === undefined ? {} : { followedUri: about }),
      });
    }
    case "Like":
    case "EmojiReact":
      return undoInteraction(site, actor, { ...uri, kind: "like", ...objectOf(about) });
    case "Announce":
      return undoInteraction(site, actor, { ...uri, kind: "boost", ...objectOf(about) });
    case "Block":
      return undoBlock(site, await followerOf(site, actor), {
        ...uri,
        ...(about === undefined ? {} : { blockedUri: about }),
      });
    case undefined:
      return uri.uri === undefined ? ignored("names nothing") : undoById(site, actor, uri.uri);
    default:
      return ignored(`Undo of ${type} asks nothing of this site`);
  }
};

function objectOf(about: string | undefined): { objectUri?: string } {
  return about === undefined ? {} : { objectUri: about };
}

async function undoById(site: Site, actor: string, uri: string): Promise<Outcome> {
  const follower = await followerOf(site, actor);
  const follow = await site.models.follows.exists({ uri, follower: follower._id });
  if (follow !== null) return undoFollow(site, follower, { uri });
  const block = await site.models.relations.exists({ target: follower._id, kind: "blockedBy", uri });
  return block === null ? undoInteraction(site, actor, { uri }) : undoBlock(site, follower, { uri });
}

/** Nobody is fetched to undo something: who is not known has done nothing here. */
async function followerOf(site: Site, uri: string): Promise<Pick<ActorRow, "_id" | "uri">> {
  return (await findActor(site, uri)) ?? { _id: NOBODY, uri };
}

/** An id that no row has. */
const NOBODY = -1;
