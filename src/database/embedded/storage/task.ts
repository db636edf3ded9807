/**
 * Work that can pause: a generator that yields where other connections may be served. Between two steps nothing
 * of the database is held open, so anything may have changed.
 */
export type Task<T> = Generator<undefined, T, undefined>;

/** How long one step may run before it should pause. */
const sliceMilliseconds = 10;
let sliceEnd = 0;
let slice = 0;

/** Begins a new slice of time; called by whoever resumes a task. */
export function startSlice(): void {
  sliceEnd = performance.now() + sliceMilliseconds;
  slice++;
}

/** The number of the running slice: what was read in another one may have changed since. */
export function currentSlice(): number {
  return slice;
}

/** Whether the running task has used up its slice and should yield. */
export function sliceIsOver(): boolean {
  return performance.now() > sliceEnd;
}

/**
 * Runs a task to its end, letting the event loop turn at each pause.
 * @param aborted asked at each pause; true ends the task
 * @returns its result, or undefined when it was aborted
 */
export async function runTask<T>(task: Task<T>, aborted: () => boolean): Promise<T | undefined> {
  for (;;) {
    startSlice();
    const step = task.next();
    if (step.done === true) return step.value;
    await new Promise<void>((resolve) => setImmediate(resolve));
    if (!aborted()) continue;
    task.return(undefined as T);
    return undefined;
  }
}
