import { randomBytes, randomInt } from "node:crypto";

/** 1990-01-01T00:00:00Z: before any blog, so that imported old posts still get an id that sorts right. */
const EPOCH = 631_152_000_000;
const RANDOM = 2048;

/**
 * A snowflake that fits a JavaScript integer: milliseconds since 1990 × 2048 + 11 random bits.
 * Stored as a number, sent as a decimal string. Taken again by the caller on a duplicate key.
 * Times before 1990 are clamped to it.
 */
export function snowflake(at: Date): number {
  return Math.max(0, at.getTime() - EPOCH) * RANDOM + randomInt(RANDOM);
}

/** The lowest id that something of this time can have; for paging by time. */
export function firstSnowflakeAt(at: Date): number {
  return Math.max(0, at.getTime() - EPOCH) * RANDOM;
}

/** The time inside a snowflake, to the millisecond. */
export function snowflakeTime(id: number): Date {
  return new Date(Math.floor(id / RANDOM) + EPOCH);
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
