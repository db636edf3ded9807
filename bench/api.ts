import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { cpus, tmpdir } from "node:os";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { fileURLToPath } from "node:url";
import { FOLLOWED, type Seeded } from "./api/seeded.ts";
import { Load } from "./load.ts";
import { Served } from "./served.ts";

/**
 * How fast apps are answered: `npm run bench:api`. A small store and a large one, each behind a site of its own, with an
 * owner who follows 500 people and whose home timeline is full; asked by one app alone and by 16 at a time. Beside them
 * bare Express, which sends the very same JSON from memory. All take turns, so that a busy machine slows all alike.
 * `POSTS=20000` measures that size only; `FOLDER=<path>` keeps the stores there and finds them again, since a million posts
 * take minutes to store. Prints figures and, as its last line, the same as JSON.
 */
const SIZES = process.env.POSTS === undefined ? [20_000, 1_000_000] : [Number(process.env.POSTS)];
const ROUNDS = Number(process.env.ROUNDS ?? 10);
const AT_ONCE = 16;
/** Requests of one turn. A status written changes what the lists show, so writing comes last. */
const TURN = { 1: 40, [AT_ONCE]: 160 } as const;
/**
 * Turns of a round. A machine that others use as well is slow for seconds now and then: of one app alone, whose turns take
 * a tenth of a second, so many are needed that such a phase is not all that is seen.
 */
const TURNS = { 1: 10, [AT_ONCE]: 1 } as const;
type Callers = 1 | typeof AT_ONCE;

interface Question {
  name: string;
  /**
   * Requests by one app before those that count. V8 goes on compiling for some thousands of them, on one of two cores; the
   * first list is asked for most often, since the others share most of its code. What the very first turn cost is printed
   * as `cold`.
   */
  warm: number;
  path: (seeded: Seeded) => string;
  body?: string;
}

const QUESTIONS: readonly Question[] = [
  { name: "home", warm: 4000, path: () => "/api/v1/timelines/home?limit=20" },
  { name: "account", warm: 1000, path: ({ account }) => `/api/v1/accounts/${account}/statuses?limit=20` },
  { name: "notifications", warm: 1000, path: () => "/api/v1/notifications" },
  { name: "context", warm: 1000, path: ({ thread }) => `/api/v1/statuses/${thread}/context` },
  {
    name: "post",
    warm: 200,
    path: () => "/api/v1/statuses",
    body: JSON.stringify({
      status: "Fresh #bread from a slow oven, as every morning. More at https://blog.example/bread",
      visibility: "public",
    }),
  },
];

/** `PROFILE=<folder>` keeps CPU profiles of the sites there. */
const profiling =
  process.env.PROFILE === undefined ? [] : ["--cpu-prof", `--cpu-prof-dir=${process.env.PROFILE}`];

interface Subject {
  posts: number;
  seeded: Seeded;
  site: Served;
}

/** One list of one site and its twin on bare Express, with the times that they took. */
class Pair {
  readonly ours: number[] = [];
  readonly bare: number[] = [];
  /** The median of the first turn of all. */
  cold = NaN;
  readonly #ours: Load;
  readonly #bare: Load;
  readonly #turn: number;

  private constructor(ours: Load, bare: Load, turn: number) {
    this.#ours = ours;
    this.#bare = bare;
    this.#turn = turn;
  }

  static async open(subject: Subject, bare: Served, question: Question, callers: Callers): Promise<Pair> {
    const { seeded, site, posts } = subject;
    const ask = {
      connections: callers,
      method: question.body === undefined ? "GET" : "POST",
      headers: {
        Accept: "application/json",
        Authorization: `Bearer ${seeded.token}`,
        ...(question.body === undefined ? {} : { "Content-Type": "application/json" }),
      },
      body: question.body ?? "",
    };
    const ours = await Load.open({ ...ask, url: site.origin + question.path(seeded) });
    const body = (await ours.once()).toString();
    if (/^(\[\]|\{"error|\{"ancestors.*"descendants":\[\])/.test(body))
      throw new Error(`nothing came: ${body}`);
    const path = `/${posts}/${question.name}`;
    const twin = { ...ask, url: bare.origin + path };
    const put = await Load.open({ ...twin, connections: 1, method: "PUT", body });
    await put.once();
    put.close();
    return new Pair(ours, await Load.open(twin), TURN[callers]);
  }

  async warm(requests: number): Promise<void> {
    for (let asked = 0; asked < requests; asked += this.#turn) {
      await this.#bare.run(this.#turn);
      await this.#ours.run(this.#turn);
      if (asked === 0) this.cold = within(0.5, this.#ours.latencies);
    }
  }

  async takeTurn(isEven: boolean): Promise<void> {
    // The order changes from round to round: whoever comes second may find a warmer machine.
    for (const [load, times] of isEven
      ? ([
          [this.#bare, this.bare],
          [this.#ours, this.ours],
        ] as const)
      : ([
          [this.#ours, this.ours],
          [this.#bare, this.bare],
        ] as const)) {
      await load.run(this.#turn);
      times.push(...load.latencies);
    }
  }

  close(): void {
    this.#ours.close();
    this.#bare.close();
  }
}

/** The time within which this part of the answers came, in milliseconds. */
function within(part: number, times: readonly number[]): number {
  const sorted = [...times].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * part))] ?? NaN;
}
const rounded = (value: number, digits = 2): number => Number(value.toFixed(digits));

/** `ratio`: of the two medians, how much of bare Express's speed is left; 1 would be as fast. */
const figuresOf = ({ ours, bare, cold }: Pair) => ({
  cold: rounded(cold),
  p50: rounded(within(0.5, ours)),
  p99: rounded(within(0.99, ours)),
  bareP50: rounded(within(0.5, bare), 3),
  ratio: rounded(within(0.5, bare) / within(0.5, ours), 4),
});
type Figures = ReturnType<typeof figuresOf>;
interface Result {
  list: string;
  callers: Callers;
  sizes: Record<string, Figures>;
  /** The large store's median to the small one's. */
  growth: number;
}

async function measure(
  question: Question,
  callers: Callers,
  subjects: readonly Subject[],
  bare: Served,
): Promise<Result> {
  const pairs: Pair[] = [];
  for (const subject of subjects) pairs.push(await Pair.open(subject, bare, question, callers));
  // 16 at a time come after one alone, which has warmed what they use.
  for (const pair of pairs) await pair.warm(callers === 1 ? question.warm : 3 * TURN[callers]);
  for (let round = 0; round < ROUNDS * TURNS[callers]; round += 1)
    for (const pair of round % 2 === 0 ? pairs : [...pairs].reverse()) await pair.takeTurn(round % 2 === 0);
  for (const pair of pairs) pair.close();
  const sizes = Object.fromEntries(pairs.map((pair, at) => [subjects[at]?.posts ?? 0, figuresOf(pair)]));
  const [small, large] = [pairs[0]?.ours ?? [], pairs.at(-1)?.ours ?? []];
  return { list: question.name, callers, sizes, growth: rounded(within(0.5, large) / within(0.5, small), 3) };
}

function print({ list, callers, sizes, growth }: Result): void {
  for (const [posts, { cold, p50, p99, bareP50, ratio }] of Object.entries(sizes))
    console.log(
      `${list.padEnd(14)}${String(callers).padStart(3)}${posts.padStart(10)}${cold.toFixed(2).padStart(9)}${p50.toFixed(2).padStart(9)}` +
        `${p99.toFixed(2).padStart(9)}${bareP50.toFixed(3).padStart(9)}${ratio.toFixed(3).padStart(8)}`,
    );
  if (SIZES.length > 1) console.log(`${"".padEnd(17)}large to small: ${growth}`);
}

/**
 * Fills a store, or takes the one that an earlier run has filled. In a process of its own: with what filling leaves behind in
 * memory this one's garbage collections would take a core from the servers that it asks.
 */
async function stored(folder: string, posts: number): Promise<Seeded> {
  const note = join(folder, "seeded.json");
  if (!existsSync(note)) {
    const path = fileURLToPath(new URL("./api/seed.ts", import.meta.url));
    const filling = spawn(process.execPath, [...process.execArgv, path, folder, String(posts)], {
      // Its input ends with this process, and so does it.
      stdio: ["pipe", "pipe", "inherit"],
    });
    const said = await text(filling.stdout);
    if (said === "") throw new Error(`${folder} could not be filled`);
    await writeFile(note, said);
  }
  return JSON.parse(await readFile(note, "utf8")) as Seeded;
}

const kept = process.env.FOLDER;
const directory = kept ?? (await mkdtemp(join(tmpdir(), "bench-api-")));
const folderOf = (posts: number): string => join(directory, String(posts));
const running: Served[] = [];
try {
  // All are filled before the first is served.
  for (const posts of SIZES) {
    const { seconds } = await stored(folderOf(posts), posts);
    console.log(`${posts} posts stored in ${Math.round(seconds)} s`);
  }
  const subjects: Subject[] = [];
  for (const posts of SIZES) {
    const seeded = await stored(folderOf(posts), posts);
    const site = await Served.start("./api/server.js", { directory: folderOf(posts), flags: profiling });
    running.push(site);
    subjects.push({ posts, seeded, site });
  }
  const bare = await Served.start("./api/bare-server.js");
  running.push(bare);
  console.log(
    `\n${FOLLOWED} people followed; ${cpus().length} cores, Node ${process.versions.node}; milliseconds; ratio: bare Express's median to ours\n\n` +
      `list      callers     posts     cold      p50      p99     bare   ratio`,
  );
  const results: Result[] = [];
  for (const question of QUESTIONS)
    for (const callers of [1, AT_ONCE] as const) {
      const result = await measure(question, callers, subjects, bare);
      results.push(result);
      print(result);
    }
  // The ratio of all: the home timeline's, asked by one app alone, with the most posts.
  const [home] = results;
  const ratio = Object.values(home?.sizes ?? {}).at(-1)?.ratio;
  const seconds = subjects.map(({ posts, seeded }) => [posts, rounded(seeded.seconds, 0)]);
  console.log(
    JSON.stringify({
      bench: "api",
      ratio,
      growth: home?.growth,
      seedSeconds: Object.fromEntries(seconds),
      results,
    }),
  );
} finally {
  await Promise.all(running.map(async (server) => server.end()));
  if (kept === undefined) await rm(directory, { recursive: true, force: true });
}
