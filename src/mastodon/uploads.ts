import { mkdir, readdir, rm, stat } from "node:fs/promises";
import { join } from "node:path";
import type { Request, Response } from "express";
import type multer from "multer";
import type { Site } from "../site.ts";
import { HOUR } from "../support/clock.ts";
import { randomToken } from "../support/ids.ts";
import { bagOf } from "./body.ts";
import { onDemand } from "../support/on-demand.ts";
import { ApiError, unprocessable } from "./errors.ts";
import { emptyBag, type Bag } from "./nesting.ts";

/** Needed when the first app sends a form with a file. */
const library = onDemand<typeof multer>("multer");

/** Bytes of one file; told to apps as `video_size_limit`, pictures have a lower one of their own. */
export const UPLOAD_BYTES = 40 * 1024 * 1024;
const FILES = 4;

/** A file that came with a request, on disk under a name of ours. It goes with the answer unless it is moved. */
export interface UploadedFile {
  /** Name of the form's field. */
  field: string;
  path: string;
  /** As the sender calls it: nothing but text to show. */
  name: string;
  /** As the sender claims. */
  mediaType: string;
  /** Bytes. */
  size: number;
}

interface Readers {
  withFiles: ReturnType<multer.Multer["any"]>;
  withoutFiles: ReturnType<multer.Multer["any"]>;
}

/** Reads multipart bodies; files are streamed to `<dataDir>/tmp`, never held in memory. */
export class Uploads {
  readonly #folder: string;
  readonly #site: Site;
  #ready: Promise<void> | undefined;
  #readers: Readers | undefined;

  constructor(site: Site) {
    this.#site = site;
    this.#folder = join(site.options.dataDir, "tmp");
  }

  /** Made by the first body that needs them. */
  #makeReaders(): Readers {
    const multer = library();
    const storage = multer.diskStorage({
      destination: this.#folder,
      // The sender's name must never reach a path.
      filename: (_request, _file, done) => done(null, randomToken()),
    });
    const limits = {
      fieldNameSize: 200,
      fieldSize: 1024 * 1024,
      fields: 500,
      fieldNestingDepth: 8,
      fieldArrayIndexLimit: 1000,
      headerPairs: 100,
      fileSize: UPLOAD_BYTES,
    };
    return {
      withFiles: multer({ storage, limits: { ...limits, files: FILES, parts: 500 + FILES } }).any(),
      withoutFiles: multer({ storage, limits: { ...limits, files: 0, parts: 500 } }).any(),
    };
  }

  /**
   * @param files whether this method takes any.
   * @throws {ApiError} 413 or 422 for what is too large or too many, 400 for what is no multipart.
   */
  async read(
    request: Request,
    response: Response,
    files: boolean,
  ): Promise<{ bag: Bag; files: UploadedFile[] }> {
    // Cleared for a second try: the disk may have been full.
    await (this.#ready ??= this.#prepare().catch((error: unknown) => {
      this.#ready = undefined;
      throw error;
    }));
    const { withFiles, withoutFiles } = (this.#readers ??= this.#makeReaders());
    const read = files ? withFiles : withoutFiles;
    await new Promise<void>((resolve, reject) => {
      void read(request, response, (error?: unknown) => (error ? reject(refusal(error)) : resolve()));
    });
    const parsed = (request as { body?: unknown }).body;
    const stored = (request.files ?? []) as Express.Multer.File[];
    return {
      bag: typeof parsed === "object" && parsed !== null ? bagOf(parsed) : emptyBag(),
      files: stored.map((file) => ({
        field: file.fieldname,
        path: file.path,
        name: file.originalname,
        mediaType: file.mimetype,
        size: file.size,
      })),
    };
  }

  /** Removes what nobody has moved away. */
  async clear(files: readonly UploadedFile[]): Promise<void> {
    await Promise.all(files.map((file) => rm(file.path, { force: true })));
  }

  /** Makes the folder, and removes what a process left there that ended in the middle. */
  async #prepare(): Promise<void> {
    await mkdir(this.#folder, { recursive: true });
    const before = Date.now() - HOUR;
    for (const name of await readdir(this.#folder)) {
      const path = join(this.#folder, name);
      const info = await stat(path).catch(() => undefined);
      if (info?.isFile() === true && info.mtimeMs < before) {
        await rm(path, { force: true });
        this.#site.logger.debug({ path }, "removed an upload that was never finished");
      }
    }
  }
}

function refusal(error: unknown): Error {
  if (error instanceof library().MulterError) {
    if (error.code === "LIMIT_FILE_SIZE")
      return unprocessable(`Validation failed: File size must be less than ${UPLOAD_BYTES / 1024 / 1024} MB`);
    if (error.code === "LIMIT_FILE_COUNT")
      return unprocessable("Validation failed: This takes no file, or fewer of them");
    return unprocessable(`Validation failed: ${error.message}`);
  }
  // A full disk and the like are ours to answer for; the rest is a body that ends early or has no boundary.
  if (error instanceof Error && "syscall" in error) return error;
  return new ApiError(400, "The multipart body cannot be read");
}
