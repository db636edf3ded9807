import { LRUCache } from "lru-cache";
import type { Site } from "../site.ts";
import { ACTIVITY_JSON, served, type Served } from "./respond.ts";

/** What a look at the store says: what the bytes would have to be made from, and how. */
export interface Looked {
  /** Everything that the bytes depend on. */
  version: string;
  status?: 200 | 410;
  /** Default: application/activity+json. */
  type?: string;
  compose: () => Promise<object> | object;
}

/** Bytes held for one site. */
const MOST_BYTES = 16 * 1024 * 1024;

/**
 * Serialised documents of one site. A small look at the store precedes every answer, so an edit or a removal made in
 * any process is seen at once; askers who come at the same time share the look, so a herd costs few of them.
 */
export class DocumentCache {
  readonly #kept = new LRUCache<string, { version: string; served: Served }>({
    maxSize: MOST_BYTES,
    sizeCalculation: ({ version, served: { body } }, key) => body.length + version.length + key.length + 200,
  });
  readonly #looking = new Map<string, Promise<Served>>();

  /** @throws whatever `look` throws; that is not kept. */
  async get(key: string, look: () => Promise<Looked>): Promise<Served> {
    const running = this.#looking.get(key);
    if (running) return running;
    const answer = this.#find(key, look).finally(() => this.#looking.delete(key));
    this.#looking.set(key, answer);
    return answer;
  }

  async #find(key: string, look: () => Promise<Looked>): Promise<Served> {
    const { version, status = 200, type = ACTIVITY_JSON, compose } = await look();
    const kept = this.#kept.get(key);
    if (kept?.version === version) return kept.served;
    const fresh = served(await compose(), { status, type });
    this.#kept.set(key, { version, served: fresh });
    return fresh;
  }
}

const caches = new WeakMap<Site, DocumentCache>();

export function documentsOf(site: Site): DocumentCache {
  let cache = caches.get(site);
  if (!cache) caches.set(site, (cache = new DocumentCache()));
  return cache;
}
