import { mkdtempSync } from "node:fs";
import { rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { randomBytes } from "node:crypto";
import { startEmbedded, type EmbeddedStore } from "../../src/database/embedded/index.ts";

let shared: Promise<{ store: EmbeddedStore; directory: string }> | undefined;

/** Starts the store under test once a process: the embedded one, kept in the page cache only. */
async function embedded(): Promise<EmbeddedStore> {
  shared ??= (async () => {
    const directory = mkdtempSync(join(tmpdir(), "fedi-test-"));
    return { store: await startEmbedded({ directory, durability: "os" }), directory };
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

/** Ends the shared store; mocha calls it after the last test. */
export async function endStore(): Promise<void> {
  if (!shared) return;
  const { store, directory } = await shared;
  shared = undefined;
  await store.close();
  await rm(directory, { recursive: true, force: true });
}
