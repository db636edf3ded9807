import type { Socket } from "node:net";
import type { Doc } from "../bson/value.ts";
import type { Dispatcher } from "../commands/dispatch.ts";
import { errorReply } from "../commands/dispatch.ts";
import { StoreError } from "../errors.ts";
import type { Frame } from "./framing.ts";
import { Framing } from "./framing.ts";
import type { Incoming } from "./message.ts";
import { readMessage, writeReply } from "./message.ts";

/** How long a last answer may take to be read when the server closes. */
const lingerMilliseconds = 1000;

/** One client: its messages are answered one after the other, in their order. */
export class Connection {
  readonly #socket: Socket;
  readonly #id: number;
  readonly #dispatcher: Dispatcher;
  readonly #framing = new Framing();
  readonly #waiting: Frame[] = [];
  #working: Promise<void> | undefined;
  #closed = false;

  constructor(socket: Socket, id: number, dispatcher: Dispatcher) {
    this.#socket = socket;
    this.#id = id;
    this.#dispatcher = dispatcher;
    socket.on("data", (chunk: Buffer) => this.#receive(chunk));
    // A client that has gone needs no answer; 'close' follows every error.
    socket.on("error", () => undefined);
    socket.on("close", () => (this.#closed = true));
  }

  /** Answers what has been received, then closes. */
  async close(): Promise<void> {
    this.#socket.pause();
    await this.#working;
    if (this.#closed) return;
    const closed = new Promise<void>((resolve) => this.#socket.once("close", () => resolve()));
    // A client that does not read its answer must not hold up the end.
    const timer = setTimeout(() => this.#socket.destroy(), lingerMilliseconds);
    this.#socket.end(() => this.#socket.destroy());
    await closed;
    clearTimeout(timer);
  }

  #receive(chunk: Buffer): void {
    try {
      this.#waiting.push(...this.#framing.push(chunk));
    } catch {
      // Whatever this is, it is not MongoDB's protocol and cannot be answered in it.
      this.#socket.destroy();
      return;
    }
    this.#working ??= this.#work().finally(() => (this.#working = undefined));
  }

  async #work(): Promise<void> {
    for (let frame = this.#waiting.shift(); frame !== undefined; frame = this.#waiting.shift()) {
      if (this.#closed) return;
      await this.#answer(frame);
    }
  }

  async #answer(frame: Frame): Promise<void> {
    let incoming: Incoming;
    try {
      incoming = readMessage(frame, this.#id);
    } catch (error) {
      if (error instanceof StoreError) this.#send(errorReply(error), frame, false);
      else this.#socket.destroy();
      return;
    }
    const reply = await this.#dispatcher.run(incoming.request, () => this.#closed);
    if (!incoming.silent) this.#send(reply, frame, incoming.legacy);
  }

  #send(reply: Doc, frame: Frame, legacy: boolean): void {
    if (this.#closed) return;
    let parts: Buffer[];
    try {
      parts = writeReply(reply, frame.requestId, legacy);
    } catch (error) {
      parts = writeReply(errorReply(error), frame.requestId, legacy);
    }
    this.#socket.cork();
    for (const part of parts) this.#socket.write(part);
    this.#socket.uncork();
  }
}
