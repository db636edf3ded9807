import { LRUCache } from "lru-cache";
import type { Pool, buildConnector } from "undici";
import { undici } from "./undici.ts";

/** Servers with an open connection at one time; past it the one not used for longest loses its own. */
const MAXIMUM_POOLS = 256;

/**
 * Keep-alive connections, a pool for each origin. There is a cap on the pools, since a post to followers on 2,000 servers
 * would otherwise keep 2,000 sockets and their buffers.
 */
export class Pools {
  readonly #pools: LRUCache<string, Pool>;
  readonly #closing = new Set<Promise<void>>();
  readonly #options: Pool.Options;

  constructor(connect: buildConnector.connector, connections: number) {
    this.#options = {
      connect,
      connections,
      // Below the 5 s after which Node's own servers hang up: a request sent in that instant is lost.
      keepAliveTimeout: 4_000,
      keepAliveMaxTimeout: 30_000,
      maxHeaderSize: 16 * 1024,
      // One timer of ours holds for the whole request.
      headersTimeout: 0,
      bodyTimeout: 0,
    };
    this.#pools = new LRUCache({ max: MAXIMUM_POOLS, dispose: (pool) => this.#close(pool) });
  }

  get(origin: string): Pool {
    let pool = this.#pools.get(origin);
    if (pool === undefined) {
      const { Pool } = undici();
      pool = new Pool(origin, this.#options);
      this.#pools.set(origin, pool);
    }
    return pool;
  }

  get size(): number {
    return this.#pools.size;
  }

  /** Waits for what is under way; each request ends by its own timeout. */
  async close(): Promise<void> {
    this.#pools.clear();
    await Promise.all(this.#closing);
  }

  /** A pool finishes what it was given before its sockets close. */
  #close(pool: Pool): void {
    const closed = pool.close().finally(() => this.#closing.delete(closed));
    this.#closing.add(closed);
  }
}
