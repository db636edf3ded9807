import { EventEmitter } from "node:events";
import { mkdtempSync } from "node:fs";
import { rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { openDatabase } from "../../src/database/connect.ts";
import { migrate } from "../../src/database/migrate.ts";
import { createModels } from "../../src/database/models.ts";
import type { ActorRow } from "../../src/database/rows.ts";
import { ensureAccounts, localAccount } from "../../src/domain/accounts.ts";
import { firstStart } from "../../src/domain/first-start.ts";
import { createNetwork, type Network } from "../../src/network/network.ts";
import { readOptions, type FediverseOptions } from "../../src/options.ts";
import type { Site, SiteEvents, Work } from "../../src/site.ts";
import { silentLogger } from "../../src/support/logger.ts";
import { Urls } from "../../src/support/urls.ts";
import { keyPairFor } from "./remote-keys.ts";
import { freshDatabase } from "./store.ts";

export interface HandMadeSite {
  site: Site;
  /** What has been woken, in order. */
  woken: Work[];
  account(username: string): Promise<ActorRow>;
  close(): Promise<void>;
}

/**
 * A site built by hand: store migrated, accounts made (`blog` unless others are given), no faces, no clockwork, a silent
 * log, a network that may reach this machine.
 */
export async function makeSite(
  given: Partial<FediverseOptions> & { network?: Network } = {},
): Promise<HandMadeSite> {
  const { network, ...rest } = given;
  const directory = mkdtempSync(join(tmpdir(), "fedi-site-"));
  const options = readOptions({
    origin: "https://blog.example",
    accounts: [{ username: "blog", name: "The Example Blog" }],
    allowPrivateNetwork: true,
    logger: silentLogger,
    dataDir: directory,
    database: await freshDatabase(),
    ...rest,
  });
  const database = openDatabase(options);
  await database.opened;
  const woken: Work[] = [];
  const site: Site = {
    options,
    urls: new Urls(options.origin),
    connection: database.connection,
    models: createModels(database.connection, options.collectionPrefix),
    network: network ?? createNetwork({ userAgent: "test", allowPrivateNetwork: true, clock: options.clock }),
    clock: options.clock,
    logger: options.logger,
    events: new EventEmitter<SiteEvents>(),
    faces: {},
    wake: (work) => void woken.push(work),
  };
  await migrate(site.models, options);
  await firstStart(site);
  let keys = 0;
  await ensureAccounts(site, () => Promise.resolve(keyPairFor(`site ${(keys += 1)}`)));
  return {
    site,
    woken,
    async account(username) {
      const row = await localAccount(site, username);
      if (!row) throw new Error(`no account ${username}`);
      return row;
    },
    async close() {
      await site.network.close();
      if (process.env.MONGODB_URL !== undefined) await site.connection.dropDatabase();
      await database.close();
      await rm(directory, { recursive: true, force: true });
    },
  };
}
