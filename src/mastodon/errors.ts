import type { Response } from "express";
import { FediverseError, Gone, NotFound } from "../support/errors.ts";

/** An answer other than success, in the words that clients know: `{"error": text}` and what `extra` adds. */
export class ApiError extends FediverseError {
  readonly extra: Readonly<Record<string, unknown>>;

  constructor(status: number, error: string, extra: Record<string, unknown> = {}) {
    super(error, { code: "api", status });
    this.extra = extra;
  }
}

/** Why fields were refused, by field; `error` is one of `ERR_BLANK`, `ERR_INVALID`, `ERR_TOO_LONG`, … */
export type FieldErrors = Record<string, { error: string; description: string }[]>;

/** What is not here, and what one may not see: clients take 403 for a broken login. */
export function notFound(): ApiError {
  return new ApiError(404, "Record not found");
}

/** Clients log the person out when they read this: only for a token that is missing or wrong. */
export function unauthorised(): ApiError {
  return new ApiError(401, "The access token is invalid");
}

/** The token's scopes do not cover this method. */
export function forbidden(): ApiError {
  return new ApiError(403, "This action is outside the authorized scopes");
}

/** A token of an app alone, where a person is needed. */
export function userNeeded(): ApiError {
  return new ApiError(422, "This method requires an authenticated user");
}

/** Input that cannot be taken: nothing was changed. */
export function unprocessable(text: string, details?: FieldErrors): ApiError {
  return new ApiError(422, text, details === undefined ? {} : { details });
}

/** One field that is wrong, told as upstream tells it. */
export function invalidField(field: string, error: string, description: string): ApiError {
  const label = field.replaceAll("_", " ").replace(/^./, (letter) => letter.toUpperCase());
  return unprocessable(`Validation failed: ${label} ${description}`, { [field]: [{ error, description }] });
}

/** Sends what was refused on purpose; `false` for what only the last error handler knows to tell. */
export function answerRefusal(error: unknown, response: Response): boolean {
  const refusal = refusalOf(error);
  if (refusal === undefined || response.headersSent) return false;
  if (refusal.status === 401 && !response.hasHeader("WWW-Authenticate"))
    response.set("WWW-Authenticate", 'Bearer error="invalid_token"');
  if (refusal.retryAfter !== undefined) response.set("Retry-After", String(refusal.retryAfter));
  response.status(refusal.status).set("Cache-Control", "no-store").type("json");
  response.send(
    JSON.stringify({ error: refusal.message, ...(refusal instanceof ApiError ? refusal.extra : {}) }),
  );
  return true;
}

function refusalOf(error: unknown): FediverseError | undefined {
  if (error instanceof NotFound || error instanceof Gone) return notFound();
  return error instanceof FediverseError && error.status < 500 ? error : undefined;
}
