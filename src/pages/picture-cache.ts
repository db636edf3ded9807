import { randomBytes } from "node:crypto";
import { mkdir, readFile, readdir, rename, rm, stat, utimes, writeFile } from "node:fs/promises";
import { join } from "node:path";

/**
 * Pictures on disk, by a key of 64 hexadecimal digits, with a cap on their sum: the one not asked for the longest goes
 * first. Several processes may share the folder; each keeps its own sum and looks again when it reaches the cap.
 */
export class PictureCache {
  readonly #folder: string;
  readonly #maxBytes: number;
  #bytes: number | undefined;
  #making: Promise<void> = Promise.resolve();

  /** @param maxBytes cap on the sum of the files' sizes. */
  constructor(folder: string, maxBytes: number) {
    this.#folder = folder;
    this.#maxBytes = maxBytes;
  }

  /** The picture, or `undefined` where it is not kept. @param now its use is noted. */
  async get(key: string, now: Date): Promise<Buffer | undefined> {
    const file = this.#file(key);
    try {
      const content = await readFile(file);
      // Used is newer; a file that has just gone is no reason to fail.
      await utimes(file, now, now).catch(() => undefined);
      return content;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
      throw error;
    }
  }

  /** Keeps a picture; written beside and renamed, so that nobody reads half of one. */
  async put(key: string, content: Buffer, now: Date): Promise<void> {
    const file = this.#file(key);
    await mkdir(join(this.#folder, key.slice(0, 2)), { recursive: true });
    const draft = `${file}.${randomBytes(6).toString("hex")}`;
    try {
      await writeFile(draft, content, { mode: 0o600 });
      await utimes(draft, now, now);
      await rename(draft, file);
    } catch (error) {
      await rm(draft, { force: true });
      throw error;
    }
    // The first time, the folder tells; the new file is in it already.
    this.#bytes = this.#bytes === undefined ? await this.#sum() : this.#bytes + content.length;
    if (this.#bytes > this.#maxBytes) await this.makeRoom();
  }

  /** Removes the oldest until a tenth is free. One at a time. */
  async makeRoom(): Promise<void> {
    this.#making = this.#making.then(() => this.#removeOldest());
    await this.#making;
  }

  async #removeOldest(): Promise<void> {
    const files = (await this.#files()).sort((a, b) => a.usedAt - b.usedAt);
    let sum = files.reduce((total, file) => total + file.size, 0);
    for (const file of files) {
      if (sum <= this.#maxBytes * 0.9) break;
      await rm(file.path, { force: true });
      sum -= file.size;
    }
    this.#bytes = sum;
  }

  async #sum(): Promise<number> {
    return (await this.#files()).reduce((total, file) => total + file.size, 0);
  }

  async #files(): Promise<{ path: string; size: number; usedAt: number }[]> {
    const entries = await readdir(this.#folder, { recursive: true, withFileTypes: true });
    const files: { path: string; size: number; usedAt: number }[] = [];
    for (const entry of entries) {
      if (!entry.isFile()) continue;
      const path = join(entry.parentPath, entry.name);
      const found = await stat(path).catch(() => undefined);
      if (found) files.push({ path, size: found.size, usedAt: found.mtimeMs });
    }
    return files;
  }

  #file(key: string): string {
    if (!/^[0-9a-f]{64}$/.test(key)) throw new Error("a picture's key is 64 hexadecimal digits");
    return join(this.#folder, key.slice(0, 2), key);
  }
}
