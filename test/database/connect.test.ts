import assert from "node:assert/strict";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import mongoose from "mongoose";
import { fediverse, type Fediverse, type FediverseOptions } from "../../src/index.ts";
import { silentLogger } from "../../src/support/logger.ts";
import { freshDatabase } from "../support/store.ts";

describe("the database of a site", () => {
  let dataDir: string;
  let uri: string;
  let open: number;

  beforeEach(async () => {
    dataDir = await mkdtemp(join(tmpdir(), "fedi-connect-"));
    uri = await freshDatabase();
    open = mongoose.connections.length;
  });
  afterEach(() => rm(dataDir, { recursive: true, force: true }));

  const start = (database: FediverseOptions["database"]): Fediverse =>
    fediverse({
      origin: "https://blog.example",
      accounts: [{ username: "blog" }],
      dataDir,
      clockwork: false,
      logger: silentLogger,
      ...(database === undefined ? {} : { database }),
    });

  /** A post that is there when the site is started again. */
  async function serves(database: FediverseOptions["database"]): Promise<void> {
    const url = "https://blog.example/bread";
    const first = start(database);
    await first.ready;
    await first.publish({ url, title: "Bread", markdown: "Flour." });
    await first.close();
    const second = start(database);
    await second.ready;
    assert.equal((await second.comments(url)).post?.url, url);
    await second.close();
  }

  it("may be a URI", () => serves(uri));

  it("may be left out, and is then in the data folder", () => serves(undefined));

  it("may be the host's mongoose Connection, in its database, and stays open", async () => {
    const connection = await mongoose.createConnection(uri).asPromise();
    await serves(connection);
    assert.equal(connection.readyState, mongoose.ConnectionStates.connected);
    assert.equal(await connection.collection("fedi_posts").countDocuments(), 1);
    await connection.destroy();
  });

  it("may be the host's MongoClient, in the database of its URI, and stays open", async () => {
    const client = new mongoose.mongo.MongoClient(uri);
    await serves(client);
    assert.equal(await client.db().collection("fedi_posts").countDocuments(), 1);
    await client.close();
  });

  it("is not a client of another copy of the driver: said at the start", () => {
    const looksLikeOne = { connect() {}, db() {}, startSession() {} };
    assert.throws(() => start(looksLikeOne), /another copy of the mongodb driver/);
  });

  it("is nothing that mongoose still knows of when the site has ended", async () => {
    const client = new mongoose.mongo.MongoClient(uri);
    for (const database of [uri, undefined, client]) await serves(database);
    assert.equal(mongoose.connections.length, open);
    await client.close();
  });
});
