import { idOf, isObject } from "../../../documents/read.ts";
import type { ReadActivity } from "../../../documents/read-activity.ts";
import { receiveAccept, receiveReject } from "../../../domain/following.ts";
import { ignored } from "../../../domain/outcome.ts";
import { resolveActor } from "../../../remote/actors.ts";
import type { Handler } from "./handler.ts";
import { quoteAnswer } from "./quote-request.ts";

/** Accept of a Follow of ours, or of our wish to quote. */
export const receiveAcceptance: Handler = async (site, activity) => {
  const quote = await quoteAnswer(site, activity, true);
  if (quote) return quote;
  const what = followMeant(activity);
  return what === undefined
    ? ignored("accepts nothing")
    : receiveAccept(site, await resolveActor(site, activity.actor), what);
};

/** Reject of a Follow of ours, before or after its Accept, or of our wish to quote. */
export const receiveRejection: Handler = async (site, activity) => {
  const quote = await quoteAnswer(site, activity, false);
  if (quote) return quote;
  const what = followMeant(activity);
  return what === undefined
    ? ignored("rejects nothing")
    : receiveReject(site, await resolveActor(site, activity.actor), what);
};

/** The Follow by its id; where that is not one of ours (some servers send a copy with an id of their own), by its actor. */
function followMeant(activity: ReadActivity): { followUri?: string; followerUri?: string } | undefined {
  const { object, objectId } = activity;
  const followerUri = isObject(object) ? idOf(object.actor) : undefined;
  if (followerUri !== undefined) return { followerUri };
  return objectId === undefined ? undefined : { followUri: objectId };
}
