import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { MongoClient } from "mongodb";
import { startEmbedded } from "../src/database/embedded/index.ts";

/**
 * How fast the embedded store is, measured against `ping` in the same run: the driver and the socket cost the
 * same for both, so the ratio holds on a busy machine, too. The last line is one line of JSON.
 */
const directory = mkdtempSync(join(tmpdir(), "fedi-bench-"));
const store = await startEmbedded({ directory });
const client = await new MongoClient(store.uri, { maxPoolSize: 20 }).connect();
const jobs = client.db("bench").collection("jobs");
await jobs.createIndexes([
  { key: { email: 1 }, unique: true },
  { key: { state: 1, pri: -1, at: 1 } },
  { key: { owner: 1, _id: -1 } },
  { key: { nextAt: 1 }, sparse: true },
]);

const callers = 16;

/** Calls per second, with several callers at once. */
async function rate(count: number, call: (at: number) => Promise<unknown>): Promise<number> {
  const started = performance.now();
  let next = 0;
  await Promise.all(
    Array.from({ length: callers }, async () => {
      while (next < count) await call(next++);
    }),
  );
  return (count / (performance.now() - started)) * 1000;
}

const rows = 50_000;
const text = "x".repeat(250);
const row = (n: number): object => ({
  email: `user${n}@example.com`,
  state: "new",
  pri: n % 5,
  at: new Date(1.7e12 + n),
  owner: n % 200,
  nextAt: new Date(1.7e12 + n),
  text,
});

const began = performance.now();
for (let start = 0; start < rows; start += 1000) {
  await jobs.insertMany(Array.from({ length: 1000 }, (_, at) => row(start + at)));
}
const insertPerSecond = (rows / (performance.now() - began)) * 1000;

const ping = await rate(5000, () => client.db("bench").command({ ping: 1 }));
const findOne = await rate(5000, (n) => jobs.findOne({ email: `user${(n * 7919) % rows}@example.com` }));
const page = await rate(500, (n) =>
  jobs
    .find({ owner: n % 200 })
    .sort({ _id: -1 })
    .limit(50)
    .toArray(),
);
const claim = await rate(3000, () =>
  jobs.findOneAndUpdate(
    { state: "new" },
    { $set: { state: "run" }, $inc: { tries: 1 } },
    { sort: { pri: -1, at: 1 } },
  ),
);

/** The fan-out's own pattern: due ids, a lease on all of them, read them back, write each one's outcome. */
async function lease(round: number): Promise<number> {
  const due = await jobs
    .find({ nextAt: { $lte: new Date() } }, { projection: { _id: 1 } })
    .sort({ nextAt: 1 })
    .limit(1000)
    .toArray();
  const ids = due.map(({ _id }) => _id);
  const later = new Date(Date.now() + 60_000);
  await jobs.updateMany({ _id: { $in: ids } }, { $set: { nextAt: later, lease: round } });
  const mine = await jobs.find({ _id: { $in: ids }, lease: round }).toArray();
  await jobs.bulkWrite(
    mine.map(({ _id }) => ({
      updateOne: {
        filter: { _id, lease: round },
        update: { $set: { state: "done" }, $unset: { nextAt: 1, lease: 1 } },
      },
    })),
  );
  return mine.length;
}
const leasing = performance.now();
let leased = 0;
for (let round = 1; round <= 10; round++) leased += await lease(round);
const leasePerSecond = (leased / (performance.now() - leasing)) * 1000;

const counting = performance.now();
const counted = await jobs.countDocuments({ state: "new" });
const countMs = performance.now() - counting;

await client.close();
await store.close();
rmSync(directory, { recursive: true });

const figures = {
  bench: "store",
  rows,
  insertPerSecond: Math.round(insertPerSecond),
  pingPerSecond: Math.round(ping),
  findOnePerSecond: Math.round(findOne),
  page50PerSecond: Math.round(page),
  claimPerSecond: Math.round(claim),
  leaseBatchRowsPerSecond: Math.round(leasePerSecond),
  counted,
  countMs: Math.round(countMs),
  claimRatio: Number((claim / ping).toFixed(3)),
  ratio: Number((findOne / ping).toFixed(3)),
};
for (const [name, value] of Object.entries(figures)) console.log(`${name.padEnd(26)}${value}`);
console.log(JSON.stringify(figures));
