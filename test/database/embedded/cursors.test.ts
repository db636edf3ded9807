import assert from "node:assert/strict";
import { statSync } from "node:fs";
import { join } from "node:path";
import type { Collection } from "mongodb";
import type { Opened } from "./opened.ts";
import { opened } from "./opened.ts";

describe("cursors", () => {
  let it_: Opened;
  before(async () => (it_ = await opened()));
  after(() => it_.close());

  it("give everything once, in batches of the size asked for", async () => {
    const collection = it_.fresh();
    await collection.createIndex({ n: 1 });
    await collection.insertMany(Array.from({ length: 1000 }, (_, n) => ({ n })));
    for (const batchSize of [0, 1, 7, 101, 5000]) {
      const found = await collection
        .find({ n: { $gte: 0 } }, { batchSize })
        .sort({ n: -1 })
        .toArray();
      assert.deepEqual(
        found.map(({ n }) => n as unknown),
        Array.from({ length: 1000 }, (_, at) => 999 - at),
      );
    }
    const page = await collection.find({}, { skip: 10, limit: 5, sort: { n: 1 } }).toArray();
    assert.deepEqual(
      page.map(({ n }) => n as unknown),
      [10, 11, 12, 13, 14],
    );
  });

  it("go on over documents that are changed and removed under them", async () => {
    const collection = it_.fresh();
    await collection.insertMany(Array.from({ length: 600 }, (_, _id) => ({ _id, n: 0 })) as never[]);
    let seen = 0;
    for await (const { _id } of collection.find({}, { batchSize: 50 })) {
      await collection.updateOne({ _id }, { $set: { n: 1 } });
      if (seen++ === 100) await collection.deleteMany({ _id: { $gte: 500 as never } });
    }
    assert.equal(seen, 500);
    assert.equal(await collection.countDocuments({ n: 1 }), 500);
  });

  it("end with an error when their index or collection is dropped: an end would look like that of the results", async () => {
    const ends = {
      index: (collection: Collection) => collection.dropIndex("n_1"),
      collection: (collection: Collection) => collection.drop(),
      name: (collection: Collection) => collection.rename("renamed"),
    };
    for (const end of Object.values(ends)) {
      const collection = it_.fresh();
      await collection.createIndex({ n: 1 });
      await collection.insertMany(Array.from({ length: 20 }, (_, n) => ({ n })));
      const find = collection.find({ n: { $gte: 0 } }, { batchSize: 5 });
      const match = collection.aggregate([{ $match: { n: { $gte: 0 } } }, { $project: { n: 1 } }], {
        batchSize: 5,
      });
      const sorted = collection.find({ n: { $gte: 0 } }, { batchSize: 5, sort: { other: 1 } });
      for (const cursor of [find, match, sorted]) await cursor.next();
      await end(collection);
      await assert.rejects(find.toArray(), { code: 175, codeName: "QueryPlanKilled" });
      await assert.rejects(match.toArray(), { code: 175 });
      // Everything had been read already.
      assert.equal((await sorted.toArray()).length, 19);
    }
  });

  it("keep each batch below the size of a message", async () => {
    const collection = it_.fresh();
    const text = "x".repeat(1024 * 1024);
    await collection.insertMany(Array.from({ length: 18 }, (_, n) => ({ n, text })));
    const found = await collection.find().sort({ n: 1 }).toArray();
    assert.equal(found.length, 18);
  });

  it("do not keep old pages alive: the file stays as large as it was", async () => {
    const collection = it_.fresh();
    await collection.insertMany(Array.from({ length: 5000 }, (_, n) => ({ n, text: "y".repeat(200) })));
    const cursor = collection.find({}, { batchSize: 10 });
    await cursor.next();
    const file = join(it_.directory, "data.mdb");
    await collection.updateMany({}, { $inc: { n: 1 } });
    await collection.updateMany({}, { $inc: { n: 1 } });
    const before = statSync(file).size;
    for (let round = 0; round < 6; round++) await collection.updateMany({}, { $inc: { n: 1 } });
    assert.ok(statSync(file).size < before * 1.5, "the file grows with every rewrite");
    await cursor.close();
  });

  it("that are unknown or closed are answered with code 43", async () => {
    const collection = it_.fresh();
    await collection.insertMany([{ a: 1 }, { a: 2 }, { a: 3 }]);
    const reply = await it_.db.command({ find: collection.collectionName, batchSize: 1 });
    const { id, ns } = reply["cursor"];
    assert.equal(ns, `test.${collection.collectionName}`);
    await assert.rejects(it_.db.command({ getMore: id, collection: "other" }), { code: 13 });
    const killed = await it_.db.command({ killCursors: collection.collectionName, cursors: [id] });
    assert.equal(killed["cursorsKilled"].length, 1);
    await assert.rejects(it_.db.command({ getMore: id, collection: collection.collectionName }), {
      code: 43,
    });
  });

  it("end with the session that opened them", async () => {
    const collection = it_.fresh();
    await collection.insertMany([{ a: 1 }, { a: 2 }, { a: 3 }]);
    const open = async (): Promise<number> =>
      (await it_.db.admin().serverStatus())["metrics"].cursor.open.total as number;
    const before = await open();
    const session = it_.client.startSession();
    const reply = await it_.db.command({ find: collection.collectionName, batchSize: 1 }, { session });
    assert.ok(reply["cursor"].id);
    assert.equal(await open(), before + 1);
    await it_.db.admin().command({ endSessions: [session.id] });
    assert.equal(await open(), before);
    await session.endSession();
  });

  it("aggregate: match, sort, group, unwind, project, count", async () => {
    const collection = it_.fresh();
    await collection.insertMany([
      { _id: 1, k: "a", n: 1, tags: ["x", "y"] },
      { _id: 2, k: "b", n: 2, tags: ["y"] },
      { _id: 3, k: "a", n: 3.5, tags: [] },
      { _id: 4, n: "text" },
    ] as never[]);
    const run = (pipeline: object[]): Promise<unknown[]> => collection.aggregate(pipeline).toArray();
    assert.deepEqual(
      await run([
        { $sort: { _id: 1 } },
        {
          $group: {
            _id: "$k",
            sum: { $sum: "$n" },
            avg: { $avg: "$n" },
            min: { $min: "$n" },
            max: { $max: "$n" },
            first: { $first: "$_id" },
            last: { $last: "$_id" },
            all: { $push: "$n" },
            set: { $addToSet: "$k" },
            count: { $sum: 1 },
          },
        },
        { $sort: { _id: -1 } },
      ]),
      [
        { _id: "b", sum: 2, avg: 2, min: 2, max: 2, first: 2, last: 2, all: [2], set: ["b"], count: 1 },
        {
          _id: "a",
          sum: 4.5,
          avg: 2.25,
          min: 1,
          max: 3.5,
          first: 1,
          last: 3,
          all: [1, 3.5],
          set: ["a"],
          count: 2,
        },
        {
          _id: null,
          sum: 0,
          avg: null,
          min: "text",
          max: "text",
          first: 4,
          last: 4,
          all: ["text"],
          set: [],
          count: 1,
        },
      ],
    );
    assert.deepEqual(
      await run([{ $unwind: "$tags" }, { $sort: { _id: 1, tags: 1 } }, { $project: { tags: 1 } }]),
      [
        { _id: 1, tags: "x" },
        { _id: 1, tags: "y" },
        { _id: 2, tags: "y" },
      ],
    );
    assert.equal((await run([{ $unwind: { path: "$tags", preserveNullAndEmptyArrays: true } }])).length, 5);
    // $unwind finds no array through another one.
    assert.deepEqual(await run([{ $addFields: { o: [{ p: [1] }] } }, { $unwind: "$o.p" }]), []);
    assert.deepEqual(await run([{ $match: { k: "a" } }, { $count: "n" }]), [{ n: 2 }]);
    assert.deepEqual(await run([{ $match: { k: "b" } }, { $project: { _id: 0, key: "$k", t: "$tags" } }]), [
      { key: "b", t: ["y"] },
    ]);
    assert.deepEqual(await run([{ $match: { k: "none" } }, { $count: "n" }]), []);
    assert.equal((await run([{ $sample: { size: 2 } }])).length, 2);
    assert.deepEqual(
      await run([{ $sort: { _id: -1 } }, { $skip: 1 }, { $limit: 1 }, { $project: { _id: 1 } }]),
      [{ _id: 3 }],
    );
    assert.deepEqual(
      await run([{ $match: { _id: 1 } }, { $limit: 5 }, { $addFields: { "o.p": "$n" } }, { $unset: "tags" }]),
      [{ _id: 1, k: "a", n: 1, o: { p: 1 } }],
    );
  });
});
