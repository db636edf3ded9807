import { endStore } from "./store.ts";

/** What mocha runs around everything: the shared store is closed, so that the process can end by itself. */
export const mochaHooks = {
  async afterAll(): Promise<void> {
    await endStore();
  },
};
