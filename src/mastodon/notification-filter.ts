import type { NotificationFilter } from "../domain/notifications.ts";
import type { Params } from "./params.ts";

/**
 * `types`, `exclude_types`, `account_id` and `include_filtered` of a list of notifications. Types nobody has heard of
 * (clients ask for those of newer servers) match nothing, and are no mistake.
 */
export function notificationFilterOf(params: Params): NotificationFilter {
  const types = params.strings("types");
  const excludeTypes = params.strings("exclude_types");
  return {
    ...(types.length === 0 ? {} : { types }),
    ...(excludeTypes.length === 0 ? {} : { excludeTypes }),
    // What is no id is nobody's.
    ...(params.has("account_id") ? { from: params.id("account_id") ?? -1 } : {}),
    includeFiltered: params.boolean("include_filtered", false),
  };
}
