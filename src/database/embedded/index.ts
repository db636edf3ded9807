import { realpathSync } from "node:fs";
import { mkdir } from "node:fs/promises";
import { claim } from "./owner.ts";
import type { RunningServer } from "./server.ts";
import type { Durability } from "./storage/lmdb.ts";
import { run } from "./thread.ts";

/** How the embedded store is run. */
export interface EmbeddedOptions {
  /** The data folder, made if it is not there. On a local disk: not on NFS, SMB or in a synced folder. */
  readonly directory: string;
  /**
   * `fsync` (default): what is answered is on the disk, with one flush for all writes of a moment. `os`: the
   * operating system flushes when it likes; survives the process's death but not the machine's. For tests.
   */
  readonly durability?: Durability;
  /** Run in a worker thread (default), so that disk and scans do not hold up the caller's event loop. */
  readonly thread?: boolean;
  /** The part of the file, 0 to 1, that may be free before it is compacted at the start. Default 0.5. */
  readonly compactAt?: number;
  /** How often expired documents of TTL indexes are removed, in seconds. Default 60. */
  readonly ttlSeconds?: number;
}

/** A running store. */
export interface EmbeddedStore {
  /** For the driver or mongoose; give the database's name as an option of its own. */
  readonly uri: string;
  /**
   * False when another process has the folder and this one uses its socket: when that process ends, the driver
   * here gets connection errors until a store is started again.
   */
  readonly owner: boolean;
  /** Finishes the writes under way, closes the file and frees the folder. The last user in the process closes. */
  close(): Promise<void>;
}

interface Shared {
  users: number;
  readonly running: Promise<{ socket: string; owner: boolean; stop: () => Promise<void> }>;
}

/** Stores of this process by folder: starting one twice shares it. */
const shared = new Map<string, Shared>();
/** Folders being closed: a new start waits until they are free. */
const closing = new Map<string, Promise<void>>();

async function start(directory: string, options: EmbeddedOptions): Promise<Awaited<Shared["running"]>> {
  const claimed = await claim(directory);
  if (!claimed.owner) return { socket: claimed.socket, owner: false, stop: async () => undefined };
  let server: RunningServer;
  try {
    server = await run(
      {
        directory,
        socket: claimed.socket,
        durability: options.durability ?? "fsync",
        compactAt: options.compactAt ?? 0.5,
        ttlSeconds: options.ttlSeconds ?? 60,
      },
      options.thread ?? true,
    );
  } catch (error) {
    claimed.release();
    throw error;
  }
  return {
    socket: claimed.socket,
    owner: true,
    async stop() {
      await server.close();
      claimed.release();
    },
  };
}

/**
 * Starts the embedded store on a folder: a server of MongoDB's wire protocol for the unchanged driver, on a unix
 * socket that only this user can reach.
 * @throws {FolderInUse} when another process holds the folder and does not answer
 */
export async function startEmbedded(options: EmbeddedOptions): Promise<EmbeddedStore> {
  await mkdir(options.directory, { recursive: true, mode: 0o700 });
  const directory = realpathSync(options.directory);
  await closing.get(directory);
  let entry = shared.get(directory);
  if (entry === undefined) {
    entry = { users: 0, running: start(directory, options) };
    shared.set(directory, entry);
  }
  const mine = entry;
  mine.users++;
  let running: Awaited<Shared["running"]>;
  try {
    running = await mine.running;
  } catch (error) {
    if (shared.get(directory) === mine) shared.delete(directory);
    throw error;
  }
  // What another process serves is not held: who starts again when that one has ended gets what is there then.
  if (!running.owner && shared.get(directory) === mine) shared.delete(directory);
  let closed: Promise<void> | undefined;
  const close = async (): Promise<void> => {
    if (--mine.users > 0) return;
    if (shared.get(directory) === mine) shared.delete(directory);
    if (!running.owner) return;
    const stopping = running.stop().finally(() => closing.delete(directory));
    closing.set(directory, stopping);
    await stopping;
  };
  return {
    uri: `mongodb://${encodeURIComponent(running.socket)}/?directConnection=true`,
    owner: running.owner,
    close: () => (closed ??= close()),
  };
}
