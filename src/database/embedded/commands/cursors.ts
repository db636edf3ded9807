import { randomBytes } from "node:crypto";
import type { Binary } from "bson";
import type { Doc, Value, Raw } from "../bson/value.ts";
import { isDoc } from "../bson/value.ts";
import { codes, StoreError } from "../errors.ts";
import type { Task } from "../storage/task.ts";

/** Results one by one; undefined is a point where the task may pause. */
export type Results = Generator<Raw | undefined, void, undefined>;

interface Cursor {
  readonly namespace: string;
  /** Known once the cursor stays open. */
  session: string | undefined;
  readonly results: Results;
  /** A result that no longer fitted into the last batch. */
  held: Raw | undefined;
  lastUsed: number;
  busy: boolean;
}

/** A reply holds at most one document of the greatest size and a little around it. */
const batchBytes = 16 * 1024 * 1024;
const idleMilliseconds = 10 * 60 * 1000;
const maxCursors = 10_000;

/** The session of a command, as the key under which its cursors are found. */
export function sessionOf(body: Doc): string | undefined {
  const lsid = body.get("lsid");
  const id = isDoc(lsid) ? (lsid.get("id") as Binary | undefined) : undefined;
  return id === undefined ? undefined : Buffer.from(id.buffer.subarray(0, id.position)).toString("hex");
}

/**
 * Open cursors. One is a suspended generator that remembers the last key it has seen; it holds no iterator and no
 * snapshot of the database.
 */
export class Cursors {
  readonly #open = new Map<bigint, Cursor>();

  /** Fills a first batch, and keeps the rest of the results under an id if there is any. */
  *first(
    namespace: string,
    body: Doc,
    results: Results,
    batchSize: number | undefined,
    single: boolean,
    now: Date,
  ): Task<Doc> {
    if (this.#open.size >= maxCursors) {
      throw new StoreError(codes.badValue, `too many open cursors: ${maxCursors}`);
    }
    const cursor: Cursor = {
      namespace,
      session: undefined,
      results,
      held: undefined,
      lastUsed: now.getTime(),
      busy: false,
    };
    const { batch, done } = yield* this.#fill(cursor, batchSize ?? 101);
    if (done || single) {
      results.return();
      return reply(namespace, "firstBatch", batch, 0n);
    }
    // Most results fit into one batch: only what stays open costs a random id.
    const id = (randomBytes(8).readBigInt64BE() & 0x7fffffffffffffffn) | 1n;
    cursor.session = sessionOf(body);
    this.#open.set(id, cursor);
    return reply(namespace, "firstBatch", batch, id);
  }

  /** The next batch. @throws {StoreError} 43 when there is no such cursor */
  *more(id: bigint, namespace: string, batchSize: number | undefined, now: Date): Task<Doc> {
    const cursor = this.#open.get(id);
    if (cursor === undefined || cursor.busy) {
      throw new StoreError(codes.cursorNotFound, `cursor id ${id} not found`);
    }
    if (cursor.namespace !== namespace) {
      throw new StoreError(
        13,
        `Requested getMore on namespace '${namespace}', but cursor belongs to a different namespace ${cursor.namespace}`,
      );
    }
    cursor.busy = true;
    try {
      const { batch, done } = yield* this.#fill(cursor, batchSize ?? Number.MAX_SAFE_INTEGER);
      if (done) this.#open.delete(id);
      cursor.lastUsed = now.getTime();
      return reply(namespace, "nextBatch", batch, done ? 0n : id);
    } catch (error) {
      this.#open.delete(id);
      throw error;
    } finally {
      cursor.busy = false;
    }
  }

  *#fill(cursor: Cursor, most: number): Task<{ batch: Raw[]; done: boolean }> {
    const batch: Raw[] = [];
    let bytes = 0;
    if (cursor.held !== undefined && most > 0) {
      batch.push(cursor.held);
      bytes += cursor.held.bytes.length;
      cursor.held = undefined;
    }
    while (batch.length < most) {
      const next = cursor.results.next();
      if (next.done === true) return { batch, done: true };
      const result = next.value;
      if (result === undefined) yield undefined;
      else if (bytes + result.bytes.length > batchBytes && batch.length > 0) {
        cursor.held = result;
        return { batch, done: false };
      } else {
        batch.push(result);
        bytes += result.bytes.length;
      }
    }
    return { batch, done: false };
  }

  /** Closes a cursor. @returns whether it was open */
  kill(id: bigint): boolean {
    const cursor = this.#open.get(id);
    if (cursor === undefined) return false;
    this.#open.delete(id);
    if (!cursor.busy) cursor.results.return();
    return true;
  }

  /** Closes the cursors of sessions that have ended. */
  killSessions(sessions: ReadonlySet<string>): void {
    for (const [id, { session }] of this.#open)
      if (session !== undefined && sessions.has(session)) this.kill(id);
  }

  /** Closes cursors that nobody has asked for ten minutes. */
  sweep(now: Date): void {
    for (const [id, cursor] of this.#open) {
      if (!cursor.busy && now.getTime() - cursor.lastUsed > idleMilliseconds) this.kill(id);
    }
  }

  get size(): number {
    return this.#open.size;
  }
}

function reply(namespace: string, name: string, batch: Raw[], id: bigint): Doc {
  return new Map<string, Value>([
    [
      "cursor",
      new Map<string, Value>([
        [name, batch],
        ["id", id],
        ["ns", namespace],
      ]),
    ],
    ["ok", 1],
  ]);
}
