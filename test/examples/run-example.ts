import { existsSync, mkdtempSync } from "node:fs";
import { rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { start, type Child } from "../support/child.ts";
import { freePort } from "../support/free-port.ts";

const ROOT = fileURLToPath(new URL("../../", import.meta.url));

export interface Running {
  child: Child;
  origin: string;
  port: number;
  /** Where it keeps its data. */
  folder: string;
}

/** Starts an example as a reader would, in an empty folder, on a port of its own unless one is given. */
export async function runExample(
  name: "blog" | "minimal",
  given: { port?: number; env?: Record<string, string>; folder?: string } = {},
): Promise<Running> {
  if (!existsSync(join(ROOT, "dist/src/index.js")))
    throw new Error("the examples run on the built package: npm run build");
  const port = given.port ?? (await freePort());
  const folder = given.folder ?? mkdtempSync(join(tmpdir(), "fedi-example-"));
  const child = start([join(ROOT, `examples/${name}/server.js`)], {
    cwd: folder,
    env: { PORT: String(port), FEDIVERSE_ORIGIN: undefined, ...given.env },
  });
  return { child, origin: `http://localhost:${port}`, port, folder };
}

export async function cleanUp(running: Running): Promise<void> {
  await running.child.stop();
  await rm(running.folder, { recursive: true, force: true });
}
