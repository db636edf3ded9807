import { mkdtemp, rm } from "node:fs/promises";
import { cpus, tmpdir } from "node:os";
import { join } from "node:path";
import type { FollowRow } from "../src/database/rows.ts";
import type { Fediverse, FediverseOptions } from "../src/index.ts";
import { hostOf } from "../src/support/urls.ts";
import { runIdeal, SinkProcess } from "./fanout/processes.ts";

/**
 * One post to 2,000 inboxes, against a plain loop that signs and posts: `npm run bench:fanout`. The package is measured
 * as users get it: compiled, with the embedded store in its thread and every write flushed to the disk. Prints figures
 * and, as its last line, the same as JSON.
 */
const INBOXES = 2000;
const HOSTS = [100, 2000];
const ROUNDS = Number(process.env.ROUNDS ?? 3);

const { fediverse } = (await import(new URL("../dist/src/index.js", import.meta.url).href)) as {
  fediverse: (options: FediverseOptions) => Fediverse;
};

interface Round {
  perSecond: number;
  publishMilliseconds: number;
  firstMilliseconds: number;
  lastMilliseconds: number;
  drainedMilliseconds: number;
  cpuMilliseconds: number;
  peakMegabytes: number;
}

function inboxesOn(hosts: number, port: number): string[] {
  return Array.from({ length: INBOXES }, (_, at) => {
    const host = at % hosts;
    return `http://127.2.${Math.floor(host / 250)}.${1 + (host % 250)}:${port}/users/user${at}/inbox`;
  });
}

async function follow(fedi: Fediverse, inboxes: string[]): Promise<void> {
  const { models } = fedi.site;
  const account = await models.actors.findOne({ localName: "blog" }).lean();
  if (account === null) throw new Error("the account blog is not there");
  await models.follows.collection.deleteMany({});
  await models.follows.collection.insertMany(
    inboxes.map((deliverTo, at): FollowRow & { _id: never } => ({
      _id: (at + 1) as never,
      follower: 1_000_000 + at,
      followed: account._id,
      state: "accepted",
      uri: `${deliverTo}/follow`,
      followerUri: `${deliverTo}/actor`,
      followedUri: account.uri,
      deliverTo,
      deliverHost: hostOf(deliverTo) ?? "",
      createdAt: new Date(),
    })),
  );
}

const HTML = `<p>${"Bread takes flour, water, salt and time. ".repeat(60)}</p>`;
let posts = 0;

async function publishAndWait(fedi: Fediverse, sink: SinkProcess): Promise<Round> {
  await sink.reset();
  let written = 0;
  const drained = new Promise<bigint>((resolve) => {
    const count = (): void => {
      if ((written += 1) < INBOXES) return;
      fedi.off("delivered", count);
      resolve(process.hrtime.bigint());
    };
    fedi.on("delivered", count);
  });
  let peak = 0;
  const sampler = setInterval(() => (peak = Math.max(peak, process.memoryUsage.rss())), 50);
  const cpu = process.cpuUsage();
  const started = process.hrtime.bigint();
  posts += 1;
  await fedi.publish({ url: `https://blog.example/posts/${posts}`, title: `Bread ${posts}`, html: HTML });
  const published = process.hrtime.bigint();
  const end = await drained;
  const { user, system } = process.cpuUsage(cpu);
  clearInterval(sampler);
  const arrivals = await sink.read();
  if (arrivals.count !== INBOXES) throw new Error(`${arrivals.count} of ${INBOXES} deliveries arrived`);
  const since = (time: bigint): number => Number(time - started) / 1e6;
  return {
    perSecond: INBOXES / (since(arrivals.last) / 1000),
    publishMilliseconds: since(published),
    firstMilliseconds: since(arrivals.first),
    lastMilliseconds: since(arrivals.last),
    drainedMilliseconds: since(end),
    cpuMilliseconds: (user + system) / 1000 / INBOXES,
    peakMegabytes: peak / 1024 / 1024,
  };
}

const median = (values: number[]): number =>
  values.sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? NaN;
const rounded = (value: number, digits = 0): number => Number(value.toFixed(digits));

async function measure(fedi: Fediverse, sink: SinkProcess, hosts: number) {
  const inboxes = inboxesOn(hosts, sink.port);
  await follow(fedi, inboxes);
  await publishAndWait(fedi, sink);
  const last = await fedi.site.models.activities.findOne({}).sort({ _id: -1 }).lean();
  const ours: Round[] = [];
  const ideal: { seconds: number; cpuMilliseconds: number }[] = [];
  // Turn and turn about, so that whatever else the machine does troubles both alike.
  for (let round = 0; round < ROUNDS; round += 1) {
    ideal.push(await runIdeal({ inboxes, body: last?.body ?? "" }));
    ours.push(await publishAndWait(fedi, sink));
  }
  const of = (name: keyof Round): number => median(ours.map((round) => round[name]));
  const idealPerSecond = INBOXES / median(ideal.map(({ seconds }) => seconds));
  return {
    hosts,
    inboxes: INBOXES,
    perSecond: rounded(of("perSecond")),
    idealPerSecond: rounded(idealPerSecond),
    ratio: rounded(of("perSecond") / idealPerSecond, 3),
    publishMs: rounded(of("publishMilliseconds"), 1),
    firstMs: rounded(of("firstMilliseconds"), 1),
    lastMs: rounded(of("lastMilliseconds")),
    drainedMs: rounded(of("drainedMilliseconds")),
    cpuMsPerDelivery: rounded(of("cpuMilliseconds"), 3),
    idealCpuMsPerDelivery: rounded(median(ideal.map(({ cpuMilliseconds }) => cpuMilliseconds)), 3),
    peakMb: rounded(of("peakMegabytes")),
  };
}

const directory = await mkdtemp(join(tmpdir(), "bench-fanout-"));
const quiet = (): void => undefined;
const sink = await SinkProcess.open();
const fedi = fediverse({
  origin: "https://blog.example",
  accounts: [{ username: "blog" }],
  dataDir: directory,
  durability: "fsync",
  allowPrivateNetwork: true,
  logger: { debug: quiet, info: quiet, warn: quiet, error: console.error },
  ...(process.env.MONGODB_URL === undefined ? {} : { database: process.env.MONGODB_URL }),
});
try {
  await fedi.ready;
  const cases = [];
  for (const hosts of HOSTS) {
    const result = await measure(fedi, sink, hosts);
    cases.push(result);
    console.log(`\n${INBOXES} inboxes on ${hosts} hosts (median of ${ROUNDS}; ${cpus().length} cores)`);
    console.log(
      `  deliveries/s            ${result.perSecond}   plain loop: ${result.idealPerSecond}   ratio: ${result.ratio}`,
    );
    console.log(`  publish returned after  ${result.publishMs} ms`);
    console.log(
      `  first delivery after    ${result.firstMs} ms, last after ${result.lastMs} ms, all written after ${result.drainedMs} ms`,
    );
    console.log(
      `  CPU per delivery        ${result.cpuMsPerDelivery} ms   plain loop: ${result.idealCpuMsPerDelivery} ms`,
    );
    console.log(`  peak memory             ${result.peakMb} MB`);
  }
  console.log(
    JSON.stringify({ bench: "fanout", ratio: Math.min(...cases.map(({ ratio }) => ratio)), cases }),
  );
} finally {
  await fedi.close();
  sink.close();
  await rm(directory, { recursive: true, force: true });
}
