import { createHash } from "node:crypto";
import type { Request, Response } from "express";

export const ACTIVITY_JSON = "application/activity+json; charset=utf-8";

/** A document ready to be sent, as often as somebody asks. */
export interface Served {
  status: 200 | 410;
  type: string;
  body: Buffer;
  /** Strong: the same bytes always have the same. */
  etag: string;
  /** The document's own id, where it has one. */
  id?: string;
}

/** Serialises once. */
export function served(doc: object, options: { type?: string; status?: 200 | 410 } = {}): Served {
  const { id } = doc as { id?: unknown };
  const ready = servedText(JSON.stringify(doc), { type: ACTIVITY_JSON, ...options });
  return typeof id === "string" ? { ...ready, id } : ready;
}

export function servedText(text: string, options: { type: string; status?: 200 | 410 }): Served {
  const body = Buffer.from(text);
  const etag = `"${createHash("sha256").update(body).digest("base64url").slice(0, 27)}"`;
  return { status: options.status ?? 200, type: options.type, body, etag };
}

export interface SendOptions {
  /** Default `public, max-age=180`: long enough for the herd after a boost, short enough for an edit to be seen. */
  cacheControl?: string;
  /** Default `Accept, Signature`: under authorised fetch the answer depends on who asks. */
  vary?: string;
}

/**
 * Sends the bytes, or 304 to one who has them. HEAD gets the headers of GET. Everything here is public, so scripts of
 * other sites may read it too.
 */
export function send(
  request: Request,
  response: Response,
  document: Served,
  options: SendOptions = {},
): void {
  const { status, type, body, etag } = document;
  const headers: Record<string, string> = {
    Vary: options.vary ?? "Accept, Signature",
    "Access-Control-Allow-Origin": "*",
    "X-Content-Type-Options": "nosniff",
    "Cache-Control": status === 200 ? (options.cacheControl ?? "public, max-age=180") : "no-cache",
  };
  if (status === 200) headers.ETag = etag;
  if (status === 200 && isKnown(request.headers["if-none-match"], etag)) {
    response.writeHead(304, headers).end();
    return;
  }
  headers["Content-Type"] = type;
  headers["Content-Length"] = String(body.length);
  response.writeHead(status, headers).end(request.method === "HEAD" ? undefined : body);
}

/** If-None-Match compares weakly (RFC 9110, 13.1.2). */
function isKnown(given: string | undefined, etag: string): boolean {
  if (given === undefined) return false;
  return given === "*" || given.split(",").some((one) => one.trim().replace(/^W\//, "") === etag);
}
