import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { cpus, tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import autocannon from "autocannon";

/**
 * What the package costs the host's own pages: `npm run bench:host`. The same app with and without it, each in a process
 * of its own, loaded in turns (so that a busy machine slows both), and the median of the ratios taken. Prints figures and, as its
 * last line, the same as JSON.
 */
const ROUNDS = Number(process.env.ROUNDS ?? 40);
const SECONDS = 0.4;
const CONNECTIONS = 20;

interface Host {
  process: ChildProcess;
  lines: AsyncIterator<string>;
  url: string;
  /** Requests per second, a number a round. */
  rates: number[];
  answered: number;
}

async function startHost(mounted: boolean, directory: string): Promise<Host> {
  const server = fileURLToPath(new URL("./host/server.js", import.meta.url));
  const child = spawn(process.execPath, [server, ...(mounted ? ["mounted"] : [])], {
    env: { ...process.env, NODE_ENV: "production", NODE_OPTIONS: "", DATA_DIR: directory },
    stdio: ["ignore", "pipe", "inherit"],
  });
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const port = await numberAfter("ready", lines);
  return { process: child, lines, url: `http://127.0.0.1:${port}/posts/rye`, rates: [], answered: 0 };
}

async function numberAfter(word: string, lines: AsyncIterator<string>): Promise<number> {
  for (let line = await lines.next(); line.done !== true; line = await lines.next()) {
    const [name, value] = line.value.split(" ");
    if (name === word) return Number(value);
  }
  throw new Error(`the host ended without saying "${word}"`);
}

/** Requests per second over so many requests. */
async function load(host: Host, amount: number): Promise<number> {
  const started = performance.now();
  const result = await autocannon({ url: host.url, connections: CONNECTIONS, amount });
  if (result.errors > 0 || result.non2xx > 0)
    throw new Error(`${result.errors} errors and ${result.non2xx} other answers from ${host.url}`);
  host.answered += result.requests.total;
  return (result.requests.total / (performance.now() - started)) * 1000;
}

/** Ends it; microseconds of CPU that each request took. */
async function end(host: Host): Promise<number> {
  const ended = once(host.process, "exit");
  host.process.kill("SIGTERM");
  const cpu = await numberAfter("cpu", host.lines);
  await ended;
  return cpu / host.answered;
}

function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  const [low, high] = [sorted[middle - 1] ?? 0, sorted[middle] ?? 0];
  return sorted.length % 2 === 1 ? high : (low + high) / 2;
}

const directory = await mkdtemp(join(tmpdir(), "fedi-bench-host-"));
const plain = await startHost(false, directory);
const mounted = await startHost(true, directory);
const pairs: number[] = [];
// Warm both up, and find out how many requests make a round here.
let amount = 500;
for (let round = 0; round < 4; round += 1) {
  for (const host of [plain, mounted])
    amount = Math.max(200, Math.round((await load(host, amount)) * SECONDS));
}
for (let round = 0; round < ROUNDS; round += 1) {
  // The order changes from round to round: whoever comes second may find a warmer machine.
  const order = round % 2 === 0 ? [plain, mounted] : [mounted, plain];
  for (const host of order) host.rates.push(await load(host, amount));
  const [without = 1, withIt = 0] = [plain.rates.at(-1), mounted.rates.at(-1)];
  pairs.push(withIt / without);
}
const [withoutIt, withIt] = [median(plain.rates), median(mounted.rates)];
const cpu = { without: await end(plain), withIt: await end(mounted) };
await rm(directory, { recursive: true, force: true });
console.log(
  `A page of the host, ${CONNECTIONS} connections, ${ROUNDS} rounds of ${amount} requests in turns, ` +
    `${cpus().length} cores, Node ${process.versions.node}\n` +
    `  without the package  ${Math.round(withoutIt)} requests/s, ${Math.round(cpu.without)} µs of CPU each\n` +
    `  with it mounted      ${Math.round(withIt)} requests/s, ${Math.round(cpu.withIt)} µs of CPU each (its clockwork and store included)`,
);
console.log(
  JSON.stringify({
    bench: "host",
    ratio: Number(median(pairs).toFixed(3)),
    ratioOfMedians: Number((withIt / withoutIt).toFixed(3)),
    plainPerSecond: Math.round(withoutIt),
    mountedPerSecond: Math.round(withIt),
    plainCpuMicroseconds: Math.round(cpu.without),
    mountedCpuMicroseconds: Math.round(cpu.withIt),
    rounds: ROUNDS,
  }),
);
