import type { Dispatcher } from "undici";
import { asNetworkError, NetworkError } from "./errors.ts";

export interface ExchangeRequest {
  origin: string;
  /** For messages. */
  host: string;
  path: string;
  method: "GET" | "POST";
  /** Name, value, name, value…: what undici takes without another copy. */
  headers: string[];
  body?: Buffer;
  /** Milliseconds from here to the last byte of the answer. */
  timeout: number;
  signal?: AbortSignal | undefined;
  /** How many bytes of the body to keep, once status and headers are known. */
  keep(answer: { status: number; headers: AnswerHeaders }): { bytes: number; beyond: "refuse" | "ignore" };
}

export type AnswerHeaders = Record<string, string | string[] | undefined>;

export interface Answer {
  status: number;
  headers: AnswerHeaders;
  /** The first bytes, as they came. */
  body: Buffer;
  /** Is `body` all of it? */
  complete: boolean;
}

/** To read so much of an unwanted body is cheaper than a new connection. */
const DRAIN = 64 * 1024;

/**
 * One request and its answer on a connection of `pool`. Rejects with NetworkError. The answer's body is cut or refused
 * past the size that `keep` gives; a little more is read and dropped so that the connection can be used again.
 */
export function exchange(pool: Dispatcher, request: ExchangeRequest): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const handler = new Exchange(request, resolve, reject);
    if (!handler.settled) {
      pool.dispatch(
        {
          origin: request.origin,
          path: request.path,
          method: request.method,
          headers: request.headers,
          body: request.body ?? null,
        },
        handler,
      );
    }
  });
}

class Exchange implements Dispatcher.DispatchHandler {
  readonly #request: ExchangeRequest;
  readonly #resolve: (answer: Answer) => void;
  readonly #reject: (error: NetworkError) => void;
  readonly #timer: NodeJS.Timeout;
  readonly #chunks: Buffer[] = [];
  #controller: Dispatcher.DispatchController | undefined;
  #answer: { status: number; headers: AnswerHeaders } | undefined;
  #limit: { bytes: number; beyond: "refuse" | "ignore" } = { bytes: 0, beyond: "ignore" };
  #received = 0;
  /** All of the body has come. */
  #complete = false;
  /** Nothing is left that could be called off. */
  #ended = false;
  settled = false;

  constructor(
    request: ExchangeRequest,
    resolve: (answer: Answer) => void,
    reject: (error: NetworkError) => void,
  ) {
    this.#request = request;
    this.#resolve = resolve;
    this.#reject = reject;
    this.#timer = setTimeout(() => this.#cut(new NetworkError("timeout", request.host)), request.timeout);
    if (request.signal?.aborted === true) this.#onAbort();
    else request.signal?.addEventListener("abort", this.#onAbort, { once: true });
  }

  onRequestStart(controller: Dispatcher.DispatchController): void {
    this.#controller = controller;
    // It gave up while it was waiting for a connection.
    if (this.settled) controller.abort(new NetworkError("aborted", this.#request.host));
  }

  onResponseStart(_controller: Dispatcher.DispatchController, status: number, headers: AnswerHeaders): void {
    if (status < 200) return;
    this.#answer = { status, headers };
    this.#limit = this.#request.keep(this.#answer);
    const length = Number(headers["content-length"]);
    if (length > this.#limit.bytes && this.#limit.beyond === "refuse") this.#fail("too-large");
    // Not worth reading to its end: the connection is given up.
    else if (length > Math.max(DRAIN, this.#limit.bytes)) this.#finish();
  }

  onResponseData(_controller: Dispatcher.DispatchController, chunk: Buffer): void {
    const room = this.#limit.bytes - this.#received;
    this.#received += chunk.length;
    if (chunk.length <= room) {
      this.#chunks.push(chunk);
      return;
    }
    if (this.#limit.beyond === "refuse") {
      this.#fail("too-large");
      return;
    }
    if (room > 0) this.#chunks.push(chunk.subarray(0, room));
    if (this.#received > Math.max(DRAIN, this.#limit.bytes)) this.#finish();
  }

  onResponseEnd(): void {
    this.#ended = true;
    this.#complete = true;
    this.#finish();
  }

  onResponseError(_controller: Dispatcher.DispatchController | undefined, error: Error): void {
    this.#ended = true;
    this.#cut(asNetworkError(error, this.#request.host));
  }

  readonly #onAbort = (): void =>
    this.#settle(() => this.#reject(new NetworkError("aborted", this.#request.host)));

  /**
   * The answer breaks off here. Where its body is wanted that is a failure; where only the status is (a POST), the status
   * has come, and to deliver again because a server is slow with the rest would be wrong.
   */
  #cut(error: NetworkError): void {
    if (this.#answer !== undefined && this.#limit.beyond === "ignore") this.#finish();
    else this.#settle(() => this.#reject(error));
  }

  #fail(code: "too-large"): void {
    this.#settle(() => this.#reject(new NetworkError(code, this.#request.host)));
  }

  #finish(): void {
    this.#settle(() => {
      const body = this.#chunks.length === 1 ? (this.#chunks[0] as Buffer) : Buffer.concat(this.#chunks);
      const { status, headers } = this.#answer as { status: number; headers: AnswerHeaders };
      this.#resolve({
        status,
        headers,
        body,
        complete: this.#complete && this.#received <= this.#limit.bytes,
      });
    });
  }

  #settle(how: () => void): void {
    if (this.settled) return;
    this.settled = true;
    clearTimeout(this.#timer);
    this.#request.signal?.removeEventListener("abort", this.#onAbort);
    how();
    if (!this.#ended) this.#controller?.abort(new NetworkError("aborted", this.#request.host));
  }
}
