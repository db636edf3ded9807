import { DAY, HOUR, MINUTE } from "../../support/clock.ts";

/** Pauses after each failed try: a host that is away for a day does not cost us what it sent before. */
const PAUSES = [MINUTE, 5 * MINUTE, 20 * MINUTE, HOUR, 4 * HOUR, 12 * HOUR, DAY];

/** Tries in all. */
export const TRIES = PAUSES.length + 1;

/** Milliseconds until the next try after `attempts` tries, or `undefined` when it was the last. */
export function pauseAfter(attempts: number): number | undefined {
  return PAUSES[Math.max(1, attempts) - 1];
}
