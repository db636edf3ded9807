import { fediverse, type Fediverse } from "../fediverse.ts";
import type { FediverseOptions } from "../options.ts";
import { lineLogger } from "../support/logger.ts";

/**
 * Opens the site that the flags describe, without its clockwork, for one piece of work. Beside a running site this is a
 * second process of it: what it queues, the running one sends.
 */
export async function withSite(
  options: Record<string, unknown>,
  work: (fedi: Fediverse) => Promise<void>,
): Promise<void> {
  const quiet = { ...lineLogger(), info: () => undefined };
  const fedi = fediverse({ ...options, clockwork: false, logger: quiet } as unknown as FediverseOptions);
  try {
    await fedi.ready;
    await work(fedi);
  } finally {
    await fedi.close();
  }
}
