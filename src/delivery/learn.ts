import type { Site } from "../site.ts";
import { fromNow } from "../support/clock.ts";
import { isLife } from "./breaker.ts";
import type { Ending } from "./endings.ts";
import type { HostBook } from "./hosts.ts";
import { parseRetryAfter, type Attempt } from "./schedule.ts";

/** What an answer says about its host as a whole. */
export interface Lesson {
  /** It is back: rows that were pushed away because of it can be sent. */
  revived: boolean;
  /** It is to be left alone: rows that wait for it in memory go back. */
  rests: boolean;
}

/** Enters into the book what an attempt has shown of its host. */
export function learn(site: Site, book: HostBook, host: string, outcome: Attempt, ending: Ending): Lesson {
  if (!outcome.answered) {
    if (outcome.ours === true) return { revived: false, rests: false };
    return { revived: false, rests: book.failed(host, { error: outcome.error }) };
  }
  const { code } = outcome;
  const revived = isLife(code) && book.alive(host);
  let rests = false;
  if (!isLife(code))
    rests = book.failed(host, { code, ...(ending.error === undefined ? {} : { error: ending.error }) });
  // Both mean the whole server, not the one inbox.
  const asked =
    code === 429 || code === 503 ? parseRetryAfter(outcome.retryAfter, site.clock.now()) : undefined;
  if (asked !== undefined) {
    book.pause(host, fromNow(site.clock, asked));
    rests = true;
  }
  return { revived, rests };
}
