import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { cpus, tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { Load } from "./host/load.ts";

/**
 * What the package costs the host's own pages: `npm run bench:host`. The same blog with and without it, each in a process
 * of its own, loaded in turns, so that a busy machine slows both. Two processes of the very same program differ by a
 * tenth and more, by how memory fell and what was compiled when: so pairs are started anew, many times, and the median of
 * their ratios is taken. Two plain processes are compared as well, to show how far that can be trusted; and a page that
 * is one text from memory, the least that Express can do: there it shows that a larger heap makes V8's collections
 * dearer, whatever it is larger by. Prints figures and, as its last line, the same as JSON.
 */
const PAIRS = Number(process.env.PAIRS ?? 10);
const ROUNDS = 8;
const CASES = {
  page: { path: "/", requests: 1000, mounted: true },
  bare: { path: "/bare", requests: 2000, mounted: true },
  twins: { path: "/", requests: 1000, mounted: false },
};
const CONNECTIONS = 20;

interface Host {
  process: ChildProcess;
  lines: AsyncIterator<string>;
  origin: string;
}

async function startHost(mounted: boolean, directory: string): Promise<Host> {
  const server = fileURLToPath(new URL("./host/server.js", import.meta.url));
  const child = spawn(process.execPath, [server, ...(mounted ? ["mounted"] : [])], {
    env: { ...process.env, NODE_ENV: "production", NODE_OPTIONS: "", DATA_DIR: directory },
    stdio: ["ignore", "pipe", "inherit"],
  });
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const { value, done } = await lines.next();
  if (done === true) throw new Error("the host ended before it was ready");
  return { process: child, lines, origin: `http://127.0.0.1:${Number(value.split(" ")[1])}` };
}

async function end(host: Host): Promise<void> {
  const ended = once(host.process, "exit");
  host.process.kill("SIGTERM");
  await ended;
}

function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  const [low, high] = [sorted[middle - 1] ?? 0, sorted[middle] ?? 0];
  return sorted.length % 2 === 1 ? high : (low + high) / 2;
}

interface Comparison {
  plain: number;
  other: number;
  ratio: number;
}

/** Requests per second of two fresh hosts, a median each, and the median of the rounds' ratios. */
async function compare({ path, requests, mounted }: (typeof CASES)["page"]): Promise<Comparison> {
  const directory = await mkdtemp(join(tmpdir(), "fedi-bench-host-"));
  const hosts = [await startHost(false, directory), await startHost(mounted, directory)];
  const loads = await Promise.all(
    hosts.map(({ origin }) => Load.open({ url: origin + path, connections: CONNECTIONS })),
  );
  const rates: [number[], number[]] = [[], []];
  for (const load of loads) await load.run(3 * requests);
  for (let round = 0; round < ROUNDS; round += 1) {
    // The order changes from round to round: whoever comes second may find a warmer machine.
    for (const which of round % 2 === 0 ? [0, 1] : [1, 0])
      rates[which as 0 | 1].push((await loads[which]?.run(requests)) ?? 0);
  }
  for (const load of loads) load.close();
  for (const host of hosts) await end(host);
  await rm(directory, { recursive: true, force: true });
  const ratios = rates[0].map((rate, round) => (rates[1][round] ?? 0) / rate);
  return { plain: median(rates[0]), other: median(rates[1]), ratio: median(ratios) };
}

const results = { page: [] as Comparison[], bare: [] as Comparison[], twins: [] as Comparison[] };
for (let pair = 0; pair < PAIRS; pair += 1)
  for (const name of ["page", "bare", "twins"] as const) results[name].push(await compare(CASES[name]));

const rounded = (value: number): number => Number(value.toFixed(3));
const figures = (name: keyof typeof results) => ({
  ratio: rounded(median(results[name].map(({ ratio }) => ratio))),
  plainPerSecond: Math.round(median(results[name].map(({ plain }) => plain))),
  otherPerSecond: Math.round(median(results[name].map(({ other }) => other))),
  ratios: results[name].map(({ ratio }) => rounded(ratio)).sort((a, b) => a - b),
});
const line = (label: string, { ratio, plainPerSecond, otherPerSecond, ratios }: ReturnType<typeof figures>) =>
  console.log(
    `  ${label.padEnd(34)} ${ratio}  (${plainPerSecond} and ${otherPerSecond} requests/s; pairs: ${ratios.join(" ")})`,
  );
const [page, bare, twins] = [figures("page"), figures("bare"), figures("twins")];
console.log(
  `Requests per second with the package, to those without; ${CONNECTIONS} connections, ${PAIRS} pairs of fresh processes, ` +
    `${cpus().length} cores, Node ${process.versions.node}`,
);
line("the blog's front page", page);
line("one text from memory", bare);
line("the front page, both without it", twins);
console.log(JSON.stringify({ bench: "host", ratio: page.ratio, page, bare, twins }));
