import type { RawData, WebSocket } from "ws";
import { parseJson } from "../../documents/parse-json.ts";
import type { Site } from "../../site.ts";
import { FediverseError } from "../../support/errors.ts";
import { connectionsOf } from "./connections.ts";
import { StreamSession, type Frame } from "./session.ts";
import type { StreamViewer, StreamWish } from "./streams.ts";

/** Bytes that may wait for a client to read them; one that does not is cut. */
const MOST_BUFFERED = 1024 * 1024;
/** Messages of one client that wait for their answer. */
const MOST_ASKED = 50;

/**
 * Serves one WebSocket: takes `{"type":"subscribe","stream":"user"}`, sends frames.
 * @param wish subscribed at once, where the address named a stream.
 */
export function serveSocket(site: Site, socket: WebSocket, viewer: StreamViewer, wish?: StreamWish): void {
  // Closing is asking, and this one does not listen.
  const cut = (): void => socket.terminate();
  const say = (message: object): void => {
    if (socket.readyState !== socket.OPEN) return;
    if (socket.bufferedAmount > MOST_BUFFERED) cut();
    else socket.send(JSON.stringify(message));
  };
  const session = new StreamSession(site, viewer, (frame: Frame) => say(frame), cut);

  let hasAnswered = true;
  let beats = 0;
  const leave = connectionsOf(site).add({
    token: viewer.token._id,
    beat() {
      beats += 1;
      if (beats % 2 === 0) return;
      if (!hasAnswered) cut();
      hasAnswered = false;
      socket.ping();
    },
    end: (why) => socket.close(why === "closing" ? 1001 : 1008, why),
  });

  const serve = async (asked: Asked): Promise<void> => {
    try {
      if (asked.type === "unsubscribe") session.remove(asked.wish);
      else await session.add(asked.wish);
    } catch (error) {
      if (!(error instanceof FediverseError)) throw error;
      say({ error: error.message, status: error.status });
    }
  };
  let waiting = 0;
  let tail = Promise.resolve();
  const queue = (asked: Asked): void => {
    waiting += 1;
    if (waiting > MOST_ASKED) {
      cut();
      return;
    }
    tail = tail
      .then(() => serve(asked))
      .catch(() => say({ error: "This did not work; try again in a moment", status: 503 }))
      .finally(() => (waiting -= 1));
  };

  socket.on("pong", () => (hasAnswered = true));
  socket.on("message", (data: RawData, isBinary: boolean) => {
    const asked = isBinary ? undefined : readMessage(data);
    // Some clients send pings of their own as text; what is no wish is no mistake.
    if (asked !== undefined) queue(asked);
  });
  // A frame that is too large or no frame at all: `ws` closes by itself.
  socket.on("error", () => undefined);
  socket.on("close", () => {
    leave();
    session.close();
  });
  if (wish !== undefined) queue({ type: "subscribe", wish });
}

interface Asked {
  type: "subscribe" | "unsubscribe";
  wish: StreamWish;
}

function readMessage(data: RawData): Asked | undefined {
  const bytes = Array.isArray(data) ? Buffer.concat(data) : Buffer.from(data as Buffer);
  const read = parseJson(bytes);
  if (!read.ok) return undefined;
  const { type, stream, tag, list } = read.value;
  if ((type !== "subscribe" && type !== "unsubscribe") || typeof stream !== "string") return undefined;
  return { type, wish: { name: stream, tag: textOf(tag), list: textOf(list) } };
}

/** masto.js sends ids as text, others as numbers. */
function textOf(value: unknown): string | undefined {
  return typeof value === "string" || typeof value === "number" ? String(value) : undefined;
}
