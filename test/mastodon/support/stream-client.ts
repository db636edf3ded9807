import { WebSocket, type ClientOptions } from "ws";
import { until } from "../../support/until.ts";
import { noteMethod } from "./methods-called.ts";

export interface ReceivedFrame {
  /** Absent where it is the refusal of a wish. */
  stream?: string[];
  event?: string;
  payload?: string;
  error?: string;
  status?: number;
}

/** A WebSocket client as apps write it: keeps every frame. */
export class StreamClient {
  readonly socket: WebSocket;
  readonly frames: ReceivedFrame[] = [];
  closed: { code: number; reason: string } | undefined;

  private constructor(socket: WebSocket) {
    this.socket = socket;
    socket.on("message", (data: Buffer) => this.frames.push(JSON.parse(data.toString()) as ReceivedFrame));
    socket.on("close", (code, reason) => (this.closed = { code, reason: reason.toString() }));
    socket.on("error", () => undefined);
  }

  /** Opens a socket; rejects with the status and text of a refusal. */
  static open(
    origin: string,
    token: string | undefined,
    options: { query?: Record<string, string>; protocol?: string; path?: string } & ClientOptions = {},
  ): Promise<StreamClient> {
    const { query = {}, protocol, path = "/api/v1/streaming", ...others } = options;
    noteMethod("GET", "/api/v1/streaming");
    const url = new URL(path, origin.replace(/^http/, "ws"));
    if (token !== undefined) url.searchParams.set("access_token", token);
    for (const [name, value] of Object.entries(query)) url.searchParams.set(name, value);
    const socket = protocol === undefined ? new WebSocket(url, others) : new WebSocket(url, protocol, others);
    const client = new StreamClient(socket);
    return new Promise((resolve, reject) => {
      socket.once("open", () => resolve(client));
      socket.once("error", reject);
      socket.once("unexpected-response", (_request, response) => {
        let body = "";
        response.on("data", (chunk: Buffer) => (body += chunk.toString()));
        response.on("end", () => reject(new Error(`${response.statusCode ?? 0} ${body}`)));
      });
    });
  }

  send(message: unknown): void {
    this.socket.send(typeof message === "string" ? message : JSON.stringify(message));
  }

  /**
   * Asks for a stream. There is no answer to it in the protocol, so what is asked next is a stream that does not exist:
   * once its refusal is here, the first is open.
   */
  async subscribe(stream: string, more: Record<string, unknown> = {}): Promise<void> {
    this.send({ type: "subscribe", stream, ...more });
    await this.settle();
  }

  /** Waits until everything asked before has been served. */
  async settle(): Promise<void> {
    const errors = (): number => this.frames.filter((frame) => frame.error === "Unknown stream type").length;
    const before = errors();
    this.send({ type: "subscribe", stream: "nothing" });
    await until(() => errors() > before, "the answer to a message");
  }

  /** Frames of an event, parsed. */
  // eslint-disable-next-line @typescript-eslint/no-explicit-any -- whatever JSON came
  of(event: string, stream?: string): any[] {
    return this.frames
      .filter((frame) => frame.event === event && (stream === undefined || frame.stream?.[0] === stream))
      .map((frame) => JSON.parse(frame.payload ?? "null") as unknown);
  }

  /** Waits for so many frames of an event. */
  // eslint-disable-next-line @typescript-eslint/no-explicit-any -- whatever JSON came
  async hears(event: string, stream?: string, count = 1): Promise<any[]> {
    await until(() => this.of(event, stream).length >= count, `${event} on ${stream ?? "any stream"}`);
    return this.of(event, stream);
  }

  async isClosed(): Promise<{ code: number; reason: string }> {
    await until(() => this.closed !== undefined, "the end of the connection");
    return this.closed ?? { code: 0, reason: "" };
  }

  end(): void {
    this.socket.terminate();
  }
}
