import type { ReadActivity } from "../../../documents/read-activity.ts";
import type { Outcome } from "../../../domain/outcome.ts";
import type { Site } from "../../../site.ts";

/** Hands an activity, whose actor is proven, to the handler of its type. */
export type Dispatch = (site: Site, activity: ReadActivity) => Promise<Outcome>;

/**
 * Does what one type of activity says. Bears being called twice, and in any order with what belongs to it.
 * @param dispatch for activities inside an activity.
 * @throws RetryLater for trouble that may pass, Permanent for what can never be done.
 */
export type Handler = (site: Site, activity: ReadActivity, dispatch: Dispatch) => Promise<Outcome>;
