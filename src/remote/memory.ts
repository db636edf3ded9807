import { LRUCache } from "lru-cache";
import type { ActorRow } from "../database/rows.ts";
import type { JsonObject } from "../documents/read.ts";
import type { Site } from "../site.ts";
import { Semaphore } from "../support/semaphore.ts";
import { FetchBudget } from "./fetch-budget.ts";
import type { DocumentResult } from "./fetch-document.ts";
import type { FoundKey } from "./keys.ts";
import { SingleFlight } from "./single-flight.ts";

/** A key, or the memory that there is none. */
export interface KnownKey {
  found: FoundKey;
  fetchedAt: Date;
  /** A negative one holds until then; a positive one is not looked at again before. */
  until: Date;
}

/** What this room keeps in memory for a site. Everything in it has a cap and can be lost. */
export interface RemoteMemory {
  budget: FetchBudget;
  fetches: Semaphore;
  flights: SingleFlight<DocumentResult>;
  /** Actor documents just read: the door wants the key in it, the handler a moment later the rest. */
  documents: LRUCache<string, { document: JsonObject; at: Date }>;
  actors: SingleFlight<ActorRow>;
  handles: SingleFlight<ActorRow>;
  /** Actor ids and handles that could not be resolved: until when, and the error. */
  misses: LRUCache<string, { until: Date; error: Error }>;
  keys: LRUCache<string, KnownKey>;
  keyFetches: SingleFlight<FoundKey>;
  /** When a key was last fetched again because a signature did not fit it. */
  refetched: LRUCache<string, Date>;
}

/** Outgoing fetches at once, however many requests want one. */
const FETCHES = 32;
const DOCUMENT_BYTES = 16 * 1024 * 1024;

const memories = new WeakMap<Site, RemoteMemory>();

export function memoryOf(site: Site): RemoteMemory {
  let memory = memories.get(site);
  if (memory === undefined) {
    memory = {
      budget: new FetchBudget(),
      fetches: new Semaphore(FETCHES),
      flights: new SingleFlight(),
      documents: new LRUCache({ maxSize: DOCUMENT_BYTES, max: 1000 }),
      actors: new SingleFlight(),
      handles: new SingleFlight(),
      misses: new LRUCache({ max: 5000 }),
      keys: new LRUCache({ max: 5000 }),
      keyFetches: new SingleFlight(),
      refetched: new LRUCache({ max: 5000 }),
    };
    memories.set(site, memory);
  }
  return memory;
}
