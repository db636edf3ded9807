import { createServer } from "node:http";
import { mkdtempSync } from "node:fs";
import { rm } from "node:fs/promises";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import express from "express";
import type { ActorRow } from "../../../src/database/rows.ts";
import { localAccount } from "../../../src/domain/accounts.ts";
import { registerApp } from "../../../src/domain/apps.ts";
import { giveToken } from "../../../src/domain/tokens.ts";
import { fediverse, type Fediverse, type FediverseOptions } from "../../../src/index.ts";
import type { Site } from "../../../src/site.ts";
import { silentLogger } from "../../../src/support/logger.ts";
import { freshDatabase } from "../../support/store.ts";
import { ApiClient } from "./api-client.ts";

export interface StartedApi {
  fedi: Fediverse;
  server: ReturnType<typeof createServer>;
  origin: string;
  site: Site;
  /** The host's app, behind the middleware. */
  app: express.Express;
  account(username?: string): Promise<ActorRow>;
  /** A fresh token of a fresh app. Default scopes: `read write follow push`. Without an account: of the app alone. */
  tokenFor(account: ActorRow | string | undefined, scopes?: string): Promise<string>;
  /** An app of its own for an account (by row or username), or a stranger. */
  client(account?: ActorRow | string, scopes?: string): Promise<ApiClient>;
  /** A caller without a token; with an address of its own, so that its rate limits are, too. */
  stranger(address?: string): ApiClient;
  close(): Promise<void>;
}

let strangers = 0;

/**
 * A real Express app with `fediverse()` on a loopback address, with a database and folder of its own. The clockwork
 * stands still unless it is asked for; `before` sees the app before the middleware is mounted.
 */
export async function startApi(
  options: Partial<FediverseOptions> = {},
  before?: (app: express.Express) => void,
): Promise<StartedApi> {
  const server = createServer();
  // A busy test must not meet a connection that the server has just given up.
  server.keepAliveTimeout = 60_000;
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const origin = `http://localhost:${(server.address() as AddressInfo).port}`;
  const folder = mkdtempSync(join(tmpdir(), "fedi-api-"));
  const fedi = fediverse({
    origin,
    accounts: [{ username: "blog", name: "The Blog", summary: "Bread, *mostly*." }],
    allowPrivateNetwork: true,
    database: await freshDatabase(),
    dataDir: folder,
    logger: silentLogger,
    clockwork: false,
    ...options,
  });
  const app = express();
  app.set("trust proxy", "loopback");
  before?.(app);
  app.use(fedi);
  server.on("request", app);
  await fedi.ready;
  const { site } = fedi;

  const account = async (username = "blog"): Promise<ActorRow> => {
    const row = await localAccount(site, username);
    if (row === null) throw new Error(`no account ${username}`);
    return row;
  };
  const rowOf = async (given: ActorRow | string | undefined): Promise<ActorRow | undefined> =>
    typeof given === "string" ? account(given) : given;
  const tokenFor = async (
    given: ActorRow | string | undefined,
    scopes = "read write follow push",
  ): Promise<string> => {
    const { app } = await registerApp(site, { name: "Test App", redirectUris: ["app://test"], scopes });
    return (await giveToken(site, app, app.scopes, await rowOf(given))).secret;
  };
  return {
    fedi,
    server,
    origin,
    site,
    app,
    account,
    tokenFor,
    client: async (given = "blog", scopes) => new ApiClient(origin, { token: await tokenFor(given, scopes) }),
    stranger: (address = `10.9.${Math.floor((strangers += 1) / 250)}.${(strangers % 250) + 1}`) =>
      new ApiClient(origin, { address }),
    async close() {
      // A server ends with its last socket, and streams are only ended by the site.
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      server.closeAllConnections();
      await fedi.close();
      await closed;
      await rm(folder, { recursive: true, force: true });
    },
  };
}
