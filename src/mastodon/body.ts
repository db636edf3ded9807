import type { Request } from "express";
import { parseJson } from "../documents/parse-json.ts";
import { ApiError } from "./errors.ts";
import { collect, emptyBag, settleBag, type Bag, type Value } from "./nesting.ts";

/** Bytes of a form or of JSON; files come as multipart and have a limit of their own. */
const MOST_BYTES = 1024 * 1024;

/** The parameters in a request's address. */
export function readQuery(request: Request): Bag {
  const at = request.originalUrl.indexOf("?");
  return at === -1 ? emptyBag() : readForm(request.originalUrl.slice(at + 1));
}

export function isMultipart(request: Request): boolean {
  return mediaType(request) === "multipart/form-data";
}

/**
 * The parameters in a body that is a form or JSON, whatever the verb: some apps send DELETE with a form, others with
 * JSON, some forget the Content-Type, for which the first byte stands in.
 * @throws {ApiError} 400, 413 or 415 for what cannot be read.
 */
export async function readBody(request: Request): Promise<Bag> {
  const parsed = (request as { body?: unknown }).body;
  // A body parser of the host's stood before us and has used up the stream.
  if (parsed !== undefined && parsed !== null && (request.readableEnded || isFilled(parsed))) {
    if (Buffer.isBuffer(parsed)) return parseBytes(parsed, mediaType(request));
    if (typeof parsed === "string") return parseBytes(Buffer.from(parsed), mediaType(request));
    return typeof parsed === "object" ? bagOf(parsed) : emptyBag();
  }
  if (request.readableEnded) return emptyBag();
  const encoding = request.get("content-encoding");
  if (encoding !== undefined && encoding !== "identity")
    throw new ApiError(415, "Send the request's body without Content-Encoding");
  return parseBytes(await readBytes(request), mediaType(request));
}

function isFilled(parsed: unknown): boolean {
  return (
    typeof parsed === "string" ||
    (typeof parsed === "object" && parsed !== null && Object.keys(parsed).length > 0)
  );
}

async function readBytes(request: Request): Promise<Buffer> {
  if (Number(request.get("content-length") ?? 0) > MOST_BYTES) throw tooLarge();
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > MOST_BYTES) throw tooLarge();
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

function tooLarge(): ApiError {
  return new ApiError(413, "The request's body is too large");
}

function parseBytes(bytes: Buffer, type: string): Bag {
  if (bytes.length === 0) return emptyBag();
  const isForm = type === "application/x-www-form-urlencoded";
  const first = bytes.find((byte) => byte > 0x20);
  const opens = first === 0x7b || first === 0x5b;
  if (isForm || (!opens && !/[/+]json$/.test(type))) return readForm(bytes.toString("utf8"));
  const read = parseJson(bytes);
  if (read.ok) return bagOf(read.value);
  // A list or a bare word is JSON, too; it names nothing.
  if (read.reason === "not-an-object") return emptyBag();
  throw new ApiError(400, "There was a problem in the JSON you submitted");
}

function readForm(text: string): Bag {
  return bagOf(collect(new URLSearchParams(text) as Iterable<[string, Value]>));
}

/** As settled as `Params` wants it. */
export function bagOf(parsed: object): Bag {
  return settleBag(parsed);
}

function mediaType(request: Request): string {
  return (request.get("content-type") ?? "").split(";")[0]?.trim().toLowerCase() ?? "";
}
