import { createServer as createPlainServer, type Server } from "node:http";
import { createServer as createSecureServer } from "node:https";
import type { AddressInfo } from "node:net";
import express from "express";
import { fediverse, type Fediverse, type FediverseOptions } from "../../src/index.ts";
import { silentLogger } from "../../src/support/logger.ts";
import { freshDatabase } from "./store.ts";

/** A blog as its owner would write it: Express, one `app.use()`, on a port of its own. */
export interface Blog {
  readonly origin: string;
  /** `localhost:34567` */
  readonly host: string;
  readonly fedi: Fediverse;
  close(): Promise<void>;
}

export interface BlogOptions {
  options?: Partial<FediverseOptions>;
  /** Serves https with this. */
  tls?: { key: string; cert: string };
  /** Express as the host has it; left out, Express 5. */
  express?: typeof express;
  /** What the host has put in front. */
  before?: (app: express.Express) => void;
  /** The blog's own routes, behind the middleware. */
  routes?: (app: express.Express, fedi: Fediverse, origin: string) => void;
  /** `false`: does not wait for `ready`. */
  wait?: boolean;
}

/** Starts a blog with the account `blog` on `localhost`; `ready` has been waited for unless told otherwise. */
export async function startBlog(given: BlogOptions = {}): Promise<Blog> {
  const { options, tls, before, routes, wait = true } = given;
  const server: Server = tls ? createSecureServer(tls) : createPlainServer();
  await new Promise<void>((resolve) => server.listen(0, "localhost", resolve));
  const host = `localhost:${(server.address() as AddressInfo).port}`;
  const origin = `${tls ? "https" : "http"}://${host}`;
  const fedi = fediverse({
    origin,
    accounts: [{ username: "blog", name: "The Blog", summary: "Bread, *mostly*." }],
    allowPrivateNetwork: true,
    database: await freshDatabase(),
    logger: silentLogger,
    ...options,
  });
  const app = (given.express ?? express)();
  before?.(app);
  app.use(fedi);
  routes?.(app, fedi, origin);
  server.on("request", app);
  if (wait) await fedi.ready;
  return {
    origin,
    host,
    fedi,
    async close() {
      server.closeAllConnections();
      await new Promise<void>((resolve) => server.close(() => resolve()));
      await fedi.close();
    },
  };
}
