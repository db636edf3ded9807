import { randomBytes, randomInt } from "node:crypto";

/** 1990-01-01T00:00:00Z: before any blog, so that imported old posts still get an id that sorts right. */
const EPOCH = 631_152_000_000;
const PER_MILLISECOND = 2048;
let sequence = randomInt(PER_MILLISECOND);

/**
 * A snowflake that fits a JavaScript integer: milliseconds since 1990 × 2048 + 11 bits of a sequence that begins anywhere.
 * A process gives none twice within 2,048; two processes may give the same one in the same millisecond, so the caller
 * takes another on a duplicate key. Stored as a number, sent as a decimal string. Times before 1990 are clamped to it.
 */
export function snowflake(at: Date): number {
  sequence = (sequence + 1) % PER_MILLISECOND;
  return firstSnowflakeAt(at) + sequence;
}

/** The lowest id that something of this time can have; for paging by time. */
export function firstSnowflakeAt(at: Date): number {
  return Math.max(0, at.getTime() - EPOCH) * PER_MILLISECOND;
}

/** The time inside a snowflake, to the millisecond. */
export function snowflakeTime(id: number): Date {
  return new Date(Math.floor(id / PER_MILLISECOND) + EPOCH);
}

/** Reads a decimal id from a URL or a parameter; anything else is `undefined`. */
export function parseId(text: unknown): number | undefined {
  if (typeof text !== "string" || !/^[0-9]{1,16}$/.test(text)) return undefined;
  const id = Number(text);
  return Number.isSafeInteger(id) ? id : undefined;
}

/** An unguessable token of `bytes` random bytes, base64url. */
export function randomToken(bytes = 16): string {
  return randomBytes(bytes).toString("base64url");
}
