import { createServer, type IncomingHttpHeaders, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

/** A POST that reached an inbox. */
export interface Arrival {
  /** The whole URL of the inbox. */
  inbox: string;
  headers: IncomingHttpHeaders;
  body: string;
  /** The `id` of the activity. */
  activity: string;
  type: string;
}

export interface Answer {
  status: number;
  headers?: Record<string, string>;
  body?: string;
}

/** What an inbox does: an answer, or something of its own with the raw response. */
export type Behaviour =
  Answer | ((arrival: Arrival, response: ServerResponse) => Answer | undefined | Promise<Answer>);

/** Inboxes of any number of hosts: every address 127.x.y.z reaches the same server, and is a host of its own. */
export class Sink {
  readonly arrivals: Arrival[] = [];
  readonly #server: Server;
  readonly #behaviours = new Map<string, Behaviour>();
  /** Requests under way now, and the most that ever were, by host and in all. */
  readonly most = new Map<string, number>();
  readonly #now = new Map<string, number>();
  connections = 0;

  private constructor(server: Server) {
    this.#server = server;
    server.on("connection", () => (this.connections += 1));
    server.on("request", (request, response) => {
      const chunks: Buffer[] = [];
      const host = request.headers.host ?? "";
      this.#count(host, 1);
      this.#count("*", 1);
      response.on("close", () => {
        this.#count(host, -1);
        this.#count("*", -1);
      });
      request.on("data", (chunk: Buffer) => chunks.push(chunk));
      request.on("end", () => {
        const body = Buffer.concat(chunks).toString("utf8");
        const document = JSON.parse(body) as { id: string; type: string };
        const inbox = `http://${host}${request.url ?? ""}`;
        const arrival = { inbox, headers: request.headers, body, activity: document.id, type: document.type };
        this.arrivals.push(arrival);
        void this.#answer(arrival, response);
      });
    });
  }

  static async open(): Promise<Sink> {
    const server = createServer();
    const sink = new Sink(server);
    await new Promise<void>((resolve) => server.listen(0, "0.0.0.0", resolve));
    return sink;
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  /** `host:port` number `index`; 1 to 60,000. */
  host(index = 1): string {
    return `127.1.${Math.floor(index / 250)}.${1 + (index % 250)}:${this.port}`;
  }

  /** The URL of an inbox there. */
  inbox(index = 1, path = "/inbox"): string {
    return `http://${this.host(index)}${path}`;
  }

  /** What the inbox (or every inbox of a host) does from now on. Default: 202. */
  behave(where: string, behaviour: Behaviour): void {
    this.#behaviours.set(where, behaviour);
  }

  /** What arrived at an inbox, as types in their order. */
  typesAt(inbox: string): string[] {
    return this.arrivals.filter((arrival) => arrival.inbox === inbox).map(({ type }) => type);
  }

  /** Nothing has arrived, and every inbox answers 202. */
  forget(): void {
    this.arrivals.length = 0;
    this.#behaviours.clear();
    this.most.clear();
    this.connections = 0;
  }

  async close(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  async #answer(arrival: Arrival, response: ServerResponse): Promise<void> {
    const host = new URL(arrival.inbox).host;
    const behaviour = this.#behaviours.get(arrival.inbox) ?? this.#behaviours.get(host) ?? { status: 202 };
    const answer = typeof behaviour === "function" ? await behaviour(arrival, response) : behaviour;
    if (answer === undefined) return;
    response.writeHead(answer.status, answer.headers);
    response.end(answer.body);
  }

  #count(key: string, change: number): void {
    const now = (this.#now.get(key) ?? 0) + change;
    this.#now.set(key, now);
    this.most.set(key, Math.max(this.most.get(key) ?? 0, now));
  }
}
