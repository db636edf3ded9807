import { LRUCache } from "lru-cache";
import { SECOND } from "../support/clock.ts";

/** Fetches that one host may cause at once, and how fast the allowance grows back. */
const BURST = 300;
const PER_SECOND = 5;
/** Hosts remembered; one that is forgotten begins with a full allowance. */
const HOSTS = 10_000;

interface Bucket {
  left: number;
  at: number;
}

/**
 * How often others may make us fetch from one host. An unsigned request is enough to make us look for its key, so
 * without a limit anybody could use us to call a third party, or keep us busy with a host of theirs. A post that goes
 * round causes two fetches for each new person who likes it, hence the size of the burst.
 */
export class FetchBudget {
  readonly #buckets = new LRUCache<string, Bucket>({ max: HOSTS });

  /** Takes one fetch from the host's allowance; false when there is none left. */
  take(host: string, now: Date): boolean {
    const at = now.getTime();
    const bucket = this.#buckets.get(host) ?? { left: BURST, at };
    bucket.left = Math.min(BURST, bucket.left + (Math.max(0, at - bucket.at) / SECOND) * PER_SECOND);
    bucket.at = at;
    this.#buckets.set(host, bucket);
    if (bucket.left < 1) return false;
    bucket.left -= 1;
    return true;
  }
}
