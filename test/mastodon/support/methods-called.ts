import { appendFileSync, mkdirSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { isWorker } from "../../support/store.ts";
import { listedMethods, matchTemplate } from "./reference.ts";

const FOLDER = fileURLToPath(new URL("../", import.meta.url));
/** Files run in one process or in several: what each has seen lies in a folder of the whole run. */
const NOTES = join(tmpdir(), `fedi-methods-${isWorker() ? process.ppid : process.pid}`);
const noted = new Set<string>();

function note(line: string): void {
  if (noted.has(line)) return;
  noted.add(line);
  mkdirSync(NOTES, { recursive: true });
  appendFileSync(join(NOTES, String(process.pid)), `${line}\n`);
}

/** Remembers that a test has called a method. */
export function noteMethod(verb: string, path: string): void {
  const method = matchTemplate(
    path,
    listedMethods().filter((listed) => listed.verb === verb),
    (listed) => listed.path,
  );
  if (method !== undefined) note(`called ${method.verb} ${method.path}`);
}

/** What mocha runs when the tests of a process, or of one file in it, have ended: notes the files that ran to their end. */
export const mochaHooks = {
  afterAll(this: Mocha.Context): void {
    for (const suite of this.test?.parent?.suites ?? []) {
      if (suite.file?.startsWith(FOLDER) !== true) continue;
      let isWhole = true;
      suite.eachTest((test) => (isWhole &&= test.state !== undefined || test.isPending()));
      note(`${isWhole ? "ran" : "ran in part"} ${suite.file}`);
    }
  },
};

/**
 * What mocha's own process runs at the end: says how many methods of the API were called, by tier. Where every file of
 * this folder ran, all of tiers 1 and 2 must have been.
 */
export function mochaGlobalTeardown(): void {
  const lines = new Set(readNotes());
  rmSync(NOTES, { recursive: true, force: true });
  if (![...lines].some((line) => line.startsWith("called "))) return;
  const tiers = [1, 2, 3, 4].map((tier) => {
    const all = listedMethods().filter((method) => method.tier === tier);
    const missing = all
      .map((method) => `${method.verb} ${method.path}`)
      .filter((name) => !lines.has(`called ${name}`));
    return { tier, missing, text: `tier ${tier}: ${all.length - missing.length} of ${all.length}` };
  });
  console.log(`\n  Methods of the Mastodon API called: ${tiers.map(({ text }) => text).join(", ")}`);
  const missing = tiers.filter(({ tier }) => tier <= 2).flatMap((tier) => tier.missing);
  if (missing.length === 0) return;
  const isWholeRun = testFiles().every(
    (file) => lines.has(`ran ${file}`) && !lines.has(`ran in part ${file}`),
  );
  if (isWholeRun) throw new Error(`Methods that no test called:\n${missing.join("\n")}`);
  if (process.env.METHODS !== undefined)
    console.log(missing.map((name) => `    not called: ${name}`).join("\n"));
}

function readNotes(): string[] {
  let files: string[];
  try {
    files = readdirSync(NOTES);
  } catch {
    // Nothing was noted: other tests ran.
    return [];
  }
  return files.flatMap((file) => readFileSync(join(NOTES, file), "utf8").split("\n"));
}

function testFiles(): string[] {
  return readdirSync(FOLDER, { recursive: true, encoding: "utf8" })
    .filter((name) => name.endsWith(".test.ts"))
    .map((name) => join(FOLDER, name));
}
