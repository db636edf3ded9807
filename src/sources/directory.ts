import { readdir, readFile, stat } from "node:fs/promises";
import { basename, extname, join, relative, resolve, sep } from "node:path";
import type { FSWatcher } from "chokidar";
import type { PostRow } from "../database/rows.ts";
import { removePost } from "../domain/posts.ts";
import type { PostSource } from "../options.ts";
import type { Site } from "../site.ts";
import { MINUTE } from "../support/clock.ts";
import { InvalidInput, OptionsError, reasonOf } from "../support/errors.ts";
import { readDate } from "./dates.ts";
import { withLease } from "./lease.ts";
import { offer } from "./offer.ts";
import type { SourcePost } from "./source-post.ts";

export interface DirectoryOptions {
  /**
   * Where a post stands, from its slug (file name without a leading date and without ending, or `slug` of the front
   * matter). Default `<origin>/posts/<slug>`. A `url` in the front matter wins.
   */
  url?: (slug: string, file: string) => string;
  /** Read changes as they are saved. Default true; else at each tick of `feeds.poll`. */
  watch?: boolean;
}

/** Milliseconds of quiet after a change before the folder is read: editors and deployments write in bursts. */
const QUIET = 200;
/** Bytes of one file; more is no post. */
const FILE_BYTES = 2 * 1024 * 1024;

/**
 * The posts of a folder of Markdown files with front matter, its subfolders included; not what has a name that begins with
 * `_` or `.`, or is in a folder of such a name (`_posts` excepted). A new file is published, a changed one updated, one that
 * is gone or has become a draft removed. Without a date in the front matter, one at the beginning of the file's name counts.
 * @throws {OptionsError} without a path.
 */
export function directory(path: string, options: DirectoryOptions = {}): PostSource {
  if (typeof path !== "string" || path === "")
    throw new OptionsError('directory(): give the path of a folder, such as directory("./posts")');
  return new DirectorySource(resolve(path), options);
}

class DirectorySource implements PostSource {
  readonly name: string;
  readonly #options: DirectoryOptions;
  #site: Site | undefined;
  #watcher: FSWatcher | undefined;
  #timer: NodeJS.Timeout | undefined;
  #reading: Promise<void> = Promise.resolve();
  #stopping = new AbortController();

  constructor(path: string, options: DirectoryOptions) {
    this.name = path;
    this.#options = options;
  }

  async start(site: Site): Promise<void> {
    this.#site = site;
    const { signal } = (this.#stopping = new AbortController());
    const found = await stat(this.name).catch(() => undefined);
    if (!found?.isDirectory()) {
      throw new InvalidInput(
        `directory(): ${this.name} is ${found ? "not a folder" : "not there"}. Give the folder with the Markdown files.`,
        "directory",
      );
    }
    // Watched first: what is saved while the folder is read is then seen, too.
    if (this.#options.watch !== false) await this.#watch(site, signal);
    await this.poll();
  }

  async #watch(site: Site, stopping: AbortSignal): Promise<void> {
    const { watch } = await import("chokidar");
    // Nobody would close it any more.
    if (stopping.aborted) return;
    const watcher = watch(this.name, {
      ignoreInitial: true,
      ignored: (path, stats) => stats?.isFile() === true && !isPost(path),
    });
    this.#watcher = watcher;
    watcher.on("all", () => {
      clearTimeout(this.#timer);
      this.#timer = setTimeout(() => void this.poll(), QUIET);
    });
    watcher.on("error", (error) =>
      site.logger.warn(
        { folder: this.name, reason: reasonOf(error) },
        "the folder cannot be watched; it is read at each poll",
      ),
    );
    await new Promise<void>((resolve) => {
      watcher.once("ready", resolve);
      // One that is closed before never becomes ready.
      stopping.addEventListener("abort", () => resolve());
    });
  }

  /** Reads the folder once, after any reading under way. Trouble is logged, never thrown. */
  async poll(): Promise<void> {
    this.#reading = this.#reading.then(() => this.#once());
    return this.#reading;
  }

  async #once(): Promise<void> {
    const site = this.#site;
    if (!site) return;
    const { signal } = this.#stopping;
    try {
      await withLease(site, `source ${this.name}`, 5 * MINUTE, () => this.#read(site, signal));
    } catch (error) {
      if (signal.aborted) return;
      site.logger.warn(
        { folder: this.name, reason: reasonOf(error) },
        "the folder could not be read; trying again at the next poll",
      );
    }
  }

  /** Does not wait for thousands of posts: the next start goes on where this one ends. */
  async stop(): Promise<void> {
    this.#site = undefined;
    this.#stopping.abort();
    clearTimeout(this.#timer);
    await this.#watcher?.close();
    await this.#reading;
  }

  async #read(site: Site, stopping: AbortSignal): Promise<void> {
    const files = (await readdir(this.name, { recursive: true, withFileTypes: true }))
      .filter((entry) => entry.isFile())
      .map((entry) => join(entry.parentPath, entry.name))
      .filter((file) => isPost(relative(this.name, file)));
    const posts: SourcePost[] = [];
    let unreadable = 0;
    for (const file of files) {
      stopping.throwIfAborted();
      try {
        posts.push(await this.#parse(site, file));
      } catch (error) {
        unreadable += 1;
        site.logger.warn({ file, reason: reasonOf(error) }, "a post file was not taken");
      }
    }
    const { keys } = await offer(site, this.name, posts, stopping);
    // A file that cannot be read now may be a post that is out there: nothing is removed until all can be.
    if (unreadable === 0) await this.#removeVanished(site, keys, files.length, stopping);
  }

  async #parse(site: Site, file: string): Promise<SourcePost> {
    const { size } = await stat(file);
    if (size > FILE_BYTES)
      throw new InvalidInput(`${file} has ${size} bytes; a post has at most ${FILE_BYTES}.`, "front-matter");
    const url =
      this.#options.url ?? ((slug: string) => `${site.urls.origin}/posts/${encodeURIComponent(slug)}`);
    const path = relative(this.name, file);
    // Brings the YAML parser, which no site without a folder needs.
    const { parsePostFile } = await import("./front-matter.ts");
    const post = parsePostFile(await readFile(file, "utf8"), { path, url: url(slugOf(path), path) });
    const published = post.published ?? dateOf(path);
    return published === undefined ? post : { ...post, published };
  }

  async #removeVanished(
    site: Site,
    keys: ReadonlySet<string>,
    files: number,
    stopping: AbortSignal,
  ): Promise<void> {
    const rows = await site.models.posts
      .find({ local: true, origin: this.name, deletedAt: { $exists: false } }, { key: 1, uri: 1 })
      .lean<PostRow[]>();
    const vanished = rows.filter((row) => row.key !== undefined && !keys.has(row.key));
    if (vanished.length > 0 && files === 0) {
      site.logger.warn(
        { folder: this.name, posts: vanished.length },
        "the folder is empty; nothing is removed, in case it is only not mounted",
      );
      return;
    }
    for (const row of vanished) {
      stopping.throwIfAborted();
      await removePost(site, row.uri);
    }
  }
}

/**
 * A Markdown file that is no draft, template or rubbish by its name or that of a folder around it: `_drafts` of Jekyll,
 * `_includes` of Eleventy, `.trash` of Obsidian. Jekyll's posts themselves are in `_posts`.
 */
function isPost(path: string): boolean {
  return (
    /\.(md|markdown)$/i.test(path) &&
    path.split(sep).every((part) => part === "_posts" || !/^(?:[._]|node_modules$)/.test(part))
  );
}

/** `2026-03-01-sourdough.md`: Jekyll wants the date there, and then none in the front matter. */
function dateOf(path: string): Date | undefined {
  return readDate(/^\d{4}-\d{2}-\d{2}(?=-)/.exec(basename(path))?.[0] ?? "");
}

/** `2026-03-01-sourdough.md` → `sourdough`; `bread/index.md` → `bread`. */
function slugOf(path: string): string {
  const parts = path.split(sep);
  const name = basename(path, extname(path));
  const own = name === "index" && parts.length > 1 ? (parts.at(-2) ?? name) : name;
  return own.replace(/^\d{4}-\d{2}-\d{2}-/, "");
}
