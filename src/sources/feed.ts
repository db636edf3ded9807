import { readFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import type { PostSource } from "../options.ts";
import type { SourceStateRow } from "../database/rows.ts";
import type { Site } from "../site.ts";
import { MINUTE } from "../support/clock.ts";
import { InvalidInput, OptionsError, reasonOf } from "../support/errors.ts";
import { LIMITS } from "../support/limits.ts";
import { withLease } from "./lease.ts";
import { offer } from "./offer.ts";

export interface FeedOptions {
  /** Username of the account that the posts belong to. Left out: authors named in the feed that are accounts here, else the site's `author`. */
  author?: string;
}

const ACCEPT =
  "application/atom+xml, application/rss+xml, application/feed+json, application/xml;q=0.9, application/json;q=0.8, */*;q=0.1";

/**
 * The posts of a feed: RSS, Atom or JSON Feed, asked for at each tick of `feeds.poll`, conditionally. What falls off the
 * feed's end stays published; what changes in it is updated.
 * @param address an http(s) URL, or the path (or file: URL) of a feed on this machine.
 * @throws {OptionsError} for an address that is neither.
 */
export function feed(address: string, options: FeedOptions = {}): PostSource {
  if (typeof address !== "string" || address.trim() === "")
    throw new OptionsError(
      'feed(): give the URL or the path of a feed, such as feed("https://blog.example/feed.xml")',
    );
  return new FeedSource(address, options);
}

class FeedSource implements PostSource {
  readonly name: string;
  readonly #options: FeedOptions;
  #site: Site | undefined;
  #reading: Promise<void> = Promise.resolve();
  #stopping = new AbortController();

  constructor(address: string, options: FeedOptions) {
    this.name = address;
    this.#options = options;
  }

  async start(site: Site): Promise<void> {
    this.#site = site;
    this.#stopping = new AbortController();
    // Not waited for: a feed that is slow or down must not hold the site's start.
    void this.poll();
    return Promise.resolve();
  }

  /** Reads the feed once, after any reading under way. Trouble is logged and remembered, never thrown. */
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
        { feed: this.name, reason: reasonOf(error) },
        "the feed could not be read; trying again at the next poll",
      );
      await this.#remember(site, { lastError: reasonOf(error) }, 1).catch(() => undefined);
    }
  }

  async stop(): Promise<void> {
    this.#site = undefined;
    this.#stopping.abort();
    await this.#reading;
  }

  async #read(site: Site, stopping: AbortSignal): Promise<void> {
    const state = await site.models.sources.findById(this.name).lean<SourceStateRow | null>();
    const found = await this.#fetch(site, state, stopping);
    if (!found) return this.#remember(site, {}, 0);
    // With its libraries; a feed that is answered by "not modified" does without.
    const { parseFeed } = await import("./feed-parse.ts");
    const parsed = parseFeed(found.bytes, { contentType: found.contentType, url: found.url });
    for (const problem of parsed.problems)
      site.logger.warn({ feed: this.name, problem }, "something in the feed was not taken");
    const { author } = this.#options;
    const posts =
      author === undefined ? parsed.posts : parsed.posts.map((post) => ({ ...post, authors: [author] }));
    const { refused, waiting } = await offer(site, this.name, posts, stopping);
    // A post that was refused, or lies ahead, is worth another look: the feed is not marked as read.
    await this.#remember(site, refused + waiting > 0 ? {} : found.validators, 0);
  }

  async #fetch(site: Site, state: SourceStateRow | null, stopping: AbortSignal) {
    if (!/^https?:\/\//i.test(this.name)) return this.#open(site);
    const answer = await site.network.get(this.name, {
      accept: ACCEPT,
      maxBytes: LIMITS.feedBytes,
      signal: stopping,
      headers: {
        ...(state?.etag === undefined ? {} : { "if-none-match": state.etag }),
        ...(state?.lastModified === undefined ? {} : { "if-modified-since": state.lastModified }),
      },
    });
    if (answer.status === 304) return undefined;
    if (answer.status !== 200)
      throw new InvalidInput(
        `The feed ${this.name} answered ${answer.status}; a feed answers 200.`,
        "feed-status",
      );
    const { etag, "last-modified": lastModified } = answer.headers;
    return {
      bytes: answer.body,
      contentType: answer.contentType,
      url: answer.url,
      validators: {
        ...(etag === undefined ? {} : { etag }),
        ...(lastModified === undefined ? {} : { lastModified }),
      },
    };
  }

  async #open(site: Site) {
    const path = this.name.startsWith("file:") ? fileURLToPath(this.name) : this.name;
    try {
      return {
        bytes: await readFile(path),
        contentType: undefined,
        url: `${site.urls.origin}/`,
        validators: {},
      };
    } catch (error) {
      throw new InvalidInput(
        `The feed ${path} cannot be read. Is the path right, and is the file there?`,
        "feed-file",
        422,
        error,
      );
    }
  }

  async #remember(site: Site, fields: Partial<SourceStateRow>, failed: 0 | 1): Promise<void> {
    await site.models.sources.updateOne(
      { _id: this.name },
      failed === 1
        ? { $set: { ...fields, polledAt: site.clock.now() }, $inc: { failures: 1 } }
        : { $set: { ...fields, polledAt: site.clock.now(), failures: 0 }, $unset: { lastError: 1 } },
      { upsert: true },
    );
  }
}
