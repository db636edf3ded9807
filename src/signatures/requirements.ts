import type { ComponentSource } from "./components.ts";
import { checkContentDigest, checkDigest } from "./digest.ts";
import { headerValue, type HeaderMap } from "./headers.ts";

/** A request as it came in, before anybody has parsed or rewritten it. */
export interface IncomingMessage {
  method: string;
  /** Path and query as the client sent them: `req.originalUrl`, since Express strips the mount path from `req.url`. */
  target: string;
  /** The origins that the site answers for, such as `https://blog.example`. */
  origins: readonly string[];
  headers: HeaderMap;
  /** The raw bytes: parsed and serialised JSON has another digest. */
  body: Buffer | undefined;
}

/** Why a signature is not taken. */
export type VerifyReason =
  | "no-signature"
  | "malformed"
  | "unsupported-algorithm"
  | "weak"
  | "wrong-host"
  | "date-missing"
  | "clock-skew"
  | "expired"
  | "digest-missing"
  | "digest-mismatch"
  | "bad-key"
  | "bad-signature";

/** `detail` is a sentence for the sender's administrator; it says nothing that the sender does not know. */
export interface Refusal {
  ok: false;
  reason: VerifyReason;
  detail: string;
}

export function refuse(reason: VerifyReason, detail: string): Refusal {
  return { ok: false, reason, detail };
}

/**
 * An `expires` counts a little longer, as clocks differ. Not by the hour that a date may be off: then it could never
 * end a signature.
 */
const EXPIRY_TOLERANCE = 5 * 60 * 1000;

/** The message as RFC 9421 sees it, once its Host header is found to name one of the site's origins. */
export function checkHost(message: IncomingMessage): { ok: true; source: ComponentSource } | Refusal {
  const host = headerValue(message.headers, "host")?.toLowerCase();
  if (host === undefined || host === "") return refuse("wrong-host", "The request has no Host header.");
  if (!message.target.startsWith("/")) return refuse("malformed", "The request's target is not a path.");
  for (const origin of message.origins) {
    const url = new URL(origin);
    const scheme = url.protocol === "http:" ? "http" : "https";
    if (host === url.host || host === `${url.hostname}:${scheme === "https" ? 443 : 80}`) {
      const { method, target, headers } = message;
      return { ok: true, source: { method, target, headers, scheme, authority: url.host } };
    }
  }
  return refuse("wrong-host", "The Host header names another site. (A proxy in between has to pass it on.)");
}

/** Times in milliseconds since 1970, whichever the signature covers. */
export interface SignedTimes {
  /** Of the Date header; NaN when it cannot be read. */
  date?: number | undefined;
  created?: number | undefined;
  expires?: number | undefined;
}

/** Are the signed times near enough to `now`? `skew` in milliseconds, to both sides. */
export function checkTimes(times: SignedTimes, now: Date, skew: number): Refusal | undefined {
  if (Number.isNaN(times.date)) return refuse("date-missing", "The Date header cannot be read as a date.");
  if (times.date === undefined && times.created === undefined) {
    return refuse("date-missing", "No time is signed.");
  }
  for (const time of [times.date, times.created]) {
    if (time !== undefined && Math.abs(time - now.getTime()) > skew) {
      return refuse("clock-skew", `The signature is of ${isoOf(time)}, and it is ${now.toISOString()} here.`);
    }
  }
  if (times.expires !== undefined && times.expires + EXPIRY_TOLERANCE < now.getTime()) {
    return refuse("expired", `The signature was good until ${isoOf(times.expires)}.`);
  }
  return undefined;
}

/** Do the digests that are signed match the body? `signed` tells whether a field is covered by the signature. */
export function checkDigests(
  message: IncomingMessage,
  signed: (field: string) => boolean,
): Refusal | undefined {
  const body = message.body ?? Buffer.alloc(0);
  const checks = [
    ["digest", checkDigest],
    ["content-digest", checkContentDigest],
  ] as const;
  let matched = false;
  let present = false;
  for (const [name, check] of checks) {
    const value = headerValue(message.headers, name);
    if (value === undefined) continue;
    present = true;
    if (!signed(name)) continue;
    const result = check(value, body);
    if (result === "malformed") return refuse("malformed", `The ${name} header cannot be read.`);
    if (result === "mismatch")
      return refuse("digest-mismatch", `The ${name} header is not that of the body.`);
    if (result === "match") matched = true;
  }
  if (matched || !carriesBody(message.method)) return undefined;
  if (!present)
    return refuse("digest-missing", "The request has neither a Digest nor a Content-Digest header.");
  if (!signed("digest") && !signed("content-digest"))
    return refuse("weak", "The digest of the body is not signed.");
  return refuse("digest-missing", "No signed digest is of SHA-256 or SHA-512.");
}

/** Of these methods the body must be signed. */
function carriesBody(method: string): boolean {
  return method !== "GET" && method !== "HEAD";
}

function isoOf(milliseconds: number): string {
  const date = new Date(milliseconds);
  return Number.isNaN(date.getTime()) ? "no date" : date.toISOString();
}
