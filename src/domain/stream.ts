import { randomUUID } from "node:crypto";
import type { Site } from "../site.ts";

/** What happened, for those who listen; the payload is made by each listener for its own viewer. */
export interface StreamEvent {
  /** `user:<account>`, `user:notification:<account>`, `list:<list>`, `hashtag:<tag>`, `hashtag:local:<tag>`, `public`, `public:local`, `public:remote`, `direct:<account>`, and `:media` variants. */
  channels: string[];
  event:
    | "update"
    | "delete"
    | "status.update"
    | "notification"
    | "conversation"
    | "filters_changed"
    | "notifications_merged";
  /** `_id` of the post. */
  post?: number;
  /** `_id` of the notification. */
  notification?: number;
  /** For `delete`: the id as sent; for a conversation its own. */
  id?: string;
}

export type StreamListener = (event: StreamEvent) => void;

interface Hub {
  /** This process among those of the site. */
  readonly origin: string;
  readonly listeners: Map<string, Set<StreamListener>>;
}

const hubs = new WeakMap<Site, Hub>();

/** The streams of one site in this process. */
export function hubOf(site: Site): Hub {
  let hub = hubs.get(site);
  if (!hub) hubs.set(site, (hub = { origin: randomUUID(), listeners: new Map() }));
  return hub;
}

/** Listens to channels until the returned function is called. */
export function subscribe(site: Site, channels: readonly string[], listener: StreamListener): () => void {
  const { listeners } = hubOf(site);
  for (const channel of channels) {
    const set = listeners.get(channel) ?? new Set();
    set.add(listener);
    listeners.set(channel, set);
  }
  return () => {
    for (const channel of channels) {
      const set = listeners.get(channel);
      set?.delete(listener);
      if (set?.size === 0) listeners.delete(channel);
    }
  };
}

/** Tells the listeners of this process, each once however many of its channels are named. */
export function tellListeners(site: Site, event: StreamEvent): void {
  const { listeners } = hubOf(site);
  const told = new Set<StreamListener>();
  for (const channel of event.channels)
    for (const listener of listeners.get(channel) ?? []) told.add(listener);
  for (const listener of told) listener(event);
}
