import type { Request, Response } from "express";
import { isAway } from "./database/connect.ts";
import { FediverseError, reasonOf, StoreUnavailable } from "./support/errors.ts";
import type { Site } from "./site.ts";

/**
 * The last stop of every error in a request of ours: the safe text for the person, the rest for the log. JSON for
 * servers, a small page for people.
 */
export function answerError(site: Site, thrown: unknown, request: Request, response: Response): void {
  const error = asOurs(thrown);
  if (error.status >= 500 && !(error instanceof StoreUnavailable)) {
    site.logger.error(
      {
        path: request.path,
        error: reasonOf(thrown),
        stack: thrown instanceof Error ? thrown.stack : undefined,
      },
      "a request failed",
    );
  }
  if (response.headersSent) {
    response.destroy();
    return;
  }
  response
    .status(error.status)
    .set({ "Cache-Control": "no-store", "X-Content-Type-Options": "nosniff", Vary: "Accept" });
  if (error.retryAfter !== undefined) response.set("Retry-After", String(error.retryAfter));
  if (isForPeople(request)) response.type("html").send(page(error));
  else response.type("json").send(JSON.stringify({ error: error.message, reason: error.code }));
}

function asOurs(thrown: unknown): FediverseError {
  if (thrown instanceof FediverseError) return thrown;
  if (isAway(thrown)) return new StoreUnavailable(thrown);
  // Express itself refuses some requests (a malformed percent-encoding, for one) with a status of its own.
  const status =
    typeof thrown === "object" && thrown !== null ? (thrown as { status?: unknown }).status : undefined;
  if (typeof status === "number" && status >= 400 && status < 500) {
    return new FediverseError("This request cannot be understood.", {
      code: "bad-request",
      status,
      cause: thrown,
    });
  }
  return new FediverseError("Something went wrong here. It has been noted.", {
    code: "internal",
    status: 500,
    cause: thrown,
  });
}

function isForPeople(request: Request): boolean {
  return (
    /^\/(@|tags\/|fediverse\/|oauth\/authorize)/.test(request.path) &&
    (request.headers.accept ?? "").includes("text/html")
  );
}

function page(error: FediverseError): string {
  const text = error.message.replace(/[&<>"]/g, (character) => `&#${character.charCodeAt(0)};`);
  return `<!doctype html><html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>${error.status}</title><body style="font:1.1rem/1.5 system-ui;max-width:34rem;margin:15vh auto;padding:0 1rem;color-scheme:light dark"><p>${text}</p></body></html>`;
}
