import { HOUR, MINUTE } from "../support/clock.ts";

/** Failures in a row after which a host is left alone. */
export const THRESHOLD = 5;
export const FIRST_PAUSE = 5 * MINUTE;
export const LONGEST_PAUSE = 12 * HOUR;

/** What the breaker remembers of a host. A clean host is `{ failures: 0 }`. */
export interface BreakerState {
  /** Failures in a row, up to the threshold. */
  failures: number;
  /** Nothing is sent before this. */
  openUntil?: Date;
  /** How often in a row it has opened. */
  opened?: number;
}

export const CLEAN: BreakerState = { failures: 0 };

/** `closed`: send. `open`: not before `until`. `probe`: one request may find out whether the host is back. */
export type Gate = { gate: "closed" } | { gate: "open"; until: Date } | { gate: "probe" };

export function gateOf(state: BreakerState, now: Date): Gate {
  if (state.openUntil === undefined) return { gate: "closed" };
  return state.openUntil > now ? { gate: "open", until: state.openUntil } : { gate: "probe" };
}

/** A request was not answered, or by an error of the server's own. */
export function afterFailure(state: BreakerState, now: Date): BreakerState {
  const gate = gateOf(state, now).gate;
  // Requests that were under way when it opened say nothing new.
  if (gate === "open") return state;
  const failures = Math.min(state.failures + 1, THRESHOLD);
  if (gate === "closed" && failures < THRESHOLD) return { ...state, failures };
  const opened = (state.opened ?? 0) + 1;
  const pause = Math.min(FIRST_PAUSE * 2 ** (opened - 1), LONGEST_PAUSE);
  return { failures, opened, openUntil: new Date(now.getTime() + pause) };
}

/** The host gave a sign of life: an answer to us, or a request of its own. */
export function afterLife(): BreakerState {
  return CLEAN;
}

/** Does this answer prove that the host works? One of 500 and more does not; 429 and 4xx do. */
export function isLife(code: number): boolean {
  return code < 500;
}
