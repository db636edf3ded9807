import { once } from "node:events";
import { connect, type Socket } from "node:net";

/** What is asked, and how often at the same time. */
export interface Question {
  url: string;
  connections: number;
  method?: string;
  headers?: Readonly<Record<string, string>>;
  body?: string;
  /**
   * Do not sleep while answers come. Whoever answers has to wake who sleeps, and the slower of two servers that are
   * compared would wake us more often and pay for that as well. It takes a core: not where the server has use for all of
   * them. While the server pauses, as it does to collect garbage with threads of its own, the core is free.
   */
  awake?: boolean;
}

/** Milliseconds without an answer after which `awake` rests. */
const PATIENCE = 1;

interface Connection {
  socket: Socket;
  /** Bytes of an answer that has not come in full. */
  received: Buffer;
  askedAt: number;
}

/**
 * Asks the same again and again over kept connections, one request at a time on each. No more than sockets and a count of
 * bytes: a client that parses would need more of the machine than the server that is measured.
 */
export class Load {
  /** Milliseconds that each answer of the last `run` took, in the order in which they came. */
  latencies: number[] = [];
  readonly #request: Buffer;
  readonly #awake: boolean;
  readonly #connections: Connection[];
  #answered: (connection: Connection, answer: Buffer) => void = () => undefined;
  #failed: (error: Error) => void = () => undefined;

  private constructor(request: Buffer, sockets: Socket[], awake: boolean) {
    this.#request = request;
    this.#awake = awake;
    this.#connections = sockets.map((socket) => ({ socket, received: Buffer.alloc(0), askedAt: 0 }));
    for (const connection of this.#connections) {
      connection.socket.on("data", (chunk: Buffer) => this.#take(connection, chunk));
      connection.socket.on("close", () => this.#failed(new Error("the server has closed a connection")));
    }
  }

  static async open({
    url,
    connections,
    method = "GET",
    headers = {},
    body = "",
    awake = false,
  }: Question): Promise<Load> {
    const { hostname, port, host, pathname, search } = new URL(url);
    const lines = Object.entries({
      Host: host,
      Accept: "text/html,*/*;q=0.8",
      ...headers,
      ...(body === "" ? {} : { "Content-Length": String(Buffer.byteLength(body)) }),
    }).map(([name, value]) => `${name}: ${value}\r\n`);
    const request = `${method} ${pathname}${search} HTTP/1.1\r\n${lines.join("")}\r\n${body}`;
    const sockets = await Promise.all(
      Array.from({ length: connections }, async () => {
        const socket = connect(Number(port), hostname).setNoDelay();
        await once(socket, "connect");
        return socket;
      }),
    );
    return new Load(Buffer.from(request), sockets, awake);
  }

  #take(connection: Connection, chunk: Buffer): void {
    const { received } = connection;
    connection.received = received.length === 0 ? chunk : Buffer.concat([received, chunk]);
    let length: number | undefined;
    try {
      length = lengthOfAnswer(connection.received);
    } catch (error) {
      this.#failed(error as Error);
      return;
    }
    if (length === undefined || connection.received.length < length) return;
    const answer = connection.received.subarray(0, length);
    connection.received = connection.received.subarray(length);
    this.#answered(connection, answer);
  }

  /**
   * Requests per second over so many requests.
   * @throws Error where a connection is closed by the server, or an answer is not 200 with a fixed length.
   */
  async run(amount: number): Promise<number> {
    this.latencies = [];
    let lastAnswer = performance.now();
    let isAwake = false;
    const stayAwake = (): void => {
      isAwake = performance.now() - lastAnswer < PATIENCE;
      if (isAwake) setImmediate(stayAwake);
    };
    const started = performance.now();
    await new Promise<void>((resolve, reject) => {
      let sent = 0;
      const ask = (connection: Connection): void => {
        sent += 1;
        connection.askedAt = performance.now();
        connection.socket.write(this.#request);
      };
      this.#failed = reject;
      this.#answered = (connection) => {
        lastAnswer = performance.now();
        this.latencies.push(lastAnswer - connection.askedAt);
        if (this.#awake && !isAwake) stayAwake();
        if (this.latencies.length === amount) resolve();
        else if (sent < amount) ask(connection);
      };
      for (const connection of this.#connections) if (sent < amount) ask(connection);
    });
    this.#failed = () => undefined;
    return (amount / (performance.now() - started)) * 1000;
  }

  /** The body of one answer. */
  async once(): Promise<Buffer> {
    const [connection] = this.#connections;
    if (connection === undefined) throw new Error("no connection");
    return new Promise((resolve, reject) => {
      this.#failed = reject;
      this.#answered = (_, answer) => resolve(Buffer.from(answer.subarray(answer.indexOf("\r\n\r\n") + 4)));
      connection.socket.write(this.#request);
    });
  }

  close(): void {
    this.#failed = () => undefined;
    for (const { socket } of this.#connections) socket.destroy();
  }
}

/** Bytes of head and body; `undefined` while the head has not come. @throws Error for what cannot be measured. */
function lengthOfAnswer(received: Buffer): number | undefined {
  const end = received.indexOf("\r\n\r\n");
  if (end < 0) return undefined;
  const head = received.toString("latin1", 0, end);
  const length = /^content-length: (\d+)/im.exec(head)?.[1];
  if (!head.startsWith("HTTP/1.1 200 ") || length === undefined)
    throw new Error(`not an answer of a fixed length: ${head}`);
  return end + 4 + Number(length);
}
