import { ignored } from "../../../domain/outcome.ts";
import type { Handler } from "./handler.ts";

/** A type that is understood and asks nothing of this site; the owner finds it in the log. */
export function noted(why: string): Handler {
  return (site, { type, id, actor, objectId }) => {
    site.logger.info({ type, id, actor, object: objectId }, `inbox: noted: ${why}`);
    return Promise.resolve(ignored(why));
  };
}
