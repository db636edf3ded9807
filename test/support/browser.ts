import { accessSync, constants } from "node:fs";
import { delimiter, join } from "node:path";

/** The browser of this machine: `CHROMIUM`, or a Chromium on the path; `undefined` where there is none. */
export function findChromium(): string | undefined {
  const named = process.env.CHROMIUM;
  if (named !== undefined && named !== "") return named;
  for (const directory of (process.env.PATH ?? "").split(delimiter)) {
    for (const name of ["chromium", "chromium-browser", "google-chrome"]) {
      const path = join(directory, name);
      try {
        accessSync(path, constants.X_OK);
        return path;
      } catch {
        // Not here: the next place is looked at.
      }
    }
  }
  return undefined;
}
