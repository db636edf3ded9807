import assert from "node:assert/strict";
import { rm } from "node:fs/promises";
import { MongoClient } from "mongodb";
import { startEmbedded } from "../../../src/database/embedded/index.ts";
import { openLmdb } from "../../../src/database/embedded/storage/lmdb.ts";
import { purge } from "../../../src/database/embedded/storage/purge.ts";
import { Store } from "../../../src/database/embedded/storage/store.ts";
import { opened } from "./opened.ts";

const TIMES = Array.from({ length: 30 }, (_, at) => at);

describe("the space of what was dropped", () => {
  it("is given to nothing new, even if it was made and dropped at once and the store is started anew", async () => {
    const first = await opened();
    // Made and dropped in one transaction, which takes what comes together over connections that are there.
    await Promise.all(TIMES.map(() => first.db.command({ ping: 1 })));
    for (const at of TIMES)
      await Promise.all([first.db.createCollection(`x${at}`), first.db.dropCollection(`x${at}`)]);
    await first.client.close();
    await first.store.close();

    const { directory } = first;
    const reopened = async <Answer>(work: (client: MongoClient) => Promise<Answer>): Promise<Answer> => {
      const store = await startEmbedded({ directory, durability: "os", thread: false });
      const client = await new MongoClient(store.uri).connect();
      const answer = await work(client);
      await client.close();
      await store.close();
      return answer;
    };
    await reopened(async (client) => {
      for (const at of TIMES) await client.db("test").collection(`y${at}`).insertOne({ at });
    });
    const store = new Store(await openLmdb(directory, "os", 0.5));
    await store.writes.submit(() => purge(store));
    await store.close();
    const left = await reopened(async (client) => {
      const counts = TIMES.map((at) => client.db("test").collection(`y${at}`).countDocuments());
      const found = TIMES.map((at) => client.db("test").collection(`y${at}`).find().toArray());
      return [await Promise.all(counts), (await Promise.all(found)).flat().length] as const;
    });
    assert.deepEqual(left, [TIMES.map(() => 1), TIMES.length]);
    await rm(directory, { recursive: true, force: true });
  });
});
