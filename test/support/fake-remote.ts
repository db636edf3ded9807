import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { setTimeout as pause } from "node:timers/promises";
import { keyPairFor, type KeyPair } from "./remote-keys.ts";
import { post, signedHeaders, type Answer, type Spoil } from "./signed-post.ts";

type Json = Record<string, unknown>;

/** What an inbox answers; `delay` in milliseconds. */
export interface InboxAnswer {
  status: number;
  delay?: number;
  retryAfter?: string;
  body?: string;
}

/** A request that reached the fake remote. */
export interface Received {
  method: string;
  path: string;
  headers: IncomingMessage["headers"];
  raw: Buffer;
  /** The body as JSON; undefined where it is none. */
  json: Json | undefined;
  at: Date;
}

/** What a path answers; a function decides a request at a time. */
export interface Served {
  status?: number;
  body?: unknown;
  contentType?: string;
  headers?: Record<string, string>;
  delay?: number;
}
export type Route = Served | ((request: Received) => Served | Promise<Served>);

export interface SendOptions extends Spoil {
  /** Origin really called, where the inbox URL names a site that stands elsewhere for the test. */
  connectTo?: string;
}

const ACTIVITY = "application/activity+json; charset=utf-8";

/** Somebody who lives on a fake remote: a whole actor with key, WebFinger, inbox and outbox. */
export class Character {
  readonly remote: FakeRemote;
  readonly name: string;
  readonly uri: string;
  readonly inbox: string;
  keyId: string;
  keys: KeyPair;
  /** The actor document as served; change it to lie. */
  document: Json;
  /** What `/.well-known/webfinger` answers for the handle; change it to lie. */
  jrd: Json;
  /** What came to this character's own inbox. */
  readonly received: Received[] = [];
  /** What the inbox answers: one for all, or a function of the request and how many came before it. */
  answer: InboxAnswer | ((request: Received, before: number) => InboxAnswer) = { status: 202 };
  readonly #keyName: string;
  #generation = 0;
  #count = 0;

  constructor(remote: FakeRemote, name: string, type: string, keyName: string) {
    this.remote = remote;
    this.name = name;
    this.uri = `${remote.origin}/users/${name}`;
    this.inbox = `${this.uri}/inbox`;
    this.keyId = `${this.uri}#main-key`;
    this.#keyName = `${remote.address}/${keyName}`;
    this.keys = keyPairFor(`${this.#keyName}/0`);
    this.document = this.#compose(type);
    this.jrd = {
      subject: `acct:${this.handle}`,
      aliases: [this.uri, `${remote.origin}/@${name}`],
      links: [
        {
          rel: "http://webfinger.net/rel/profile-page",
          type: "text/html",
          href: `${remote.origin}/@${name}`,
        },
        { rel: "self", type: "application/activity+json", href: this.uri },
      ],
    };
    remote.serve(`/users/${name}`, () => ({ body: this.document }));
  }

  /** `name@host[:port]`. */
  get handle(): string {
    return `${this.name}@${this.remote.host}`;
  }

  #compose(type: string): Json {
    const { origin } = this.remote;
    return {
      "@context": ["https://www.w3.org/ns/activitystreams", "https://w3id.org/security/v1"],
      id: this.uri,
      type,
      preferredUsername: this.name,
      name: this.name.charAt(0).toUpperCase() + this.name.slice(1),
      summary: `<p>${this.name} of the fake remote.</p>`,
      url: `${origin}/@${this.name}`,
      inbox: this.inbox,
      outbox: `${this.uri}/outbox`,
      followers: `${this.uri}/followers`,
      following: `${this.uri}/following`,
      endpoints: { sharedInbox: this.remote.sharedInbox },
      manuallyApprovesFollowers: false,
      discoverable: true,
      published: "2024-05-01T00:00:00Z",
      publicKey: { id: this.keyId, owner: this.uri, publicKeyPem: this.keys.publicPem },
    };
  }

  /** A new key under the same id (or another), in the actor document from now on. */
  rotateKey(keyId: string = this.keyId): void {
    this.#generation += 1;
    this.keyId = keyId;
    this.keys = keyPairFor(`${this.#keyName}/${this.#generation}`);
    this.document = {
      ...this.document,
      publicKey: { id: keyId, owner: this.uri, publicKeyPem: this.keys.publicPem },
    };
  }

  /** The account is deleted: 410 from now on, WebFinger too. */
  disappear(): void {
    this.remote.serve(`/users/${this.name}`, { status: 410, body: { error: "Gone" } });
    this.remote.forget(this.name);
  }

  /** An activity of this character, addressed to the public, with an id never used before. */
  activity(type: string, object: unknown, more: Json = {}): Json {
    this.#count += 1;
    return {
      "@context": "https://www.w3.org/ns/activitystreams",
      id: `${this.uri}/activities/${type.toLowerCase()}-${this.#count}`,
      type,
      actor: this.uri,
      object,
      to: ["https://www.w3.org/ns/activitystreams#Public"],
      cc: [`${this.uri}/followers`],
      published: new Date().toISOString(),
      ...more,
    };
  }

  /** A Note of this character, served under its id. */
  note(content: string, more: Json = {}): Json {
    this.#count += 1;
    const id = `${this.uri}/statuses/${this.#count}`;
    const note = {
      "@context": "https://www.w3.org/ns/activitystreams",
      id,
      type: "Note",
      attributedTo: this.uri,
      content: `<p>${content}</p>`,
      url: `${this.remote.origin}/@${this.name}/${this.#count}`,
      published: new Date().toISOString(),
      to: ["https://www.w3.org/ns/activitystreams#Public"],
      cc: [`${this.uri}/followers`],
      tag: [],
      attachment: [],
      ...more,
    };
    this.remote.serve(new URL(note.id).pathname, { body: note });
    return note;
  }
}

/**
 * Another server of the fediverse, for tests: real HTTP on a loopback address, with named characters. What it serves can
 * be changed at any time, so it can lie, break, and be slow.
 */
export class FakeRemote {
  /** The loopback address. */
  readonly address: string;
  readonly origin: string;
  /** `127.0.0.x:port`. */
  readonly host: string;
  /** Every request, in order of arrival. */
  readonly requests: Received[] = [];
  /** What came to the shared inbox. */
  readonly sharedReceived: Received[] = [];
  sharedAnswer: Character["answer"] = { status: 202 };
  readonly #server: Server;
  readonly #characters = new Map<string, Character>();
  readonly #routes = new Map<string, Route>();

  private constructor(server: Server, address: string, port: number) {
    this.#server = server;
    this.address = address;
    this.host = `${address}:${port}`;
    this.origin = `http://${this.host}`;
    server.on("request", (request, response) => {
      this.#handle(request, response).catch((error: unknown) => response.destroy(error as Error));
    });
  }

  static async start(address: string, port: number): Promise<FakeRemote> {
    const server = createServer();
    await new Promise<void>((resolve, reject) => {
      server.once("error", reject);
      server.listen(port, address, resolve);
    });
    const bound = server.address();
    if (bound === null || typeof bound === "string") throw new Error("no port");
    return new FakeRemote(server, address, bound.port);
  }

  get sharedInbox(): string {
    return `${this.origin}/inbox`;
  }

  /**
   * The character of that name, made at the first mention. Characters of one `keyName` have the same keys, which saves
   * making new ones where a test wants a new person and does not care.
   */
  character(name: string, type = "Person", keyName = name): Character {
    let character = this.#characters.get(name);
    if (character === undefined) {
      character = new Character(this, name, type, keyName);
      this.#characters.set(name, character);
    }
    return character;
  }

  /** Answers `path` (with its query, or without for all queries) so from now on. An object as body is sent as JSON. */
  serve(path: string, route: Route): string {
    this.#routes.set(path, route);
    return this.origin + path;
  }

  /** Answers `path` as if it had never been changed. */
  restore(path: string): void {
    this.#routes.delete(path);
  }

  redirect(path: string, to: string, status = 302): string {
    return this.serve(path, { status, headers: { location: to } });
  }

  /** The character's WebFinger and inbox are gone. */
  forget(name: string): void {
    this.#characters.delete(name);
  }

  /** How many requests came to `path` (without query). */
  count(path: string, method = "GET"): number {
    return this.requests.filter((request) => request.method === method && request.path.split("?")[0] === path)
      .length;
  }

  /** Signs as `character` and posts to `inboxUrl`; `spoil` breaks what it names. */
  send(character: Character, inboxUrl: string, activity: unknown, spoil: SendOptions = {}): Promise<Answer> {
    const url = new URL(inboxUrl);
    const body = Buffer.isBuffer(activity)
      ? activity
      : Buffer.from(typeof activity === "string" ? activity : JSON.stringify(activity));
    const key = { keyId: character.keyId, privatePem: character.keys.privatePem };
    const headers = { ...signedHeaders(url, body, key, spoil), ...spoil.headers };
    const sent = spoil.bodyAfterSigning === undefined ? body : Buffer.from(spoil.bodyAfterSigning as string);
    return post(url, sent, headers, spoil.connectTo);
  }

  async close(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise<void>((resolve) => this.#server.close(() => resolve()));
  }

  async #handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const raw = Buffer.concat(chunks);
    const received: Received = {
      method: request.method ?? "GET",
      path: request.url ?? "/",
      headers: request.headers,
      raw,
      json: parse(raw),
      at: new Date(),
    };
    this.requests.push(received);
    const served = received.method === "POST" ? this.#inbox(received) : await this.#document(received);
    if (served.delay !== undefined) await pause(served.delay, undefined, { ref: false });
    const { body } = served;
    response.writeHead(served.status ?? 200, {
      ...(body === undefined ? {} : { "content-type": served.contentType ?? ACTIVITY }),
      ...served.headers,
    });
    response.end(
      typeof body === "string" || Buffer.isBuffer(body) || body === undefined ? body : JSON.stringify(body),
    );
  }

  #inbox(request: Received): Served {
    const path = request.path.split("?")[0];
    const route = this.#routes.get(`POST ${path}`);
    if (route !== undefined && typeof route !== "function") return route;
    const character = [...this.#characters.values()].find((one) => new URL(one.inbox).pathname === path);
    const list = path === "/inbox" ? this.sharedReceived : character?.received;
    if (list === undefined) return { status: 404, body: { error: "no such inbox" } };
    const answer = path === "/inbox" ? this.sharedAnswer : (character as Character).answer;
    const { status, delay, retryAfter, body } =
      typeof answer === "function" ? answer(request, list.length) : answer;
    list.push(request);
    return {
      status,
      ...(delay === undefined ? {} : { delay }),
      ...(retryAfter === undefined ? {} : { headers: { "retry-after": retryAfter } }),
      ...(body === undefined ? {} : { body, contentType: "text/plain" }),
    };
  }

  async #document(request: Received): Promise<Served> {
    const url = new URL(request.path, this.origin);
    const route = this.#routes.get(request.path) ?? this.#routes.get(url.pathname);
    if (route !== undefined) return typeof route === "function" ? route(request) : route;
    if (url.pathname === "/.well-known/webfinger")
      return this.#webfinger(url.searchParams.get("resource") ?? "");
    if (url.pathname.endsWith("/outbox")) {
      const body = {
        "@context": "https://www.w3.org/ns/activitystreams",
        id: url.href,
        type: "OrderedCollection",
      };
      return { body: { ...body, totalItems: 0 } };
    }
    return { status: 404, body: { error: "not found" } };
  }

  #webfinger(resource: string): Served {
    const wanted = resource.toLowerCase();
    for (const character of this.#characters.values()) {
      const names = [`acct:${character.handle}`, character.uri, `${this.origin}/@${character.name}`];
      if (names.some((name) => name.toLowerCase() === wanted)) {
        return { body: character.jrd, contentType: "application/jrd+json" };
      }
    }
    return { status: 404, body: { error: "not found" } };
  }
}

function parse(raw: Buffer): Json | undefined {
  try {
    return JSON.parse(raw.toString()) as Json;
  } catch {
    return undefined;
  }
}

/** Starts a fake remote. `host` is a loopback address: another one is another server to everybody who groups by host. */
export function startRemote(options: { host?: string; port?: number } = {}): Promise<FakeRemote> {
  return FakeRemote.start(options.host ?? "127.0.0.1", options.port ?? 0);
}
