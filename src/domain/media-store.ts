import { createReadStream } from "node:fs";
import { copyFile, mkdir, rename, rm, stat, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import type { Readable } from "node:stream";
import type { Site } from "../site.ts";
import { randomToken } from "../support/ids.ts";

/** A stored file as it is served. */
export interface StoredFile {
  /** Bytes. */
  size: number;
  mediaType: string;
  /** Both ends included; left out: all of it. */
  read(range?: { start: number; end: number }): Readable;
}

/** Where uploads are kept, by names that `newName` made. Names are unguessable, for whoever has one may read the file. */
export interface MediaStore {
  /** Takes bytes, or a file of this machine, which may be moved away. */
  put(name: string, content: Buffer | { path: string }): Promise<void>;
  /** `undefined` for a name that nobody has, or that is none. */
  open(name: string): Promise<StoredFile | undefined>;
  /** No error where there is none. */
  remove(name: string): Promise<void>;
}

/** What is stored and served, and nothing else: no type here can run in a browser. */
const TYPES: Readonly<Record<string, string>> = {
  jpg: "image/jpeg",
  png: "image/png",
  gif: "image/gif",
  webp: "image/webp",
  mp4: "video/mp4",
  mp3: "audio/mpeg",
};

const NAME = /^[A-Za-z0-9_-]{22}\.(jpg|png|gif|webp|mp4|mp3)$/;

/** @throws Error for a type that is not stored. */
export function newName(mediaType: string): string {
  const extension = Object.entries(TYPES).find(([, type]) => type === mediaType)?.[0];
  if (extension === undefined) throw new Error(`${mediaType} is no type that is stored`);
  return `${randomToken()}.${extension}`;
}

/** The public address of a stored file. */
export function fileUrl(site: Pick<Site, "urls">, name: string): string {
  return `${site.urls.origin}/fediverse/media/files/${name}`;
}

/** The name behind such an address, or `undefined`. */
export function fileName(site: Pick<Site, "urls">, url: string): string | undefined {
  const start = `${site.urls.origin}/fediverse/media/files/`;
  const name = url.startsWith(start) ? url.slice(start.length) : "";
  return NAME.test(name) ? name : undefined;
}

const stores = new WeakMap<Site, MediaStore>();

/** The store of a site: a folder below its data folder. */
export function mediaStore(site: Site): MediaStore {
  let store = stores.get(site);
  if (!store) stores.set(site, (store = new DiskStore(join(site.options.dataDir, "media"))));
  return store;
}

/** Files in a folder, spread over 4096 others so that none of them grows without end. */
export class DiskStore implements MediaStore {
  readonly #folder: string;

  constructor(folder: string) {
    this.#folder = folder;
  }

  async put(name: string, content: Buffer | { path: string }): Promise<void> {
    const file = this.#file(name);
    await mkdir(dirname(file), { recursive: true });
    // Written beside and renamed, so that nobody reads half of it.
    const draft = `${file}.${randomToken(6)}`;
    try {
      if (Buffer.isBuffer(content)) await writeFile(draft, content, { mode: 0o600 });
      else await moved(content.path, draft);
      await rename(draft, file);
    } catch (error) {
      await rm(draft, { force: true });
      throw error;
    }
  }

  async open(name: string): Promise<StoredFile | undefined> {
    const mediaType = TYPES[NAME.exec(name)?.[1] ?? ""];
    if (mediaType === undefined) return undefined;
    const file = this.#file(name);
    const info = await stat(file).catch((error: unknown) => {
      if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
      throw error;
    });
    if (info?.isFile() !== true) return undefined;
    return { size: info.size, mediaType, read: (range) => createReadStream(file, range ?? {}) };
  }

  async remove(name: string): Promise<void> {
    await rm(this.#file(name), { force: true });
  }

  #file(name: string): string {
    if (!NAME.test(name)) throw new Error("a stored file has a name that newName() made");
    return join(this.#folder, name.slice(0, 2), name);
  }
}

async function moved(from: string, to: string): Promise<void> {
  try {
    await rename(from, to);
  } catch (error) {
    // The folder of uploads may be on another disk.
    if ((error as NodeJS.ErrnoException).code !== "EXDEV") throw error;
    await copyFile(from, to);
    await rm(from, { force: true });
  }
}
