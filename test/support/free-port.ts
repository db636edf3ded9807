import { randomInt } from "node:crypto";
import { createServer } from "node:net";

/** Below all that systems give to those who name no port; Linux begins at 32768. */
const LOWEST = 20_000;
const HIGHEST = 32_000;

/**
 * A port that nobody listens on just now, for a program that has to be told its port. None that the system would give to
 * another test's server or connection before that program has it, or while it is down between two starts.
 */
export async function freePort(): Promise<number> {
  for (;;) {
    const port = randomInt(LOWEST, HIGHEST);
    const server = createServer();
    const isFree = await new Promise<boolean>((resolve) => {
      server.once("error", () => resolve(false)).listen(port, () => resolve(true));
    });
    if (!isFree) continue;
    await new Promise<void>((resolve) => server.close(() => resolve()));
    return port;
  }
}
