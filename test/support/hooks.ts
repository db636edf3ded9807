import { setDefaultAutoSelectFamilyAttemptTimeout } from "node:net";
import { inspect } from "node:util";
import { poolKeyPairs } from "./key-pool.ts";
import { endStore, isWorker, removeStores } from "./store.ts";

// Where localhost has an address of IPv6 as well, Node leaves the first one after 250 ms: to a process that was busy for
// so long in the moment of connecting, our servers would seem to be away.
setDefaultAutoSelectFamilyAttemptTimeout(60_000);

poolKeyPairs();

/** Of what only computes no test takes a second: one that takes long has met a text that costs its length squared. */
const COMPUTING = /[/\\]test[/\\](?:text|documents)[/\\]/;

/** What mocha runs around everything, and, with files in several processes, around each file. */
export const mochaHooks = {
  beforeEach(this: Mocha.Context): void {
    if (COMPUTING.test(this.currentTest?.file ?? "")) this.currentTest?.timeout(20_000);
  },
  /** What hangs on an error may be a whole connection: mocha cannot carry that to its own process, and loses the error. */
  afterEach(this: Mocha.Context): void {
    const failure = isWorker() ? (this.currentTest?.err as Record<string, unknown> | undefined) : undefined;
    for (const [name, value] of Object.entries(failure ?? {}))
      if (failure !== undefined && (typeof value === "object" || typeof value === "function"))
        failure[name] = inspect(value, { depth: 3 });
  },
  async afterAll(): Promise<void> {
    // A process that mocha has started for some of the files is ended by it; its store serves the next file, too.
    if (!isWorker()) await endStore();
  },
};

/** What mocha's own process runs at the end. */
export async function mochaGlobalTeardown(): Promise<void> {
  await removeStores();
}
