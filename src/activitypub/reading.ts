import type { Request, RequestHandler, Router } from "express";
import { preferenceForId } from "./accept.ts";
import { MethodNotAllowed, NotAcceptable } from "./errors.ts";

export interface ReadingOptions {
  /** The page of what is here, for browsers that follow an id. */
  page?: (request: Request) => Promise<string>;
  /** Another router answers POST here: only the other methods are refused. */
  alsoPost?: boolean;
}

/** Registers addresses that answer GET and HEAD in one media type, whatever is accepted: `/.well-known` and NodeInfo. */
export function getOnly(router: Router): (path: string, handler: RequestHandler) => void {
  return (path, handler) => {
    router.get(path, async (request, response, next) => {
      // Apps in a browser are to read why not, too.
      response.set("Access-Control-Allow-Origin", "*");
      await handler(request, response, next);
    });
    router.all(path, refuse("GET, HEAD, OPTIONS"));
  };
}

function refuse(allow: string): RequestHandler {
  return (request, response) => {
    response.set("Allow", allow);
    if (request.method !== "OPTIONS") throw new MethodNotAllowed(request.method);
    response
      .set({ "Access-Control-Allow-Origin": "*", "Access-Control-Allow-Headers": "Accept" })
      .status(204)
      .end();
  };
}

type At = (path: string, ...rest: [ReadingOptions, RequestHandler] | [RequestHandler]) => void;

/**
 * Registers addresses that can only be read: GET and HEAD, in an ActivityPub media type; a browser is sent to the page
 * where there is one, every other method is refused by name.
 */
export function reading(router: Router): At {
  return (path, ...rest) => {
    const [options, handler] = rest.length === 2 ? rest : [{}, rest[0]];
    const { page, alsoPost = false } = options;
    router.get(path, async (request, response, next) => {
      const { first, json } = preferenceForId(request.headers.accept);
      if (first === "html" && page) {
        response
          .vary("Accept")
          .set("Cache-Control", "no-cache")
          .redirect(303, await page(request));
        return;
      }
      if (!json) throw new NotAcceptable();
      await handler(request, response, next);
    });
    const others = refuse(alsoPost ? "GET, HEAD, OPTIONS, POST" : "GET, HEAD, OPTIONS");
    router.all(path, (request, response, next) => {
      if (alsoPost && request.method === "POST") next();
      else void others(request, response, next);
    });
  };
}
