import { relayStreams } from "../../domain/stream-relay.ts";
import { subscribe, type StreamEvent } from "../../domain/stream.ts";
import type { Site } from "../../site.ts";
import { reasonOf } from "../../support/errors.ts";
import { ApiError } from "../errors.ts";
import { payloadOf } from "./payload.ts";
import { openStream, wishKey, type Stream, type StreamViewer, type StreamWish } from "./streams.ts";

/** What is sent: `payload` is text, JSON within JSON; absent where the event says it all. */
export interface Frame {
  stream: string[];
  event: string;
  payload?: string;
}

/** Streams of one connection; no client asks for more. */
const MOST_STREAMS = 100;
/** Events of one connection that wait for their payload. More come only where the store is slower than the world. */
const MOST_WAITING = 500;

/** What one connection listens to. Frames leave in the order of their events. */
export class StreamSession {
  readonly #site: Site;
  readonly #viewer: StreamViewer;
  readonly #send: (frame: Frame) => void;
  readonly #giveUp: () => void;
  readonly #streams = new Map<string, () => void>();
  readonly #endRelay: () => void;
  #tail: Promise<void> = Promise.resolve();
  #waiting = 0;
  #isClosed = false;

  /** @param giveUp called where the connection cannot follow any more and has to be cut. */
  constructor(site: Site, viewer: StreamViewer, send: (frame: Frame) => void, giveUp: () => void) {
    this.#site = site;
    this.#viewer = viewer;
    this.#send = send;
    this.#giveUp = giveUp;
    this.#endRelay = relayStreams(site);
  }

  /** Listens to a stream; again: nothing more. @throws {ApiError} as `openStream`. */
  async add(wish: StreamWish): Promise<void> {
    const key = wishKey(wish);
    if (this.#streams.has(key)) return;
    if (this.#streams.size >= MOST_STREAMS) throw new ApiError(429, "Too many streams on one connection");
    this.#streams.set(key, () => undefined);
    try {
      const stream = await openStream(this.#site, this.#viewer, wish);
      // Taken back, or all over, while the store was asked.
      if (this.#isClosed || !this.#streams.has(key)) return;
      this.#streams.set(
        key,
        subscribe(this.#site, stream.channels, (event) => this.#hear(stream, event)),
      );
    } catch (error) {
      this.#streams.delete(key);
      throw error;
    }
  }

  remove(wish: StreamWish): void {
    const key = wishKey(wish);
    this.#streams.get(key)?.();
    this.#streams.delete(key);
  }

  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    for (const end of this.#streams.values()) end();
    this.#streams.clear();
    this.#endRelay();
  }

  #hear(stream: Stream, event: StreamEvent): void {
    if (this.#isClosed || !stream.passes(event.event)) return;
    this.#waiting += 1;
    if (this.#waiting > MOST_WAITING) {
      this.#giveUp();
      return;
    }
    this.#tail = this.#tail
      .then(() => this.#tell(stream, event))
      .catch((error: unknown) => {
        // The app finds it in the lists.
        this.#site.logger.debug(
          { event: event.event, reason: reasonOf(error) },
          "a stream could not be told of an event",
        );
      })
      .finally(() => (this.#waiting -= 1));
  }

  async #tell(stream: Stream, event: StreamEvent): Promise<void> {
    if (this.#isClosed) return;
    const payload = await payloadOf(this.#site, this.#viewer, event, stream.isPublic);
    if (payload === undefined || this.#isStopped()) return;
    this.#send({ stream: stream.label, event: event.event, ...(payload === null ? {} : { payload }) });
  }

  #isStopped(): boolean {
    return this.#isClosed;
  }
}
