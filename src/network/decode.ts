import { promisify } from "node:util";
import { brotliDecompress, gunzip, inflate, inflateRaw } from "node:zlib";
import { NetworkError } from "./errors.ts";

/** What we ask for. */
export const ACCEPT_ENCODING = "gzip, deflate, br";

const unzip = promisify(gunzip);
const unbrotli = promisify(brotliDecompress);
const unzlib = promisify(inflate);
const undeflate = promisify(inflateRaw);

/**
 * The body without its Content-Encoding, on the thread pool. Stops at `maxBytes` of output, so that a small answer cannot
 * become a large one. One encoding only: a chain of them multiplies, and no honest server sends one.
 */
export async function decode(
  body: Buffer,
  encoding: string,
  maxBytes: number,
  host: string,
): Promise<Buffer> {
  const options = { maxOutputLength: maxBytes };
  try {
    switch (encoding.trim().toLowerCase()) {
      case "":
      case "identity":
        return body;
      case "gzip":
      case "x-gzip":
        return await unzip(body, options);
      case "br":
        return await unbrotli(body, options);
      case "deflate":
        // Some servers send it without the zlib wrapper, whose first half-byte is always 8.
        return ((body[0] ?? 8) & 0x0f) === 8 ? await unzlib(body, options) : await undeflate(body, options);
    }
  } catch (error) {
    const tooLarge = (error as NodeJS.ErrnoException).code === "ERR_BUFFER_TOO_LARGE";
    throw new NetworkError(tooLarge ? "too-large" : "bad-encoding", host, error);
  }
  throw new NetworkError("bad-encoding", host);
}
