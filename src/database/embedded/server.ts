import { chmodSync, rmSync } from "node:fs";
import type { Server } from "node:net";
import { createServer } from "node:net";
import { Cursors } from "./commands/cursors.ts";
import { Dispatcher } from "./commands/dispatch.ts";
import type { Durability } from "./storage/lmdb.ts";
import { openLmdb } from "./storage/lmdb.ts";
import { purge } from "./storage/purge.ts";
import { Store } from "./storage/store.ts";
import { expire } from "./storage/ttl.ts";
import { Connection } from "./wire/connection.ts";

/** What a running server needs to know; it is sent to the worker as it is. */
export interface ServerOptions {
  readonly directory: string;
  readonly socket: string;
  readonly durability: Durability;
  readonly compactAt: number;
  readonly ttlSeconds: number;
}

/** A server that is listening. */
export interface RunningServer {
  close(): Promise<void>;
}

function listen(server: Server, socket: string): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen(socket, () => {
      server.off("error", reject);
      resolve();
    });
  });
}

/** Repeats a chore; a failure (a full disk, say) is met again at the next turn and harms nothing meanwhile. */
function repeat(seconds: number, chore: () => Promise<unknown>): () => Promise<void> {
  let running: Promise<unknown> = Promise.resolve();
  let busy = false;
  const timer = setInterval(() => {
    if (busy) return;
    busy = true;
    running = chore()
      .catch(() => undefined)
      .finally(() => (busy = false));
  }, seconds * 1000);
  timer.unref();
  return async () => {
    clearInterval(timer);
    await running;
  };
}

/** Opens the data folder and serves it on a unix socket. */
export async function serve(options: ServerOptions): Promise<RunningServer> {
  const kv = await openLmdb(options.directory, options.durability, options.compactAt);
  const store = new Store(kv);
  const cursors = new Cursors();
  const clock = (): Date => new Date();
  const dispatcher = new Dispatcher(store, cursors, clock);
  const connections = new Set<Connection>();
  let count = 0;
  const server = createServer((socket) => {
    const connection = new Connection(socket, ++count, dispatcher);
    connections.add(connection);
    socket.on("close", () => connections.delete(connection));
    socket.unref();
  });
  rmSync(options.socket, { force: true });
  await listen(server, options.socket);
  chmodSync(options.socket, 0o600);
  server.unref();
  const stopPurging = repeat(1, async () => {
    if (store.catalog.garbage().length > 0) await store.writes.submit(() => purge(store));
  });
  const stopExpiring = repeat(options.ttlSeconds, async () => {
    cursors.sweep(clock());
    const hasTtl = store.catalog
      .all()
      .some(({ indexes }) => indexes.some((index) => index.expireAfterSeconds !== undefined));
    if (hasTtl) await store.writes.submit(() => expire(store, clock()));
  });
  return {
    async close() {
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      await Promise.all([stopPurging(), stopExpiring()]);
      await Promise.all([...connections].map((connection) => connection.close()));
      await closed;
      await store.close();
    },
  };
}
