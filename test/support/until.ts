import { setTimeout as pause } from "node:timers/promises";

/**
 * Waits until `condition` holds, at most `timeout` milliseconds; for what another process or socket does. The time is for
 * machines that are slow and busy: nothing waits for it where all is well.
 */
export async function until(
  condition: () => boolean | Promise<boolean>,
  what = "the condition",
  timeout = 30_000,
): Promise<void> {
  const end = Date.now() + timeout;
  while (!(await condition())) {
    if (Date.now() > end) throw new Error(`${what} did not come true within ${timeout} ms`);
    await pause(5);
  }
}
