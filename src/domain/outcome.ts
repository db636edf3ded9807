/**
 * What became of something that arrived. Both answers are fine to the sender: the difference is for the log and the
 * owner. Trouble that may pass is thrown as RetryLater, trouble for good as Permanent.
 */
export type Outcome = { done: true; what: string } | { done: false; why: string };

export const done = (what: string): Outcome => ({ done: true, what });
export const ignored = (why: string): Outcome => ({ done: false, why });
