import type { Doc, Value } from "../bson/value.ts";
import { StoreError } from "../errors.ts";
import type { Task } from "../storage/task.ts";
import { sliceIsOver } from "../storage/task.ts";

/** The fields of an error in a reply or in `writeErrors`. */
export function errorFields(error: StoreError): [string, Value][] {
  return [["code", error.code], ["errmsg", error.message], ...([...error.extra] as [string, Value][])];
}

/**
 * Runs the statements of a write command one after the other. An error of one is noted; `ordered` commands stop
 * there. Each statement is whole or not at all, the command is not.
 */
export function* eachStatement<T>(
  statements: readonly T[],
  ordered: boolean,
  run: (statement: T, index: number) => Task<void>,
): Task<Value[]> {
  const errors: Value[] = [];
  for (const [index, statement] of statements.entries()) {
    try {
      yield* run(statement, index);
    } catch (error) {
      if (!(error instanceof StoreError)) throw error;
      errors.push(new Map<string, Value>([["index", index], ...errorFields(error)]));
      if (ordered) break;
    }
    if (sliceIsOver()) yield undefined;
  }
  return errors;
}

/** A reply with its write errors, which are left out when there are none. */
export function withErrors(reply: Doc, errors: Value[]): Doc {
  if (errors.length > 0) reply.set("writeErrors", errors);
  reply.set("ok", 1);
  return reply;
}
