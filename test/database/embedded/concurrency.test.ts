import assert from "node:assert/strict";
import type { Opened } from "./opened.ts";
import { opened } from "./opened.ts";

describe("many clients at once", () => {
  let it_: Opened;
  before(async () => (it_ = await opened({ thread: true })));
  after(() => it_.close());

  it("claim each of fifty jobs exactly once", async () => {
    const jobs = it_.fresh();
    await jobs.createIndex({ state: 1, at: 1 });
    await jobs.insertMany(Array.from({ length: 50 }, (_, at) => ({ state: "new", at })));
    const claim = (worker: number): Promise<unknown> =>
      jobs.findOneAndUpdate({ state: "new" }, { $set: { state: "run", worker } }, { sort: { at: 1 } });
    const claimed = await Promise.all(Array.from({ length: 50 }, (_, worker) => claim(worker)));
    assert.equal(new Set(claimed.map((job) => (job as { at: number }).at)).size, 50);
    assert.equal(await jobs.countDocuments({ state: "new" }), 0);
    assert.equal((await jobs.distinct("worker")).length, 50);
  });

  it("upsert one document on a unique key", async () => {
    const collection = it_.fresh();
    await collection.createIndex({ key: 1 }, { unique: true });
    const results = await Promise.all(
      Array.from({ length: 20 }, () =>
        collection.updateOne({ key: "k" }, { $inc: { n: 1 } }, { upsert: true }),
      ),
    );
    assert.equal(results.filter(({ upsertedCount }) => upsertedCount === 1).length, 1);
    assert.equal((await collection.findOne({ key: "k" }))?.["n"], 20);
  });

  it("lose no increment", async () => {
    const collection = it_.fresh();
    await collection.insertOne({ n: 0 });
    await Promise.all(Array.from({ length: 200 }, () => collection.updateOne({}, { $inc: { n: 1 } })));
    assert.equal((await collection.findOne())?.["n"], 200);
  });

  it("are served while one of them scans and while one of them rewrites everything", async () => {
    const collection = it_.fresh();
    await collection.insertMany(Array.from({ length: 20_000 }, (_, at) => ({ at, n: 0 })));
    let scanned = false;
    const long = collection
      .aggregate([{ $group: { _id: { $cond: [{ $eq: ["$at", -1] }, 1, "$n"] }, sum: { $sum: "$at" } } }])
      .toArray()
      .finally(() => (scanned = true));
    const rewrite = collection.updateMany({ n: { $lt: 5 } }, { $inc: { n: 1 } });
    await it_.db.command({ ping: 1 });
    const wasScanning = !scanned;
    await Promise.all([long, rewrite]);
    assert.ok(wasScanning, "the ping waited for the whole scan");
    assert.equal(await collection.countDocuments({ n: 1 }), 20_000);
  });

  it("never lose another's update to a document that a long updateMany has read", async () => {
    const collection = it_.fresh();
    const size = 8000;
    await collection.insertMany(
      Array.from({ length: size }, (_, _id) => ({ _id, n: 0, mine: 0 })) as never[],
    );
    const many = collection.updateMany({}, { $inc: { n: 1 } });
    const singles = Array.from({ length: 300 }, (_, at) =>
      collection.updateOne({ _id: (at * 26) as never }, { $inc: { mine: 1 } }),
    );
    await Promise.all([many, ...singles]);
    assert.equal(await collection.countDocuments({ n: 1 }), size);
    assert.equal(await collection.countDocuments({ mine: 1 }), 300);
  });
});
