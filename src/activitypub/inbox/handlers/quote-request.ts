import { idOf, isObject, sameHost, typesOf } from "../../../documents/read.ts";
import type { ReadActivity } from "../../../documents/read-activity.ts";
import { findPost } from "../../../domain/find-post.ts";
import { ignored, type Outcome } from "../../../domain/outcome.ts";
import { receiveQuoteRequest } from "../../../domain/quote-requests.ts";
import { receiveQuoteAnswer } from "../../../domain/quotes.ts";
import { resolveActor } from "../../../remote/actors.ts";
import type { Site } from "../../../site.ts";
import { parseId } from "../../../support/ids.ts";
import { believedPost } from "../believe.ts";
import type { Handler } from "./handler.ts";

/** QuoteRequest (FEP-044f): `object` is a post of ours, `instrument` the post that quotes it. */
export const receiveQuoteAsking: Handler = async (site, activity) => {
  const { objectId, actor, id } = activity;
  const { instrument } = activity.raw;
  const instrumentId = idOf(instrument);
  if (objectId === undefined || instrumentId === undefined) return ignored("names nothing");
  // Asked before anything is fetched because of it.
  if ((await findPost(site, objectId))?.local !== true) return ignored("asks to quote nothing of ours");
  if (!sameHost(instrumentId, actor)) return ignored("asks for a post of another host");
  const read = await believedPost(site, { ...activity, object: instrument, objectId: instrumentId });
  if (!read.ok) return ignored(read.why);
  const asking = { uri: id, quotedUri: objectId, post: read.post };
  return receiveQuoteRequest(site, await resolveActor(site, actor), asking);
};

/** The answer to a QuoteRequest of ours, embedded or by its id; `undefined` for answers to anything else. */
export async function quoteAnswer(
  site: Site,
  activity: ReadActivity,
  accepted: boolean,
): Promise<Outcome | undefined> {
  const quoting = await quotingMeant(site, activity);
  if (quoting === undefined) return undefined;
  const stamp = idOf(activity.raw.result);
  // A consent is its author's word only on the author's host.
  const isOwn = stamp !== undefined && sameHost(stamp, activity.actor);
  return receiveQuoteAnswer(site, activity.actor, {
    accepted,
    quoting,
    ...(isOwn ? { stamp } : {}),
  });
}

async function quotingMeant(site: Site, { object, objectId }: ReadActivity): Promise<string | undefined> {
  if (isObject(object) && typesOf(object).includes("QuoteRequest")) {
    const named = idOf(object.instrument);
    if (named !== undefined) return named;
  }
  const start = site.urls.activity(0).slice(0, -1);
  const id = objectId?.startsWith(start) === true ? parseId(objectId.slice(start.length)) : undefined;
  if (id === undefined) return undefined;
  const sent = await site.models.activities.findOne({ _id: id, type: "QuoteRequest" }, { object: 1 }).lean();
  return sent?.object;
}
