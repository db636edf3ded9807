import { LRUCache } from "lru-cache";
import { addressKey } from "../support/addresses.ts";
import { SECOND, type Clock } from "../support/clock.ts";

/** Look-ups on other servers that one address may cause: ten at once, then one every six seconds. */
const SIZE = 10;
const REFILL = 6 * SECOND;
/** Addresses remembered. Whoever has more of them than this is not stopped here but by the network's own limits. */
const ADDRESSES = 10_000;

/** Kept for each visitor's address, in memory only: the time at which its budget will be whole again. */
export class VisitorBudget {
  readonly #clock: Clock;
  readonly #wholeAt = new LRUCache<string, number>({ max: ADDRESSES });

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Takes one look-up. 0: go ahead; otherwise the seconds to wait. */
  take(address: string): number {
    const key = addressKey(address);
    const now = this.#clock.now().getTime();
    const wholeAt = Math.max(now, this.#wholeAt.get(key) ?? 0) + REFILL;
    const wait = wholeAt - now - SIZE * REFILL;
    if (wait > 0) return Math.ceil(wait / SECOND);
    this.#wholeAt.set(key, wholeAt);
    return 0;
  }
}
