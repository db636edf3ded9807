import { successor } from "../bson/keys.ts";

/** A span of encoded keys (see bson/keys.ts); the ends may be mere beginnings of keys. */
export interface Interval {
  readonly lo: Buffer;
  readonly loIncluded: boolean;
  readonly hi: Buffer;
  readonly hiIncluded: boolean;
}

const empty = Buffer.alloc(0);
const top = Buffer.from([0xff]);

/** Every key there is. */
export const everything: Interval = { lo: empty, loIncluded: true, hi: top, hiIncluded: false };

/** Exactly one key. */
export function point(key: Buffer): Interval {
  return { lo: key, loIncluded: true, hi: key, hiIncluded: true };
}

/** Whether an interval holds exactly one key. */
export function isPoint(interval: Interval): boolean {
  return interval.loIncluded && interval.hiIncluded && interval.lo.equals(interval.hi);
}

/** The first byte string inside (for a lower end) as a plain inclusive start. */
export function startOf(interval: Interval): Buffer {
  return interval.loIncluded ? interval.lo : (successor(interval.lo) ?? top);
}

/** The first byte string behind (for an upper end) as a plain exclusive end. */
export function endOf(interval: Interval): Buffer {
  return interval.hiIncluded ? (successor(interval.hi) ?? top) : interval.hi;
}

function span(lo: Buffer, hi: Buffer): Interval {
  return { lo, loIncluded: true, hi, hiIncluded: false };
}

function isEmpty(interval: Interval): boolean {
  return Buffer.compare(startOf(interval), endOf(interval)) >= 0;
}

/** Sorts intervals and joins those that overlap, so that no key is seen twice. */
export function normalise(intervals: readonly Interval[]): Interval[] {
  const sorted = intervals
    .filter((interval) => !isEmpty(interval))
    .map((interval) => ({ interval, start: startOf(interval), end: endOf(interval) }))
    .sort((a, b) => Buffer.compare(a.start, b.start) || Buffer.compare(a.end, b.end));
  const result: typeof sorted = [];
  for (const next of sorted) {
    const last = result.at(-1);
    if (last === undefined || Buffer.compare(next.start, last.end) >= 0) result.push(next);
    else if (Buffer.compare(next.end, last.end) > 0) {
      last.interval = span(last.start, next.end);
      last.end = next.end;
    }
  }
  return result.map((entry) => entry.interval);
}

/** The keys that lie in both lists. */
export function intersect(a: readonly Interval[], b: readonly Interval[]): Interval[] {
  const result: Interval[] = [];
  for (const x of a) {
    for (const y of b) {
      const lower = Buffer.compare(startOf(x), startOf(y)) >= 0 ? x : y;
      const upper = Buffer.compare(endOf(x), endOf(y)) <= 0 ? x : y;
      const both: Interval = {
        lo: lower.lo,
        loIncluded: lower.loIncluded,
        hi: upper.hi,
        hiIncluded: upper.hiIncluded,
      };
      if (!isEmpty(both)) result.push(both);
    }
  }
  return normalise(result);
}
