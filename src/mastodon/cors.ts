import type { NextFunction, Request, Response } from "express";

const EXPOSED =
  "Link, X-RateLimit-Limit, X-RateLimit-Remaining, X-RateLimit-Reset, X-Request-Id, Mastodon-Async-Refresh";

/**
 * Lets scripts of any site call the API: tokens travel in a header that a browser never adds by itself, so there is no
 * cookie to be misused. Preflights are answered here, before anybody asks who is calling.
 */
export function crossOrigin(request: Request, response: Response, next: NextFunction): void {
  response.set({ "Access-Control-Allow-Origin": "*", "Access-Control-Expose-Headers": EXPOSED });
  if (request.method !== "OPTIONS") {
    next();
    return;
  }
  response.set({
    "Access-Control-Allow-Methods": "GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS",
    "Access-Control-Allow-Headers": request.get("access-control-request-headers") ?? "*",
    "Access-Control-Max-Age": "7200",
    "Content-Length": "0",
  });
  response.status(200).end();
}
