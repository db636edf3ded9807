import { FediverseError } from "../support/errors.ts";

/** The URL is ours and there is nothing to do this to. The caller has set `Allow`. */
export class MethodNotAllowed extends FediverseError {
  constructor(method: string) {
    super(`${method} is not possible here.`, { code: "method-not-allowed", status: 405 });
  }
}

/** Nothing that was asked for can be given. */
export class NotAcceptable extends FediverseError {
  constructor() {
    super("This address answers application/activity+json; nothing in your Accept header permits that.", {
      code: "not-acceptable",
      status: 406,
    });
  }
}

/** The question itself is wrong. */
export class BadRequest extends FediverseError {
  constructor(message: string, code: string) {
    super(message, { code, status: 400 });
  }
}
