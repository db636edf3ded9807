import { readFileSync } from "node:fs";

/** The package's version, from package.json beside src/ or above dist/. */
export const VERSION = readVersion();

function readVersion(): string {
  for (const path of ["../../package.json", "../../../package.json"]) {
    try {
      const read = JSON.parse(readFileSync(new URL(path, import.meta.url), "utf8")) as {
        name?: unknown;
        version?: unknown;
      };
      if (read.name === "express-fediverse" && typeof read.version === "string") return read.version;
    } catch {
      // Not there: the next place is tried, and the fallback below says so.
    }
  }
  return "0.0.0";
}

/** How we present ourselves to other servers: they look us up by the URL. */
export function userAgent(origin: string): string {
  return `express-fediverse/${VERSION} (+${origin}/)`;
}
