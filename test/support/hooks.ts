import { endStore, isWorker, removeStores } from "./store.ts";

/** What mocha runs around everything, and, with files in several processes, around each file. */
export const mochaHooks = {
  async afterAll(): Promise<void> {
    // A process that mocha has started for some of the files is ended by it; its store serves the next file, too.
    if (!isWorker()) await endStore();
  },
};

/** What mocha's own process runs at the end. */
export async function mochaGlobalTeardown(): Promise<void> {
  await removeStores();
}
