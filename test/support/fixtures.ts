import { existsSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

/**
 * Payloads and test vectors of other projects. They are not part of this repository: they are read where they lie, beside
 * it, and tests of them are passed over where that folder is missing.
 */
export const fixtures = fileURLToPath(new URL("../../../shared/fixtures/", import.meta.url));

export const haveFixtures = existsSync(fixtures);

/** The text of one file, by its path below the folder. */
export function fixtureText(path: string): string {
  return readFileSync(`${fixtures}${path}`, "utf8");
}

export function fixtureJson<T>(path: string): T {
  return JSON.parse(fixtureText(path)) as T;
}
