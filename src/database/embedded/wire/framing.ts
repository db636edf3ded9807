/** The greatest message that is taken, as `maxMessageSizeBytes` says. */
export const maxMessageBytes = 48_000_000;
const headerBytes = 16;

/** A client that does not speak the protocol; the connection is closed. */
export class ProtocolError extends Error {
  override readonly name = "ProtocolError";
}

/** One whole message. */
export interface Frame {
  readonly requestId: number;
  readonly opCode: number;
  /** Everything after the header. */
  readonly body: Buffer;
}

/** Cuts a stream of bytes into messages; a chunk may hold half a message or several. */
export class Framing {
  #chunks: Buffer[] = [];
  #bytes = 0;

  /** Takes a chunk. @returns the messages that are complete now @throws {ProtocolError} for an impossible length */
  push(chunk: Buffer): Frame[] {
    this.#chunks.push(chunk);
    this.#bytes += chunk.length;
    const frames: Frame[] = [];
    for (;;) {
      const length = this.#length();
      if (length === undefined || this.#bytes < length) return frames;
      const message = this.#take(length);
      frames.push({
        requestId: message.readInt32LE(4),
        opCode: message.readInt32LE(12),
        body: message.subarray(headerBytes),
      });
    }
  }

  #length(): number | undefined {
    if (this.#bytes < headerBytes) return undefined;
    let first = this.#chunks[0] as Buffer;
    if (first.length < headerBytes) {
      first = Buffer.concat(this.#chunks);
      this.#chunks = [first];
    }
    const length = first.readInt32LE(0);
    if (length < headerBytes || length > maxMessageBytes) {
      throw new ProtocolError(`a message cannot be ${length} bytes long`);
    }
    return length;
  }

  #take(length: number): Buffer {
    const first = this.#chunks[0] as Buffer;
    const whole = this.#chunks.length === 1 || first.length >= length ? first : Buffer.concat(this.#chunks);
    const rest = whole === first ? this.#chunks.slice(1) : [];
    const left = whole.subarray(length);
    this.#chunks = left.length > 0 ? [left, ...rest] : rest;
    this.#bytes -= length;
    return whole.subarray(0, length);
  }
}
