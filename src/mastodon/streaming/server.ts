import { STATUS_CODES, ServerResponse, type IncomingMessage } from "node:http";
import type { Socket } from "node:net";
import type { Duplex } from "node:stream";
import type { RateLimiterMemory } from "rate-limiter-flexible";
import type * as WebSockets from "ws";
import type { Site } from "../../site.ts";
import { FediverseError } from "../../support/errors.ts";
import { onDemand } from "../../support/on-demand.ts";
import { rateLimiter } from "../../support/rate-limiter.ts";
import { identify } from "../authenticate.ts";
import { ApiError, unauthorised, userNeeded } from "../errors.ts";
import { connectionsOf } from "./connections.ts";
import { serveSocket } from "./socket.ts";
import type { StreamViewer, StreamWish } from "./streams.ts";

/** Needed when the first app listens. */
const webSockets = onDemand<typeof WebSockets>("ws");

type OnUpgrade = (request: IncomingMessage, socket: Duplex, head: Buffer) => void;

/** The part of Node's HTTP and HTTPS servers that streams need. */
export interface UpgradingServer {
  on(event: "upgrade", listener: OnUpgrade): unknown;
  off(event: "upgrade", listener: OnUpgrade): unknown;
  listenerCount(event: "upgrade"): number;
  emit(event: "request", request: IncomingMessage, response: ServerResponse): boolean;
}

const PATH = /^\/api\/v1\/streaming\/*$/;
/** Bytes of one message of a client: a wish is a hundred. */
const MOST_BYTES = 4096;
/** How long a client has to say goodbye when the site closes. */
const GOODBYE = 500;
/** Tokens that are wrong, from one address in five minutes: behind a proxy all clients have one. */
const WRONG = { points: 1000, duration: 300 };

/** Streams by WebSocket, on HTTP servers of the host. */
export class StreamingServer {
  readonly #site: Site;
  readonly #isServing: () => Promise<boolean>;
  readonly #attached = new Map<UpgradingServer, OnUpgrade>();
  #wrong: RateLimiterMemory | undefined;
  #sockets: WebSockets.WebSocketServer | undefined;

  /** @param isServing whether the store can be asked; may wait a moment for a site that is just starting. */
  constructor(site: Site, isServing: () => Promise<boolean>) {
    this.#site = site;
    this.#isServing = isServing;
  }

  /** Serves upgrades to `/api/v1/streaming` of this server and leaves all others alone. Again: nothing more. */
  attach(server: UpgradingServer): void {
    if (this.#attached.has(server)) return;
    const listener: OnUpgrade = (request, socket, head) => {
      if (isForUs(request)) void this.#answer(request, socket, head);
      // Without us Node would have taken it for an ordinary request, which is what the sender of an h2c upgrade expects.
      else if (server.listenerCount("upgrade") === 1) handBack(server, request, socket as Socket);
    };
    server.on("upgrade", listener);
    this.#attached.set(server, listener);
    this.#site.faces.streamingUrl = this.#site.urls.origin.replace(/^http/, "ws");
  }

  /** Takes its hands off the servers and ends every stream of the site, by whatever way it goes. */
  async close(): Promise<void> {
    for (const [server, listener] of this.#attached) server.off("upgrade", listener);
    this.#attached.clear();
    delete this.#site.faces.streamingUrl;
    const open = [...(this.#sockets?.clients ?? [])];
    const gone = open.map((socket) => new Promise((resolve) => socket.once("close", resolve)));
    connectionsOf(this.#site).closeAll();
    const impatience = setTimeout(() => open.forEach((socket) => socket.terminate()), GOODBYE);
    await Promise.all(gone);
    clearTimeout(impatience);
    this.#sockets?.close();
  }

  async #answer(request: IncomingMessage, socket: Duplex, head: Buffer): Promise<void> {
    const lost = (): void => void socket.destroy();
    socket.on("error", lost);
    try {
      if (!(await this.#isServing())) throw new ApiError(503, "The site is starting; try again in a moment");
      const query = new URL(request.url ?? "/", this.#site.urls.origin).searchParams;
      const viewer = await this.#viewerOf(request, query);
      if (!connectionsOf(this.#site).hasRoomFor(viewer.token._id))
        throw new ApiError(429, "Too many streams are open");
      const sockets = (this.#sockets ??= newSocketServer());
      socket.off("error", lost);
      sockets.handleUpgrade(request, socket, head, (client) =>
        serveSocket(this.#site, client, viewer, wishIn(query)),
      );
    } catch (error) {
      refuse(socket, error);
    }
  }

  async #viewerOf(request: IncomingMessage, query: URLSearchParams): Promise<StreamViewer> {
    const secret = tokenIn(request, query);
    if (secret === undefined) throw unauthorised();
    const address = request.socket.remoteAddress ?? "";
    const wrong = (this.#wrong ??= new (rateLimiter().RateLimiterMemory)(WRONG));
    const before = await wrong.get(address);
    if (before !== null && before.consumedPoints >= WRONG.points)
      throw new ApiError(429, "Too many requests");
    try {
      const { account, token } = await identify(this.#site, secret);
      if (token === undefined) throw unauthorised();
      if (account === undefined) throw userNeeded();
      return { account, token };
    } catch (error) {
      if (error instanceof ApiError) await wrong.penalty(address);
      throw error;
    }
  }
}

function newSocketServer(): WebSockets.WebSocketServer {
  const { WebSocketServer } = webSockets();
  return new WebSocketServer({
    noServer: true,
    clientTracking: true,
    maxPayload: MOST_BYTES,
    perMessageDeflate: false,
    // Browsers give up a connection whose protocol, here the token, is not named again.
    handleProtocols: (protocols) => [...protocols][0] ?? false,
  });
}

function isForUs(request: IncomingMessage): boolean {
  return (
    PATH.test(request.url?.split("?")[0] ?? "") && request.headers.upgrade?.toLowerCase() === "websocket"
  );
}

/** In the address (megalodon, Tuba), in a header, or as the protocol (masto.js, Ice Cubes): browsers can send no header. */
function tokenIn(request: IncomingMessage, query: URLSearchParams): string | undefined {
  const bearer = /^Bearer +(\S+) *$/i.exec(request.headers.authorization ?? "")?.[1];
  const [protocol] = request.headers["sec-websocket-protocol"]?.split(",") ?? [];
  return [query.get("access_token"), bearer, protocol?.trim()].find(
    (secret) => secret !== undefined && secret !== null && secret !== "",
  ) as string | undefined;
}

function wishIn(query: URLSearchParams): StreamWish | undefined {
  const name = query.get("stream");
  if (name === null || name === "") return undefined;
  return { name, tag: query.get("tag") ?? undefined, list: query.get("list") ?? undefined };
}

function refuse(socket: Duplex, error: unknown): void {
  const known = error instanceof FediverseError ? error : new ApiError(503, "Try again in a moment");
  const body = JSON.stringify({ error: known.message });
  socket.end(
    [
      `HTTP/1.1 ${known.status} ${STATUS_CODES[known.status] ?? "Error"}`,
      "Connection: close",
      "Content-Type: application/json; charset=utf-8",
      `Content-Length: ${Buffer.byteLength(body)}`,
      "",
      body,
    ].join("\r\n"),
  );
}

function handBack(server: UpgradingServer, request: IncomingMessage, socket: Socket): void {
  const response = new ServerResponse(request);
  response.shouldKeepAlive = false;
  response.assignSocket(socket);
  response.once("finish", () => socket.end());
  socket.on("error", () => socket.destroy());
  server.emit("request", request, response);
}
