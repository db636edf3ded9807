import { withContext } from "./context.ts";
import { isObject, type JsonObject } from "./parse-json.ts";

export { CONTEXT, withContext } from "./context.ts";

export interface ActivityParts {
  /** Left out of what is sent: the queue gives it one. */
  id?: string;
  type: string;
  /** The actor's id. */
  actor: string;
  /** A bare id where the reader wants one (Follow, Like, Announce), the whole thing elsewhere. */
  object: JsonObject | string;
  to: readonly string[];
  cc: readonly string[];
  published?: Date;
  updated?: Date;
}

/**
 * An activity of ours, with the context. `to` and `cc` are always there and always arrays: PeerTube drops an activity
 * in which one is a string, Pleroma one in which one is missing.
 */
export function composeActivity(parts: ActivityParts): JsonObject {
  const { id, type, actor, object, to, cc, published, updated } = parts;
  return withContext({
    ...(id === undefined ? {} : { id }),
    type,
    actor,
    ...(published === undefined ? {} : { published: published.toISOString() }),
    ...(updated === undefined ? {} : { updated: updated.toISOString() }),
    to: [...to],
    cc: [...cc],
    object: isObject(object) ? withoutContext(object) : object,
  });
}

function withoutContext(doc: JsonObject): JsonObject {
  const { "@context": _, ...rest } = doc;
  return rest;
}
