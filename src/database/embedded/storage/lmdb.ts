import { mkdirSync, renameSync, rmSync } from "node:fs";
import { join } from "node:path";
import type { RootDatabase } from "lmdb";
import { open } from "lmdb";
import type { Entry, Kv } from "./kv.ts";

/** `fsync`: a commit is on the disk when it is answered. `os`: it survives the process, but not the machine. */
export type Durability = "fsync" | "os";

const fileName = "data.mdb";

function openFile(path: string, durability: Durability): RootDatabase<Buffer, Buffer> {
  return open<Buffer, Buffer>({
    path,
    noSubdir: true,
    keyEncoding: "binary",
    encoding: "binary",
    cache: false,
    // Every commit is flushed before it is answered; group commit (queue.ts) makes that cheap.
    overlappingSync: false,
    noSync: durability === "os",
  } as Parameters<typeof open>[0]);
}

interface Stats {
  readonly lastPageNumber: number;
  readonly treeBranchPageCount: number;
  readonly treeLeafPageCount: number;
  readonly overflowPages: number;
}

/** The part of the file that holds nothing, 0 to 1, and the file's size in pages. */
function freePart(db: RootDatabase<Buffer, Buffer>): { free: number; pages: number } {
  const stats = db.getStats() as Stats;
  const used = stats.treeBranchPageCount + stats.treeLeafPageCount + stats.overflowPages + 2;
  const pages = stats.lastPageNumber + 1;
  return { free: Math.max(0, 1 - used / pages), pages };
}

/** Files below this size are not worth copying. */
const smallestToCompact = 4096;

/**
 * Opens the data file of a folder. lmdb never gives space back, so a file of which more than `compactAt` is free
 * is first replaced by a compact copy.
 */
export async function openLmdb(directory: string, durability: Durability, compactAt: number): Promise<Kv> {
  mkdirSync(directory, { recursive: true, mode: 0o700 });
  const path = join(directory, fileName);
  let db = openFile(path, durability);
  const { free, pages } = freePart(db);
  if (free > compactAt && pages >= smallestToCompact) {
    const copy = `${path}.compact`;
    rmSync(copy, { force: true });
    await db.backup(copy, true);
    await db.close();
    renameSync(copy, path);
    db = openFile(path, durability);
  }
  return new Lmdb(db);
}

class Lmdb implements Kv {
  readonly #db: RootDatabase<Buffer, Buffer>;

  constructor(db: RootDatabase<Buffer, Buffer>) {
    this.#db = db;
  }

  get(key: Buffer): Buffer | undefined {
    return this.#db.get(key);
  }

  put(key: Buffer, value: Buffer): void {
    this.#db.putSync(key, value);
  }

  remove(key: Buffer): void {
    this.#db.removeSync(key);
  }

  range(lo: Buffer, hi: Buffer, reverse: boolean): Iterable<Entry> {
    if (Buffer.compare(lo, hi) >= 0) return [];
    return this.#db.getRange(
      reverse
        ? { start: hi, end: lo, reverse: true, exclusiveStart: true, inclusiveEnd: true }
        : { start: lo, end: hi },
    );
  }

  count(lo: Buffer, hi: Buffer): number {
    if (Buffer.compare(lo, hi) >= 0) return 0;
    return this.#db.getKeysCount({ start: lo, end: hi });
  }

  transaction(run: () => void): void {
    this.#db.transactionSync(run);
  }

  async close(): Promise<void> {
    await this.#db.close();
  }
}
