import type { Request } from "express";
import type { JsonObject } from "../../documents/read.ts";
import type { ReadActivity } from "../../documents/read-activity.ts";
import type { IncomingMessage, ParsedSignature } from "../../signatures/verify.ts";
import type { Site } from "../../site.ts";

/** A request at the inbox and what has been found out about it; each step adds its part. */
export interface Knock {
  readonly site: Site;
  readonly request: Request;
  /** Of a personal inbox, as in the path; absent at the shared one. */
  readonly username?: string;
  /** The local account's own spelling, once it is found. */
  recipient?: string;
  body?: Buffer;
  document?: JsonObject;
  activity?: ReadActivity;
  message?: IncomingMessage;
  signature?: ParsedSignature;
}

/** The end of a visit. `reason` is for programs and the log, `error` for the sender's administrator. */
export interface Verdict {
  status: number;
  reason: string;
  /** Left out where there is nothing to mend. */
  error?: string;
  /** Seconds. */
  retryAfter?: number;
  /** The connection is of no use any more. */
  hangUp?: boolean;
}

/** One check of the door: nothing lets the visitor on to the next, a verdict ends the visit. */
export interface Step {
  name: string;
  run(knock: Knock): Verdict | undefined | Promise<Verdict | undefined>;
}

export function refuse(status: number, reason: string, error: string, more: Partial<Verdict> = {}): Verdict {
  return { status, reason, error, ...more };
}

/** What an earlier step has found; its absence is a mistake in the order of the steps. */
export function found<Name extends "body" | "document" | "activity" | "message" | "signature">(
  knock: Knock,
  name: Name,
): NonNullable<Knock[Name]> {
  const value = knock[name];
  if (value === undefined) throw new Error(`The door's steps are out of order: ${name} is not there yet.`);
  return value;
}
