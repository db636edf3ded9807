import { insertRow } from "../database/native.ts";
import type { Site } from "../site.ts";
import { fromNow, MINUTE } from "../support/clock.ts";
import { isDuplicateKey, reasonOf } from "../support/errors.ts";
import { snowflake } from "../support/ids.ts";
import { hubOf, tellListeners, type StreamEvent } from "./stream.ts";

/**
 * Tells every stream of the site: listeners of this process at once, other processes through the store. Fire and forget:
 * whoever misses an event finds the same thing in the lists.
 */
export function publishEvent(site: Site, event: StreamEvent): void {
  tellListeners(site, event);
  void store(site, event).catch((error: unknown) => {
    site.logger.debug(
      { event: event.event, reason: reasonOf(error) },
      "other processes could not be told of an event",
    );
  });
}

async function store(site: Site, event: StreamEvent): Promise<void> {
  const row = {
    _id: snowflake(site.clock.now()),
    ...event,
    origin: hubOf(site).origin,
    expiresAt: fromNow(site.clock, MINUTE),
  };
  try {
    await insertRow(site.models.streamEvents, row);
  } catch (error) {
    if (isDuplicateKey(error)) return store(site, event);
    throw error;
  }
}
