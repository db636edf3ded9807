import { isObject } from "../../../documents/read.ts";
import { readActivity, type ReadActivity } from "../../../documents/read-activity.ts";
import { receiveDelete } from "../../../domain/deletions.ts";
import { findPost } from "../../../domain/find-post.ts";
import { receiveInteraction } from "../../../domain/interactions.ts";
import { ignored, type Outcome } from "../../../domain/outcome.ts";
import { importPost } from "../../../domain/receive.ts";
import { isFollowedOrAsked } from "../../../domain/wanted.ts";
import { findActor, resolveActor } from "../../../remote/actors.ts";
import { fetchObject } from "../../../remote/objects.ts";
import type { Site } from "../../../site.ts";
import { Permanent } from "../../../support/errors.ts";
import { isRelevant } from "./relevance.ts";
import type { Dispatch, Handler } from "./handler.ts";

/** Announce: a boost of a post, or (from the groups of Lemmy, Mbin, NodeBB) an activity passed on. */
export const receiveAnnounce: Handler = async (site, activity, dispatch) => {
  const { actor, objectId, id, object, published } = activity;
  const inner = isObject(object) ? readActivity(object) : undefined;
  if (inner?.ok === true) return passedOn(site, inner.activity, dispatch);
  if (objectId === undefined) return ignored("boosts nothing");
  if ((await findPost(site, objectId)) === null && !(await isWorthFetching(site, actor, objectId))) {
    return ignored("boosts nothing that is here");
  }
  const { to, cc } = activity;
  return receiveInteraction(site, "boost", await resolveActor(site, actor), objectId, id, {
    ...(published === undefined ? {} : { published }),
    to,
    cc,
  });
};

/** What somebody followed here boosts is fetched from its origin, to stand in the timeline. */
async function isWorthFetching(site: Site, actorUri: string, objectUri: string): Promise<boolean> {
  const booster = await findActor(site, actorUri);
  return (
    booster !== null &&
    (await isFollowedOrAsked(site, booster)) &&
    (await importPost(site, objectUri)) !== null
  );
}

/**
 * An activity inside an Announce (FEP-1b12) is signed by the group only. It is news that something happened; what
 * happened is asked for at its origin.
 */
async function passedOn(site: Site, inner: ReadActivity, dispatch: Dispatch): Promise<Outcome> {
  if (inner.type === "Announce") return ignored("passes on what is passed on");
  if (inner.objectId === undefined || !(await isRelevant(site, inner)))
    return ignored("passes on what is none of ours");
  switch (inner.type) {
    case "Create":
    case "Update":
      // The object itself is the proof: its host tells who wrote it and what it says.
      return dispatch(site, { ...inner, object: inner.objectId });
    case "Delete":
      return passedOnDelete(site, inner.objectId);
    default: {
      const own = readActivity(await fetchObject(site, inner.id));
      // Another type would be another activity: an Announce leads on to the next, and so on for ever.
      if (!own.ok || own.activity.id !== inner.id || own.activity.type !== inner.type)
        return ignored("passes on what its origin does not say");
      return dispatch(site, own.activity);
    }
  }
}

/** Is it really gone? */
async function passedOnDelete(site: Site, uri: string): Promise<Outcome> {
  const post = await findPost(site, uri);
  if (post === null || post.local) return ignored("passes on what is none of ours");
  try {
    const document = await fetchObject(site, post.uri);
    if (document.type !== "Tombstone") return ignored("is still there at its origin");
  } catch (error) {
    const isGone = error instanceof Permanent && /^object-(gone|missing)$/.test(error.code);
    if (!isGone) throw error;
  }
  return receiveDelete(site, post.authorUri, post.uri);
}
