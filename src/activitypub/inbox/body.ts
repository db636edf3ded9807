import type { IncomingMessage } from "node:http";
import { LIMITS } from "../../support/limits.ts";

/** The raw body, or why there is none. `eaten`: somebody has read it before us. */
export type ReadBody =
  { ok: true; body: Buffer } | { ok: false; reason: "eaten" | "too-large" | "too-slow" | "broken-off" };

export interface BodyLimits {
  /** Bytes; more is refused. */
  bytes?: number;
  /** Milliseconds for the whole body. */
  timeout?: number;
}

const TIMEOUT = 20_000;
/** A body that is too large is still read to here and dropped, so that the sender hears our answer and not a reset. */
const DRAIN = 4;

/**
 * Reads the bytes as they came: the signature covers them, and parsed JSON written again has another digest. What
 * Content-Length promises is only believed where it says "too large"; what comes is counted.
 *
 * A host that has read the body and kept its bytes as `rawBody` (some hosting platforms, `verify` of a parser) serves too.
 */
export function readBody(request: IncomingMessage, limits: BodyLimits = {}): Promise<ReadBody> {
  const most = limits.bytes ?? LIMITS.inboxBytes;
  const { rawBody } = request as { rawBody?: unknown };
  if (Buffer.isBuffer(rawBody)) {
    return Promise.resolve(
      rawBody.length > most ? { ok: false, reason: "too-large" } : { ok: true, body: rawBody },
    );
  }
  if (request.readableDidRead || request.readableEnded)
    return Promise.resolve({ ok: false, reason: "eaten" });
  const promised = Number(request.headers["content-length"] ?? 0);
  return new Promise((resolve) => {
    let chunks: Buffer[] = [];
    let received = 0;
    let tooLarge = promised > most;
    const settle = (result: ReadBody): void => {
      clearTimeout(timer);
      request.off("data", onData).off("end", onEnd).off("error", onBroken).off("close", onBroken);
      resolve(result);
    };
    const onData = (chunk: Buffer): void => {
      received += chunk.length;
      if (received > most) tooLarge = true;
      if (tooLarge) {
        chunks = [];
        if (received > most * DRAIN) settle({ ok: false, reason: "too-large" });
      } else chunks.push(chunk);
    };
    const onEnd = (): void =>
      settle(
        tooLarge ? { ok: false, reason: "too-large" } : { ok: true, body: Buffer.concat(chunks, received) },
      );
    const onBroken = (): void => settle({ ok: false, reason: "broken-off" });
    const timer = setTimeout(
      () => settle({ ok: false, reason: tooLarge ? "too-large" : "too-slow" }),
      limits.timeout ?? TIMEOUT,
    );
    request.on("data", onData).on("end", onEnd).on("error", onBroken).on("close", onBroken);
  });
}
