import { setTimeout as pause } from "node:timers/promises";

/** Waits until `condition` holds, at most `timeout` milliseconds; for what another process or socket does. */
export async function until(
  condition: () => boolean | Promise<boolean>,
  what = "the condition",
  timeout = 10_000,
): Promise<void> {
  const end = Date.now() + timeout;
  while (!(await condition())) {
    if (Date.now() > end) throw new Error(`${what} did not come true within ${timeout} ms`);
    await pause(5);
  }
}
