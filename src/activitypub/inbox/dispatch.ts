import type { ReadActivity } from "../../documents/read-activity.ts";
import { ignored, type Outcome } from "../../domain/outcome.ts";
import type { Site } from "../../site.ts";
import { receiveAnnounce } from "./handlers/announce.ts";
import { receiveAcceptance, receiveRejection } from "./handlers/answer.ts";
import { receiveBlocking } from "./handlers/block.ts";
import { receiveCreate } from "./handlers/create.ts";
import { receiveDeletion } from "./handlers/delete.ts";
import { receiveFollowing } from "./handlers/follow.ts";
import type { Handler } from "./handlers/handler.ts";
import { receiveLike } from "./handlers/like.ts";
import { receiveMoving } from "./handlers/move.ts";
import { noted } from "./handlers/noted.ts";
import { receiveQuoteAsking } from "./handlers/quote-request.ts";
import { receiveUndo } from "./handlers/undo.ts";
import { receiveUpdate } from "./handlers/update.ts";

const HANDLERS: ReadonlyMap<string, Handler> = new Map<string, Handler>([
  ["Follow", receiveFollowing],
  ["Undo", receiveUndo],
  ["Create", receiveCreate],
  ["Update", receiveUpdate],
  ["Delete", receiveDeletion],
  ["Like", receiveLike],
  ["EmojiReact", receiveLike],
  ["Announce", receiveAnnounce],
  ["Accept", receiveAcceptance],
  ["Reject", receiveRejection],
  ["QuoteRequest", receiveQuoteAsking],
  ["Block", receiveBlocking],
  ["Move", receiveMoving],
  ["Flag", noted("a report about this site")],
]);

/** Does what an activity says, whose actor is proven. What is not understood is ignored, and logged. */
export async function dispatch(site: Site, activity: ReadActivity): Promise<Outcome> {
  const handler = HANDLERS.get(activity.type);
  if (handler !== undefined) return handler(site, activity, dispatch);
  site.logger.info({ type: activity.type, id: activity.id, actor: activity.actor }, "inbox: not understood");
  return ignored(`${activity.type} is not understood`);
}
