import type { EventEmitter } from "node:events";
import type { Connection } from "mongoose";
import type { Models } from "./database/models.ts";
import type { ActorRow, PostRow } from "./database/rows.ts";
import type { Network } from "./network/network.ts";
import type { SiteOptions } from "./options.ts";
import type { Clock } from "./support/clock.ts";
import type { Logger } from "./support/logger.ts";
import type { Urls } from "./support/urls.ts";

/** What happened, told to the host after it is stored. Listeners must not throw; what they throw is logged. */
export interface SiteEvents {
  /** A reply under one of our posts became a comment. */
  comment: [{ comment: PostRow; author: ActorRow; post: PostRow }];
  /** A comment was edited by its author. */
  commentEdited: [{ comment: PostRow; author: ActorRow; post: PostRow }];
  /** A comment was deleted by its author or their server. */
  commentDeleted: [{ comment: PostRow; post: PostRow }];
  /** Somebody follows one of our accounts. */
  follow: [{ follower: ActorRow; account: ActorRow }];
  unfollow: [{ follower: ActorRow; account: ActorRow }];
  like: [{ actor: ActorRow; post: PostRow }];
  unlike: [{ actor: ActorRow; post: PostRow }];
  boost: [{ actor: ActorRow; post: PostRow }];
  unboost: [{ actor: ActorRow; post: PostRow }];
  /** A post of ours was stored for the first time. */
  published: [{ post: PostRow }];
  updated: [{ post: PostRow }];
  removed: [{ post: PostRow }];
  /** One delivery came to its end, good or bad. */
  delivered: [{ inbox: string; activity: number; code: number }];
  deliveryFailed: [{ inbox: string; activity: number; error: string }];
  /** The clockwork or a worker met an error that nobody's request can be told about. */
  error: [Error];
}

/** The kinds of waiting work that can be woken before the next tick of the clockwork. */
export type Work =
  "outgoing" | "fanout" | "delivery" | "inbox" | "media" | "scheduled" | "polls" | "push" | "blocks";

export interface Faces {
  /** `wss://host` without a path, once the host has attached its HTTP server to the streams. */
  streamingUrl?: string;
}

/**
 * The one value that travels: everything a function of a site needs beside its own arguments. Two sites can live in one
 * process, and a test builds one by hand. Caches of a room are held by it in a `WeakMap<Site, …>`.
 */
export interface Site {
  readonly options: SiteOptions;
  readonly urls: Urls;
  readonly connection: Connection;
  readonly models: Models;
  readonly network: Network;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly events: EventEmitter<SiteEvents>;
  /** What the faces know of each other: filled when one of them begins to serve. */
  readonly faces: Faces;
  /** Tells the clockwork that there is work now. Never throws, never waits. */
  wake(work: Work): void;
}

/** Tells the host; a listener's mistake is the host's, and must not undo what was done. */
export function announce<Name extends keyof SiteEvents>(
  site: Site,
  name: Name,
  ...detail: SiteEvents[Name]
): void {
  for (const listener of site.events.rawListeners(name) as ((...detail: SiteEvents[Name]) => unknown)[]) {
    try {
      const outcome = listener.apply(site.events, detail);
      if (outcome instanceof Promise) outcome.catch((error: unknown) => logListener(site, name, error));
    } catch (error) {
      logListener(site, name, error);
    }
  }
}

function logListener(site: Site, event: string, error: unknown): void {
  site.logger.error(
    { event, error: error instanceof Error ? error.message : String(error) },
    "a listener of the host failed",
  );
}
