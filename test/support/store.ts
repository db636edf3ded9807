import { mkdtempSync } from "node:fs";
import { readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { randomBytes } from "node:crypto";
import { startEmbedded, type EmbeddedStore } from "../../src/database/embedded/index.ts";

let shared: Promise<{ store: EmbeddedStore; directory: string }> | undefined;

/** Does mocha run files in several processes, and is this one of them? */
export function isWorker(): boolean {
  return process.env.MOCHA_WORKER_ID !== undefined;
}

/** What the folders of one run's stores begin with. @param run the id of mocha's own process. */
function folderPrefix(run: number): string {
  return `fedi-test-${run}-`;
}

/**
 * Rows expire by the machine's clock, while a site under test has its own: what is to last a week by that one may be long
 * over by the machine's, and would go in the middle of a test that happens to run when the store looks. So it looks later.
 */
const TTL_SECONDS = 86_400;

/** Starts the store under test once a process: the embedded one, kept in the page cache only. */
async function embedded(): Promise<EmbeddedStore> {
  shared ??= (async () => {
    const directory = mkdtempSync(join(tmpdir(), folderPrefix(isWorker() ? process.ppid : process.pid)));
    return {
      store: await startEmbedded({ directory, durability: "os", ttlSeconds: TTL_SECONDS }),
      directory,
    };
  })();
  return (await shared).store;
}

/**
 * The URI of a database of its own, empty: on `MONGODB_URL` where it is set, otherwise on the embedded store.
 */
export async function freshDatabase(): Promise<string> {
  const name = `test_${randomBytes(6).toString("hex")}`;
  const base = process.env.MONGODB_URL ?? (await embedded()).uri;
  const [, start = "", options = ""] = /^([a-z+]+:\/\/[^/?]+)[^?]*(\?.*)?$/.exec(base) ?? [];
  return `${start}/${name}${options}`;
}

/** Removes what the stores of this run's processes have left; mocha's own process calls it when all have ended. */
export async function removeStores(): Promise<void> {
  const left = (await readdir(tmpdir())).filter((name) => name.startsWith(folderPrefix(process.pid)));
  await Promise.all(left.map((name) => rm(join(tmpdir(), name), { recursive: true, force: true })));
}

/** Ends this process's store. */
export async function endStore(): Promise<void> {
  if (!shared) return;
  const { store, directory } = await shared;
  shared = undefined;
  await store.close();
  await rm(directory, { recursive: true, force: true });
}
