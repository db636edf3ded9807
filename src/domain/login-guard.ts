import { LRUCache } from "lru-cache";
import type { RateLimiterMemory } from "rate-limiter-flexible";
import type { Site } from "../site.ts";
import { rateLimiter } from "../support/rate-limiter.ts";

/**
 * Wrong passwords that are borne. Three counts, since each alone has a hole: one address may guess at many accounts, many
 * addresses at one account, and an owner who mistypes must not be locked out by somebody else's guessing: from where they
 * have logged in before, the last count does not hold them up.
 */
const BORNE = {
  /** By one address for one account, in a quarter of an hour. */
  pair: { points: 8, duration: 900 },
  /** By one address, in a quarter of an hour. */
  address: { points: 24, duration: 900 },
  /** For one account from everywhere, in an hour. */
  account: { points: 120, duration: 3600 },
};

/** Addresses from which somebody has logged in, kept for so many accounts and addresses. */
const KNOWN = 1000;

interface Counts extends Record<keyof typeof BORNE, RateLimiterMemory> {
  known: LRUCache<string, true>;
}

/** In this process: they are forgotten by a restart, and each further process bears as much again. */
const guards = new WeakMap<Site, Counts>();

function countsOf(site: Site): Counts {
  let counts = guards.get(site);
  if (!counts) {
    const { RateLimiterMemory } = rateLimiter();
    counts = {
      pair: new RateLimiterMemory(BORNE.pair),
      address: new RateLimiterMemory(BORNE.address),
      account: new RateLimiterMemory(BORNE.account),
      known: new LRUCache({ max: KNOWN }),
    };
    guards.set(site, counts);
  }
  return counts;
}

function keysOf(address: string, username: string): Record<keyof typeof BORNE, string> {
  // Nobody's names are counted as well: otherwise they would show which ones exist.
  const name = username.trim().toLowerCase().slice(0, 100);
  return { pair: `${address}|${name}`, address, account: name };
}

/**
 * Counts an attempt before it is made, so that many at once cannot slip through together.
 * @returns seconds to wait; 0: go ahead.
 */
export async function beginAttempt(site: Site, address: string, username: string): Promise<number> {
  const counts = countsOf(site);
  const keys = keysOf(address, username);
  try {
    await counts.pair.consume(keys.pair);
    await counts.address.consume(keys.address);
    if (!counts.known.has(keys.pair)) await counts.account.consume(keys.account);
    return 0;
  } catch (spent) {
    if (!(spent instanceof rateLimiter().RateLimiterRes)) throw spent;
    return Math.max(1, Math.ceil(spent.msBeforeNext / 1000));
  }
}

/** The attempt was right: it costs nothing, and this address has shown who it is. */
export async function forgiveAttempts(site: Site, address: string, username: string): Promise<void> {
  const counts = countsOf(site);
  const keys = keysOf(address, username);
  await counts.pair.delete(keys.pair);
  await counts.address.reward(keys.address);
  await counts.account.reward(keys.account);
  counts.known.set(keys.pair, true);
}
