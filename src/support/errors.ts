/** How an error presents itself: `code` for programs, `status` for HTTP, `message` safe to show to anybody. */
export interface FediverseErrorOptions {
  code: string;
  status?: number;
  cause?: unknown;
  /** Seconds to wait before trying again, sent as Retry-After. */
  retryAfter?: number;
}

/**
 * The root of every error this package throws on purpose. `message` says what happened and what to do, and holds
 * nothing that a stranger may not read; details for the log travel in `cause`.
 */
export class FediverseError extends Error {
  readonly code: string;
  readonly status: number;
  readonly retryAfter: number | undefined;

  constructor(message: string, options: FediverseErrorOptions) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = new.target.name;
    this.code = options.code;
    this.status = options.status ?? 500;
    this.retryAfter = options.retryAfter;
  }
}

/** A wrong option at the start; the text names the option, what was given and what is wanted. */
export class OptionsError extends FediverseError {
  constructor(message: string, cause?: unknown) {
    super(message, { code: "options", status: 500, cause });
  }
}

/** Input that cannot be taken: nothing was changed. */
export class InvalidInput extends FediverseError {
  constructor(message: string, code = "invalid-input", status = 422, cause?: unknown) {
    super(message, { code, status, cause });
  }
}

/** What was asked for is not here, or not for this person: the two look alike on purpose. */
export class NotFound extends FediverseError {
  constructor(message = "Not found.") {
    super(message, { code: "not-found", status: 404 });
  }
}

/** It was here and is gone for good. */
export class Gone extends FediverseError {
  constructor(message = "This has been deleted.") {
    super(message, { code: "gone", status: 410 });
  }
}

/** The store cannot be reached now; the caller may come again. */
export class StoreUnavailable extends FediverseError {
  constructor(cause?: unknown, retryAfter = 30) {
    super("The site's database cannot be reached right now. Please try again in a little while.", {
      code: "store-unavailable",
      status: 503,
      cause,
      retryAfter,
    });
  }
}

/** A worker's signal: this piece of work may succeed later. `after` is in milliseconds; left out, the schedule decides. */
export class RetryLater extends FediverseError {
  readonly after: number | undefined;
  constructor(message: string, options: { code?: string; after?: number; cause?: unknown } = {}) {
    super(message, { code: options.code ?? "retry-later", status: 503, cause: options.cause });
    this.after = options.after;
  }
}

/** A worker's signal: this piece of work can never succeed. */
export class Permanent extends FediverseError {
  constructor(message: string, options: { code?: string; cause?: unknown } = {}) {
    super(message, { code: options.code ?? "permanent", status: 422, cause: options.cause });
  }
}

/** The text of anything thrown, for logs. */
export function reasonOf(error: unknown): string {
  if (error instanceof Error)
    return error.cause === undefined ? error.message : `${error.message} (${reasonOf(error.cause)})`;
  return String(error);
}

/** MongoDB's duplicate key, as every compatible server reports it: only the code can be relied on. */
export function isDuplicateKey(error: unknown): boolean {
  return typeof error === "object" && error !== null && (error as { code?: unknown }).code === 11000;
}
