import { isIPv6 } from "node:net";
import { LRUCache } from "lru-cache";
import { SECOND, type Clock } from "../support/clock.ts";

/** Look-ups on other servers that one address may cause: ten at once, then one every six seconds. */
const SIZE = 10;
const REFILL = 6 * SECOND;
/** Addresses remembered. Whoever has more of them than this is not stopped here but by the network's own limits. */
const ADDRESSES = 10_000;

/** A bucket for each visitor's address, in memory only. */
export class VisitorBudget {
  readonly #clock: Clock;
  readonly #spent = new LRUCache<string, { tokens: number; at: number }>({ max: ADDRESSES });

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Takes one look-up. 0: go ahead; otherwise the seconds to wait. */
  take(address: string): number {
    const key = networkOf(address);
    const now = this.#clock.now().getTime();
    const before = this.#spent.get(key) ?? { tokens: SIZE, at: now };
    const tokens = Math.min(SIZE, before.tokens + Math.max(0, now - before.at) / REFILL);
    if (tokens < 1) {
      this.#spent.set(key, { tokens, at: now });
      return Math.ceil(((1 - tokens) * REFILL) / SECOND);
    }
    this.#spent.set(key, { tokens: tokens - 1, at: now });
    return 0;
  }
}

/** One household has a whole /64 of IPv6 addresses. */
function networkOf(address: string): string {
  if (!isIPv6(address) || address.includes(".")) return address;
  const [head = "", tail = ""] = address.split("%")[0]?.split("::") ?? [];
  const left = head.split(":").filter(Boolean);
  const right = tail.split(":").filter(Boolean);
  const middle = Array<string>(Math.max(0, 8 - left.length - right.length)).fill("0");
  return [...left, ...middle, ...right].slice(0, 4).join(":");
}
