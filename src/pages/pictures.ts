import { createHash } from "node:crypto";
import { join } from "node:path";
import { Router, type Response } from "express";
import { LRUCache } from "lru-cache";
import { unproxied } from "../domain/media.ts";
import { NetworkError } from "../network/network.ts";
import { isBlockedHost } from "../remote/hosts.ts";
import type { Site } from "../site.ts";
import { MINUTE, SECOND } from "../support/clock.ts";
import { NotFound, reasonOf } from "../support/errors.ts";
import { hostOf } from "../support/urls.ts";
import { Semaphore } from "../support/semaphore.ts";
import { PictureCache } from "./picture-cache.ts";
import { pictureType } from "./picture-types.ts";

/** Bytes of one picture. Mastodon makes avatars of at most 2 MB. */
const PICTURE_BYTES = 5 * 1024 * 1024;
/** Bytes of all kept ones. */
export const CACHE_BYTES = 200 * 1024 * 1024;
const FETCH_TIMEOUT = 10 * SECOND;
/** How long a picture that could not be had is not asked for again. */
const MISS_TIME = 10 * MINUTE;
const MISSES = 5000;
/** Pictures fetched at once: a page of new comments must not become a hundred connections and half a gigabyte. */
const AT_ONCE = 8;

interface Picture {
  content: Buffer;
  type: string;
  key: string;
}

/**
 * `/fediverse/media/<signature>/<url>`: a picture of another server, fetched once and kept. A visitor's address never
 * reaches that server, and nothing that is no picture is ever passed on.
 */
export function pictureRoutes(site: Site, cacheBytes = CACHE_BYTES): Router {
  const pictures = new Pictures(site, cacheBytes);
  const router = Router();
  router.get("/fediverse/media/:signature/:url", async (request, response) => {
    const url = unproxied(site, request.params.signature, request.params.url);
    if (url === undefined) throw new NotFound();
    const picture = await pictures.of(url);
    if (picture === undefined) {
      response.set("Cache-Control", "public, max-age=600");
      harmless(response);
      response.status(404).type("text/plain").send("This picture cannot be had from its server now.\n");
      return;
    }
    harmless(response);
    response.set({
      "Content-Type": picture.type,
      "Cache-Control": "public, max-age=604800, immutable",
      // Comments stand in pages of other sites as well, and some of those ask for this.
      "Cross-Origin-Resource-Policy": "cross-origin",
      ETag: `"${picture.key.slice(0, 16)}"`,
    });
    if (request.fresh) response.status(304).end();
    else response.send(picture.content);
  });
  return router;
}

function harmless(response: Response): void {
  response.set({
    "X-Content-Type-Options": "nosniff",
    "Content-Security-Policy": "default-src 'none'; sandbox",
  });
}

class Pictures {
  readonly #site: Site;
  readonly #cache: PictureCache;
  readonly #missedAt = new LRUCache<string, number>({ max: MISSES });
  readonly #underWay = new Map<string, Promise<Picture | undefined>>();
  readonly #slots = new Semaphore(AT_ONCE);

  constructor(site: Site, cacheBytes: number) {
    this.#site = site;
    this.#cache = new PictureCache(join(site.options.dataDir, "pictures"), cacheBytes);
  }

  /** The picture at `url`, from the disk or its server; `undefined` where it is none or cannot be had. */
  async of(url: string): Promise<Picture | undefined> {
    const key = createHash("sha256").update(url).digest("hex");
    const kept = await this.#kept(key);
    if (kept !== undefined) return kept;
    // However many ask for it at once, it is fetched once.
    const running = this.#underWay.get(key);
    if (running !== undefined) return running;
    const missedAt = this.#missedAt.get(key);
    if (missedAt !== undefined && this.#site.clock.now().getTime() - missedAt < MISS_TIME) return undefined;
    const fetching = this.#slots.run(() => this.#fetched(key, url)).finally(() => this.#underWay.delete(key));
    this.#underWay.set(key, fetching);
    return fetching;
  }

  async #kept(key: string): Promise<Picture | undefined> {
    try {
      const content = await this.#cache.get(key, this.#site.clock.now());
      const type = content === undefined ? undefined : pictureType(content);
      return content === undefined || type === undefined ? undefined : { content, type, key };
    } catch (error) {
      this.#site.logger.warn({ error: reasonOf(error) }, "a kept picture could not be read");
      return undefined;
    }
  }

  async #fetched(key: string, url: string): Promise<Picture | undefined> {
    const content = await this.#download(url);
    const type = content === undefined ? undefined : pictureType(content);
    if (content === undefined || type === undefined) {
      this.#missedAt.set(key, this.#site.clock.now().getTime());
      return undefined;
    }
    try {
      await this.#cache.put(key, content, this.#site.clock.now());
    } catch (error) {
      // A full disk costs the cache, not the picture.
      this.#site.logger.warn({ error: reasonOf(error) }, "a picture could not be kept");
    }
    return { content, type, key };
  }

  async #download(url: string): Promise<Buffer | undefined> {
    if (isBlockedHost(this.#site, hostOf(url) ?? "")) return undefined;
    try {
      const answer = await this.#site.network.get(url, {
        accept: "image/avif,image/webp,image/png,image/jpeg,image/gif",
        maxBytes: PICTURE_BYTES,
        timeout: FETCH_TIMEOUT,
      });
      if (answer.status === 200) return answer.body;
      this.#site.logger.debug({ url, status: answer.status }, "a picture was refused");
    } catch (error) {
      if (!(error instanceof NetworkError)) throw error;
      this.#site.logger.debug({ url, error: error.message }, "a picture could not be fetched");
    }
    return undefined;
  }
}
