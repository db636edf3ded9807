import type { Response } from "express";
import type { RateLimiterMemory, RateLimiterRes } from "rate-limiter-flexible";
import type { Clock } from "../support/clock.ts";
import { rateLimiter } from "../support/rate-limiter.ts";
import { ApiError } from "./errors.ts";

/** Requests, and the seconds they are counted over. */
interface Budget {
  points: number;
  duration: number;
}

/**
 * Who may ask how often, as upstream counts: per token, and per address where there is none. Registering apps and asking
 * for tokens costs more, since each leaves a row or tries a secret. Uploads and deletions are upstream's own, too.
 */
const budgets = (requests: number) =>
  ({
    token: { points: requests, duration: 300 },
    address: { points: requests, duration: 300 },
    registration: { points: 5, duration: 600 },
    grant: { points: 60, duration: 300 },
    media: { points: 30, duration: 1800 },
    deletion: { points: 30, duration: 1800 },
  }) satisfies Record<string, Budget>;

export type BudgetName = keyof ReturnType<typeof budgets>;

/** The counters of one site in this process. */
export class RateLimits {
  readonly #clock: Clock;
  readonly #budgets: ReturnType<typeof budgets>;
  readonly #limiters: Partial<Record<BudgetName, RateLimiterMemory>> = {};

  /** @param requests of one token, or of one address without, in five minutes. */
  constructor(clock: Clock, requests: number) {
    this.#clock = clock;
    this.#budgets = budgets(requests);
  }

  /**
   * Takes one request from a budget and tells the client what is left.
   * @throws {ApiError} 429 where nothing is.
   */
  async take(name: BudgetName, key: string, response: Response): Promise<void> {
    const limiter = this.#limiterOf(name);
    try {
      this.#tell(response, limiter.points, await limiter.consume(key));
    } catch (spent) {
      if (!(spent instanceof rateLimiter().RateLimiterRes)) throw spent;
      this.#tell(response, limiter.points, spent);
      response.set("Retry-After", String(Math.ceil(spent.msBeforeNext / 1000)));
      throw new ApiError(429, "Too many requests");
    }
  }

  /** Is nothing left? Takes nothing. */
  async isSpent(name: BudgetName, key: string): Promise<boolean> {
    const limiter = this.#limiterOf(name);
    const left = await limiter.get(key);
    return left !== null && left.consumedPoints >= limiter.points;
  }

  #limiterOf(name: BudgetName): RateLimiterMemory {
    const { RateLimiterMemory } = rateLimiter();
    return (this.#limiters[name] ??= new RateLimiterMemory(this.#budgets[name]));
  }

  #tell(response: Response, limit: number, state: RateLimiterRes): void {
    const reset = new Date(this.#clock.now().getTime() + Math.max(0, state.msBeforeNext));
    response.set({
      "X-RateLimit-Limit": String(limit),
      "X-RateLimit-Remaining": String(state.remainingPoints),
      "X-RateLimit-Reset": reset.toISOString(),
    });
  }
}
