import type * as RateLimiterFlexible from "rate-limiter-flexible";
import { onDemand } from "./on-demand.ts";

/** It brings the counters of three dozen stores; ours are in memory, and wait for an app or a login. */
export const rateLimiter = onDemand<typeof RateLimiterFlexible>("rate-limiter-flexible");
