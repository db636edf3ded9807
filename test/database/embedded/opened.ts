import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Collection, Db, Document } from "mongodb";
import { MongoClient } from "mongodb";
import type { EmbeddedOptions, EmbeddedStore } from "../../../src/database/embedded/index.ts";
import { startEmbedded } from "../../../src/database/embedded/index.ts";

/** A store on an empty folder with a driver connected to it. */
export interface Opened {
  readonly directory: string;
  readonly store: EmbeddedStore;
  readonly client: MongoClient;
  readonly db: Db;
  /** A collection that no other test has used. */
  fresh<T extends Document = Document>(): Collection<T>;
  close(): Promise<void>;
}

/** Opens a store for a test file; on the test's own thread unless asked otherwise, which starts faster. */
export async function opened(options: Partial<EmbeddedOptions> = {}): Promise<Opened> {
  const directory = await mkdtemp(join(tmpdir(), "fedi-test-"));
  const store = await startEmbedded({ directory, durability: "os", thread: false, ...options });
  const client = await new MongoClient(store.uri).connect();
  const db = client.db("test");
  let count = 0;
  return {
    directory,
    store,
    client,
    db,
    fresh: <T extends Document>() => db.collection<T>(`c${++count}`),
    async close() {
      await client.close();
      await store.close();
      await rm(directory, { recursive: true });
    },
  };
}
