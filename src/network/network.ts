import { digestHeader } from "../signatures/digest.ts";
import { signCavage, type CavageRequest } from "../signatures/cavage.ts";
import { systemClock, type Clock } from "../support/clock.ts";
import { LIMITS } from "../support/limits.ts";
import { guardedConnector } from "./connector.ts";
import { ACCEPT_ENCODING, decode } from "./decode.ts";
import { NetworkError, type NetworkErrorCode } from "./errors.ts";
import { exchange, type Answer, type AnswerHeaders } from "./exchange.ts";
import { Pools } from "./pools.ts";
import { anywhere, publicInternet, target, type Reach } from "./reach.ts";
import { internetLookup, systemLookup, type Lookup } from "./resolver.ts";

export { NetworkError, type NetworkErrorCode };

export interface NetworkOptions {
  /** Says who we are and where to read about us; some servers refuse requests without a URL in it. */
  userAgent: string;
  /** Permits http, any port and private addresses: development and tests. Default false. */
  allowPrivateNetwork?: boolean;
  /** Where the Date of a signature comes from. Default the machine's clock. */
  clock?: Clock;
  /** Connections to one server at the same time. Default 6. */
  connections?: number;
  /** Resolves names. Default the name server, and with `allowPrivateNetwork` the system; tests put their own here. */
  lookup?: Lookup;
  /** Where requests may go, in place of what `allowPrivateNetwork` chooses; tests open a single address by it. */
  reach?: Reach;
  /** A certificate authority in place of the system's, as PEM; tests speak https by it. */
  ca?: string;
}

/** Who signs a request. */
export interface Signer {
  /** The `publicKey.id` of an actor document that the other server can fetch. */
  keyId: string;
  privateKeyPem: string;
}

export interface GetOptions {
  /** The Accept header. Default `*\/*`. */
  accept?: string;
  /** Left out: the request is not signed. */
  signer?: Signer;
  /** Bytes of the body, after decompression; more is an error. Default 1 MiB. */
  maxBytes?: number;
  /** Milliseconds for all of it, redirects included. Default 10,000. */
  timeout?: number;
  /** More headers; left out when a redirect leads to another origin. */
  headers?: Record<string, string>;
  /** Redirects to follow. Default 3. */
  redirects?: number;
  /** Redirects to another host are an error: an actor's document comes from the actor's host. Default false. */
  sameHostRedirects?: boolean;
  signal?: AbortSignal;
}

export interface PostOptions {
  body: Buffer | string;
  contentType: string;
  signer?: Signer;
  /** The Digest header, where the caller has it already: one body goes to many inboxes. Default computed. */
  digest?: string;
  headers?: Record<string, string>;
  /** Milliseconds. Default 10,000. */
  timeout?: number;
  signal?: AbortSignal;
}

/** The answer to a GET, whatever its status. */
export interface Fetched {
  status: number;
  /** Where it came from in the end. */
  url: string;
  /** Names in lower case, repeated ones joined by a comma. */
  headers: Record<string, string>;
  /** Decompressed. Of a status that is no success, at most 64 KiB or nothing. */
  body: Buffer;
  /** The Content-Type header as sent, or empty. */
  contentType: string;
}

/** The answer to a POST. */
export interface Posted {
  status: number;
  headers: Record<string, string>;
  /** The first KiB of the body. */
  text: string;
}

/**
 * The one door to other servers. Both reject with {@link NetworkError}; every HTTP status is an answer.
 */
export interface Network {
  get(url: string, options?: GetOptions): Promise<Fetched>;
  /** Follows no redirect: a signature is for one inbox. */
  post(url: string, options: PostOptions): Promise<Posted>;
  /** Finishes what is under way; what is asked for later is refused. */
  close(): Promise<void>;
}

/** Bytes read of an answer that is no success. */
const ERROR_BYTES = 64 * 1024;
const POST_BYTES = 1024;
const REDIRECTS = new Set([301, 302, 303, 307, 308]);

export function createNetwork(options: NetworkOptions): Network {
  const reach = options.reach ?? (options.allowPrivateNetwork === true ? anywhere : publicInternet);
  return new GuardedNetwork(options, reach);
}

class GuardedNetwork implements Network {
  readonly #userAgent: string;
  readonly #clock: Clock;
  readonly #reach: Reach;
  readonly #pools: Pools;
  #closed = false;

  constructor(options: NetworkOptions, reach: Reach) {
    this.#userAgent = options.userAgent;
    this.#clock = options.clock ?? systemClock;
    this.#reach = reach;
    const lookup = options.lookup ?? (reach.anyScheme ? systemLookup : internetLookup());
    this.#pools = new Pools(guardedConnector(reach, lookup, options.ca), options.connections ?? 6);
  }

  async get(text: string, options: GetOptions = {}): Promise<Fetched> {
    const end = performance.now() + (options.timeout ?? LIMITS.requestTimeout);
    let url = target(text, this.#reach);
    let headers = options.headers;
    for (let hops = 0; ; hops += 1) {
      let answer = await this.#ask(url, headers, options, end, false);
      // GoToSocial may have signed for the path alone in mind: it tells so by 401 only.
      if (answer.status === 401 && options.signer !== undefined && url.search !== "") {
        answer = await this.#ask(url, headers, options, end, true);
      }
      const location = REDIRECTS.has(answer.status) ? joined(answer.headers.location) : undefined;
      if (location === undefined) return this.#fetched(url, answer, options);
      if (hops >= (options.redirects ?? LIMITS.redirects))
        throw new NetworkError("too-many-redirects", url.host);
      const next = this.#follow(url, location, options);
      if (next.origin !== url.origin) headers = undefined;
      url = next;
    }
  }

  async post(text: string, options: PostOptions): Promise<Posted> {
    const end = performance.now() + (options.timeout ?? LIMITS.requestTimeout);
    const url = target(text, this.#reach);
    const body = typeof options.body === "string" ? Buffer.from(options.body) : options.body;
    const { contentType } = options;
    const list = ["user-agent", this.#userAgent];
    if (options.signer === undefined) list.push("content-type", contentType);
    else {
      const digest = options.digest ?? digestHeader(body);
      await this.#sign(list, { method: "POST", url, digest, contentType, ...options.signer });
    }
    append(list, options.headers);
    const answer = await this.#exchange(url, "POST", list, body, end, options.signal, () => ({
      bytes: POST_BYTES,
      beyond: "ignore",
    }));
    return { status: answer.status, headers: flat(answer.headers), text: answer.body.toString("utf8") };
  }

  async close(): Promise<void> {
    this.#closed = true;
    await this.#pools.close();
  }

  async #ask(
    url: URL,
    headers: Record<string, string> | undefined,
    options: GetOptions,
    end: number,
    withoutQuery: boolean,
  ): Promise<Answer> {
    const list = [
      "user-agent",
      this.#userAgent,
      "accept",
      options.accept ?? "*/*",
      "accept-encoding",
      ACCEPT_ENCODING,
    ];
    if (options.signer !== undefined) {
      await this.#sign(list, { method: "GET", url, withoutQuery, ...options.signer });
    }
    append(list, headers);
    const bytes = options.maxBytes ?? LIMITS.documentBytes;
    return this.#exchange(url, "GET", list, undefined, end, options.signal, ({ status }) =>
      status >= 200 && status < 300 ? { bytes, beyond: "refuse" } : { bytes: ERROR_BYTES, beyond: "ignore" },
    );
  }

  #exchange(
    url: URL,
    method: "GET" | "POST",
    headers: string[],
    body: Buffer | undefined,
    end: number,
    signal: AbortSignal | undefined,
    keep: Parameters<typeof exchange>[1]["keep"],
  ): Promise<Answer> {
    if (this.#closed) throw new NetworkError("closed", url.host);
    return exchange(this.#pools.get(url.origin), {
      origin: url.origin,
      host: url.host,
      path: url.pathname + url.search,
      method,
      headers,
      ...(body === undefined ? {} : { body }),
      timeout: Math.max(1, end - performance.now()),
      signal,
      keep,
    });
  }

  async #sign(list: string[], request: Omit<CavageRequest, "date">): Promise<void> {
    append(list, await signCavage({ ...request, date: this.#clock.now() }));
  }

  #follow(from: URL, location: string, options: GetOptions): URL {
    if (!URL.canParse(location, from.href)) throw new NetworkError("bad-redirect", from.host);
    const next = target(new URL(location, from).href, this.#reach);
    if (from.protocol === "https:" && next.protocol !== "https:")
      throw new NetworkError("bad-redirect", from.host);
    if (options.sameHostRedirects === true && next.host !== from.host) {
      throw new NetworkError("bad-redirect", from.host);
    }
    return next;
  }

  async #fetched(url: URL, answer: Answer, options: GetOptions): Promise<Fetched> {
    const encoding = joined(answer.headers["content-encoding"]) ?? "";
    const success = answer.status >= 200 && answer.status < 300;
    let body = answer.body;
    if (success) body = await decode(body, encoding, options.maxBytes ?? LIMITS.documentBytes, url.host);
    else if (!answer.complete) body = Buffer.alloc(0);
    else {
      // The status is the answer; a page of error that cannot be read is no second error.
      body = await decode(body, encoding, ERROR_BYTES, url.host).catch(() => Buffer.alloc(0));
    }
    return {
      status: answer.status,
      url: url.href,
      headers: flat(answer.headers),
      body,
      contentType: joined(answer.headers["content-type"]) ?? "",
    };
  }
}

function append(list: string[], headers: Record<string, string> | undefined): void {
  for (const name in headers) list.push(name, headers[name] as string);
}

function joined(value: string | string[] | undefined): string | undefined {
  return typeof value === "object" ? value.join(", ") : value;
}

function flat(headers: AnswerHeaders): Record<string, string> {
  const result: Record<string, string> = {};
  for (const name in headers) {
    const value = joined(headers[name]);
    if (value !== undefined) result[name] = value;
  }
  return result;
}
