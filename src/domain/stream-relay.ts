import type { StreamEventRow } from "../database/rows.ts";
import type { Site } from "../site.ts";
import { SECOND } from "../support/clock.ts";
import { reasonOf } from "../support/errors.ts";
import { firstSnowflakeAt } from "../support/ids.ts";
import { hubOf, tellListeners, type StreamEvent } from "./stream.ts";

/** How often a process with listeners looks for what others have stored. */
const EVERY = 500;
/**
 * How far back it looks each time: rows come to the store out of the order of their ids, by the difference of two clocks
 * and the time a write takes.
 */
const OVERLAP = 5 * SECOND;
/** Rows read by one query. */
const BATCH = 500;

/** What one process has heard of the others of its site. */
interface Relay {
  listeners: number;
  /** Nothing older than the first listener is told. */
  floor: number;
  /** Ids told already, as far back as the overlap. */
  told: Set<number>;
  timer: NodeJS.Timeout | undefined;
}

const relays = new WeakMap<Site, Relay>();

function relayOf(site: Site): Relay {
  let relay = relays.get(site);
  if (!relay) relays.set(site, (relay = { listeners: 0, floor: 0, told: new Set(), timer: undefined }));
  return relay;
}

/**
 * From now on what other processes of the site publish is told to the listeners of this one, until the returned function
 * is called. With nobody listening nothing is asked.
 */
export function relayStreams(site: Site): () => void {
  const relay = relayOf(site);
  relay.listeners += 1;
  if (relay.listeners === 1) {
    relay.floor = firstSnowflakeAt(new Date(site.clock.now().getTime() - SECOND));
    relay.told.clear();
    tick(site, relay);
  }
  let isOver = false;
  return () => {
    if (isOver) return;
    isOver = true;
    relay.listeners -= 1;
    if (relay.listeners > 0) return;
    clearTimeout(relay.timer);
    relay.timer = undefined;
  };
}

function tick(site: Site, relay: Relay): void {
  relay.timer = setTimeout(() => {
    const { timer } = relay;
    relayOnce(site)
      .catch((error: unknown) => {
        site.logger.debug({ reason: reasonOf(error) }, "streams could not be read; they will be in a moment");
      })
      .finally(() => {
        // Nobody listens any more, or somebody began anew.
        if (relay.timer === timer) tick(site, relay);
      });
  }, EVERY);
  relay.timer.unref();
}

/** Tells what other processes have stored since the last look. */
export async function relayOnce(site: Site): Promise<void> {
  const relay = relayOf(site);
  const { origin } = hubOf(site);
  const from = firstSnowflakeAt(new Date(site.clock.now().getTime() - OVERLAP));
  let last = Math.max(relay.floor, from) - 1;
  for (;;) {
    const rows = await site.models.streamEvents
      .find({ _id: { $gt: last }, origin: { $ne: origin } })
      .sort({ _id: 1 })
      .limit(BATCH)
      .lean<StreamEventRow[]>();
    for (const row of rows) {
      if (relay.told.has(row._id)) continue;
      relay.told.add(row._id);
      tellListeners(site, eventOf(row));
    }
    last = rows.at(-1)?._id ?? last;
    if (rows.length < BATCH) break;
  }
  for (const id of relay.told) if (id < from) relay.told.delete(id);
}

function eventOf(row: StreamEventRow): StreamEvent {
  return {
    channels: row.channels,
    event: row.event as StreamEvent["event"],
    ...(row.post === undefined ? {} : { post: row.post }),
    ...(row.notification === undefined ? {} : { notification: row.notification }),
    ...(row.id === undefined ? {} : { id: row.id }),
  };
}
