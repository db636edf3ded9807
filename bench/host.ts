import { mkdtemp, rm } from "node:fs/promises";
import { cpus, tmpdir } from "node:os";
import { join } from "node:path";
import { Load } from "./load.ts";
import { Served } from "./served.ts";

/**
 * What the package costs the host's own pages: `npm run bench:host`. The same blog with and without it, each in a process
 * of its own, asked in turns of a few milliseconds, so that a busy machine slows both alike. Pairs are started anew several
 * times, since memory falls differently each time, and the median of their ratios is taken; two plain processes are
 * compared as well, to show how far that can be trusted. Three pages: the example blog's front page as it is, files and
 * Markdown and all; its templates alone; and one text from memory, the least that Express can do, where the same few
 * microseconds weigh most. Prints figures and, as its last line, the same as JSON.
 */
const PAIRS = Number(process.env.PAIRS ?? 6);
const CONNECTIONS = 20;
const CASES = {
  page: { path: "/", turn: 20, turns: 300, mounted: true },
  templates: { path: "/templates", turn: 100, turns: 300, mounted: true },
  bare: { path: "/bare", turn: 150, turns: 300, mounted: true },
  twins: { path: "/templates", turn: 100, turns: 300, mounted: false },
};
type Case = keyof typeof CASES;
/** Turns before those that count: V8 has compiled what is hot by then. */
const WARM_UP = 40;

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

/** Requests per second of two fresh hosts, and the ratio of the time that they took for the same. */
async function compare({ path, turn, turns, mounted }: (typeof CASES)[Case]): Promise<Comparison> {
  const directory = await mkdtemp(join(tmpdir(), "fedi-bench-host-"));
  const hosts = [
    await Served.start("./host/server.js"),
    await Served.start("./host/server.js", { arguments: mounted ? ["mounted"] : [], directory }),
  ];
  const loads = await Promise.all(
    hosts.map(({ origin }) => Load.open({ url: origin + path, connections: CONNECTIONS, awake: true })),
  );
  const seconds = [0, 0] as [number, number];
  for (let round = -WARM_UP; round < turns; round += 1) {
    // The order changes from round to round: whoever comes second may find a warmer machine.
    for (const which of round % 2 === 0 ? ([0, 1] as const) : ([1, 0] as const)) {
      const rate = (await loads[which]?.run(turn)) ?? 0;
      if (round >= 0) seconds[which] += turn / rate;
    }
  }
  for (const load of loads) load.close();
  for (const host of hosts) await host.end();
  await rm(directory, { recursive: true, force: true });
  const [plain, other] = seconds.map((spent) => (turn * turns) / spent) as [number, number];
  return { plain, other, ratio: other / plain };
}

const cases = Object.keys(CASES) as Case[];
const results = Object.fromEntries(cases.map((name) => [name, []])) as unknown as Record<Case, Comparison[]>;
for (let pair = 0; pair < PAIRS; pair += 1)
  for (const name of cases) results[name].push(await compare(CASES[name]));

const rounded = (value: number): number => Number(value.toFixed(3));
const figures = (name: Case) => ({
  ratio: rounded(median(results[name].map(({ ratio }) => ratio))),
  plainPerSecond: Math.round(median(results[name].map(({ plain }) => plain))),
  otherPerSecond: Math.round(median(results[name].map(({ other }) => other))),
  ratios: results[name].map(({ ratio }) => rounded(ratio)).sort((a, b) => a - b),
});
const line = (label: string, { ratio, plainPerSecond, otherPerSecond, ratios }: ReturnType<typeof figures>) =>
  console.log(
    `  ${label.padEnd(34)} ${ratio}  (${plainPerSecond} and ${otherPerSecond} requests/s; pairs: ${ratios.join(" ")})`,
  );
const [page, templates, bare, twins] = [
  figures("page"),
  figures("templates"),
  figures("bare"),
  figures("twins"),
];
console.log(
  `Requests per second with the package, to those without; ${CONNECTIONS} connections, ${PAIRS} pairs of fresh processes, ` +
    `${cpus().length} cores, Node ${process.versions.node}`,
);
line("the blog's front page", page);
line("its templates alone", templates);
line("one text from memory", bare);
line("its templates, both without it", twins);
console.log(JSON.stringify({ bench: "host", ratio: page.ratio, page, templates, bare, twins }));
