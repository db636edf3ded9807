import { DAY, HOUR, MINUTE, SECOND } from "../support/clock.ts";

/** Waits between attempts: a little over six days in all, so that a server that was down over a week-end misses nothing. */
export const WAITS: readonly number[] = [
  MINUTE,
  5 * MINUTE,
  15 * MINUTE,
  30 * MINUTE,
  HOUR,
  2 * HOUR,
  4 * HOUR,
  8 * HOUR,
  12 * HOUR,
  24 * HOUR,
  24 * HOUR,
  24 * HOUR,
  24 * HOUR,
  24 * HOUR,
];
/** Part of a wait by which it is made shorter or longer at random, so that rows that failed together come back apart. */
export const JITTER = 0.25;
/** No server may keep a delivery waiting for longer than this by Retry-After. */
export const LONGEST_RETRY_AFTER = 24 * HOUR;
/** A row older than this is given up whatever it waited for; an open breaker costs no attempt, so attempts alone do not end it. */
export const LONGEST_LIFE = 9 * DAY;
/** Attempts after which 401 and 403 are believed. The first may only mean that the other side failed to fetch our key. */
const REFUSALS = 3;

/** What came of one attempt. */
export type Attempt =
  | { answered: true; code: number; retryAfter?: string | undefined }
  /** `final`: it will be the same tomorrow. `ours`: the fault is on our side and says nothing about the host. */
  | { answered: false; error: string; final: boolean; ours?: boolean };

export interface History {
  /** Attempts made, this one included. */
  attempts: number;
  /** What the attempt before this one was answered with. */
  previousCode?: number | undefined;
  createdAt: Date;
}

export type Verdict = { state: "delivered" } | { state: "pending"; nextAt: Date } | { state: "failed" };

/** Decides what becomes of a delivery after an attempt. `random` gives 0 to 1. */
export function verdict(attempt: Attempt, history: History, now: Date, random: () => number): Verdict {
  if (attempt.answered && attempt.code >= 200 && attempt.code < 300) return { state: "delivered" };
  if (isFinal(attempt, history)) return { state: "failed" };
  const wait = WAITS[history.attempts - 1];
  if (wait === undefined) return { state: "failed" };
  const asked = attempt.answered ? parseRetryAfter(attempt.retryAfter, now) : undefined;
  const nextAt = new Date(now.getTime() + Math.max(jittered(wait, random), asked ?? 0));
  if (nextAt.getTime() - history.createdAt.getTime() > LONGEST_LIFE) return { state: "failed" };
  return { state: "pending", nextAt };
}

function isFinal(attempt: Attempt, history: History): boolean {
  if (!attempt.answered) return attempt.final;
  const { code } = attempt;
  if (code === 401 || code === 403) {
    const before = history.previousCode;
    return history.attempts >= REFUSALS && (before === 401 || before === 403);
  }
  if (code === 408 || code === 425 || code === 429) return false;
  if (code === 501) return true;
  // A redirect is not followed (the signature names the first target), but it may be a maintenance page.
  return code >= 400 && code < 500;
}

function jittered(wait: number, random: () => number): number {
  return Math.round(wait * (1 + JITTER * (2 * random() - 1)));
}

/**
 * Milliseconds that a Retry-After header asks for (RFC 9110 section 10.2.3): seconds or a date, at most a day.
 * `undefined` for what is neither or lies in the past.
 */
export function parseRetryAfter(value: string | undefined, now: Date): number | undefined {
  if (value === undefined || value.length > 64) return undefined;
  const text = value.trim();
  const wait = /^\d+$/.test(text) ? Number(text) * SECOND : dateIn(text) - now.getTime();
  return wait > 0 ? Math.min(wait, LONGEST_RETRY_AFTER) : undefined;
}

/** Only the form of HTTP dates: Date.parse alone would take "-5" for a year. */
function dateIn(text: string): number {
  return /^[A-Za-z]{3,9},? /.test(text) ? Date.parse(text) : NaN;
}
