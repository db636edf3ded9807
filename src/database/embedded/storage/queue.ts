import { codes, StoreError, toStoreError } from "../errors.ts";
import type { Catalog } from "./catalog.ts";
import type { Kv } from "./kv.ts";
import type { Task } from "./task.ts";
import { startSlice } from "./task.ts";

interface Job<T> {
  readonly start: () => Task<T>;
  task: Task<T> | undefined;
  readonly resolve: (value: T) => void;
  readonly reject: (error: StoreError) => void;
}

type AnyJob = Job<unknown>;
type Outcome = { readonly job: AnyJob; readonly settle: () => void };

/**
 * Group commit: all write commands that have come in since the last turn of the event loop run in one
 * transaction, one after the other, and are answered after it is on the disk.
 */
export class WriteQueue {
  readonly #kv: Kv;
  readonly #catalog: Catalog;
  #waiting: AnyJob[] = [];
  #scheduled = false;
  #idle: (() => void)[] = [];
  #closed = false;

  constructor(kv: Kv, catalog: Catalog) {
    this.#kv = kv;
    this.#catalog = catalog;
  }

  /** Runs a write in the next transaction; a task that pauses goes on in the one after. */
  submit<T>(start: () => Task<T>): Promise<T> {
    if (this.#closed) return Promise.reject(new StoreError(codes.internal, "the embedded store is closed"));
    return new Promise<T>((resolve, reject) => {
      this.#waiting.push({ start, task: undefined, resolve, reject } as AnyJob);
      this.#schedule();
    });
  }

  /** Resolves when everything submitted has been written; nothing is taken any more. */
  async close(): Promise<void> {
    this.#closed = true;
    if (this.#waiting.length > 0) await new Promise<void>((resolve) => this.#idle.push(resolve));
  }

  #schedule(): void {
    if (this.#scheduled) return;
    this.#scheduled = true;
    setImmediate(() => {
      this.#scheduled = false;
      this.#turn();
    });
  }

  #turn(): void {
    const jobs = this.#waiting;
    this.#waiting = [];
    const failure = this.#commit(jobs);
    if (failure !== undefined) {
      // Nothing of the batch has been written. Whoever had not begun before gets a transaction of their own.
      for (const job of jobs) {
        if (job.task === undefined && jobs.length > 1) {
          const error = this.#commit([job]);
          if (error !== undefined) job.reject(error);
        } else job.reject(failure);
      }
    }
    if (this.#waiting.length > 0) this.#schedule();
    else for (const resolve of this.#idle.splice(0)) resolve();
  }

  /** One transaction for all jobs; the answers are given after it has returned. */
  #commit(jobs: readonly AnyJob[]): StoreError | undefined {
    const outcomes: Outcome[] = [];
    const paused: AnyJob[] = [];
    const started = new Map<AnyJob, Task<unknown>>();
    try {
      this.#kv.transaction(() => {
        for (const job of jobs) {
          const task = job.task ?? job.start();
          started.set(job, task);
          const outcome = step(job, task);
          if (outcome === undefined) paused.push(job);
          else outcomes.push(outcome);
        }
        this.#catalog.flush();
      });
    } catch (error) {
      this.#catalog.reload();
      return toStoreError(error);
    }
    for (const job of paused) {
      job.task = started.get(job);
      this.#waiting.push(job);
    }
    for (const { settle } of outcomes) settle();
    return undefined;
  }
}

/** One slice of a job. An error meant for the client is its answer; any other one breaks the transaction. */
function step(job: AnyJob, task: Task<unknown>): Outcome | undefined {
  startSlice();
  try {
    const result = task.next();
    if (result.done !== true) return undefined;
    return { job, settle: () => job.resolve(result.value) };
  } catch (error) {
    if (!(error instanceof StoreError)) throw error;
    return { job, settle: () => job.reject(error) };
  }
}
