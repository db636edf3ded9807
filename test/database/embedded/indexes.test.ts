import assert from "node:assert/strict";
import type { Document } from "mongodb";
import { Long } from "mongodb";
import type { Opened } from "./opened.ts";
import { opened } from "./opened.ts";

const duplicate = { code: 11000 };

describe("indexes", () => {
  let it_: Opened;
  before(async () => (it_ = await opened({ ttlSeconds: 0.05 })));
  after(() => it_.close());

  it("refuse a second document with a unique key, as MongoDB words it", async () => {
    const collection = it_.fresh();
    await collection.createIndex({ email: 1 }, { unique: true });
    await collection.insertOne({ email: "a@example.com" });
    await assert.rejects(collection.insertOne({ email: "a@example.com" }), (error: Document) => {
      assert.equal(error["code"], 11000);
      assert.deepEqual(error["keyPattern"], { email: 1 });
      assert.deepEqual(error["keyValue"], { email: "a@example.com" });
      assert.ok(
        error["message"].includes(
          `E11000 duplicate key error collection: test.${collection.collectionName} index: email_1 dup key: { email: "a@example.com" }`,
        ),
      );
      return true;
    });
    assert.equal(await collection.countDocuments(), 1);
  });

  it("take numerically equal ids for the same", async () => {
    const collection = it_.fresh();
    await collection.insertOne({ _id: 1 as never });
    await assert.rejects(collection.insertOne({ _id: Long.fromNumber(1) as never }), duplicate);
  });

  it("count a missing field as null when they are unique, and skip it when they are sparse", async () => {
    const collection = it_.fresh();
    await collection.createIndex({ a: 1 }, { unique: true });
    await collection.createIndex({ b: 1 }, { unique: true, sparse: true });
    await collection.insertOne({ x: 1 });
    await assert.rejects(collection.insertOne({ x: 2 }), duplicate);
    await assert.rejects(collection.insertOne({ a: null }), duplicate);
    await collection.insertMany([{ a: 1 }, { a: 2 }, { a: 3, b: null }]);
    await assert.rejects(collection.insertOne({ a: 4, b: null }), duplicate);
  });

  it("free a unique key that is unset, and take it again by an update", async () => {
    const collection = it_.fresh();
    await collection.createIndex({ dedupe: 1 }, { unique: true, sparse: true });
    await collection.insertOne({ _id: 1 as never, dedupe: "k" });
    await collection.updateOne({ _id: 1 as never }, { $unset: { dedupe: 1 } });
    await collection.insertOne({ _id: 2 as never, dedupe: "k" });
    await assert.rejects(
      collection.updateOne({ _id: 1 as never }, { $set: { dedupe: "k", other: 1 } }),
      duplicate,
    );
    assert.deepEqual(await collection.findOne({ _id: 1 as never }), { _id: 1 });
  });

  it("compare compound keys as a whole and array elements one by one", async () => {
    const collection = it_.fresh();
    await collection.createIndex({ a: 1, b: -1 }, { unique: true });
    await collection.insertMany([
      { a: 1, b: 1 },
      { a: 1, b: 2 },
      { a: [2, 3, 3], b: 1 },
    ]);
    await assert.rejects(collection.insertOne({ a: 3, b: 1 }), duplicate);
    await collection.insertOne({ a: 3, b: 2 });
    await assert.rejects(collection.insertOne({ a: [8, 9], b: [1, 2] }), { code: 171 });
  });

  it("let an unordered insert pass by what is refused, and stop an ordered one", async () => {
    const collection = it_.fresh();
    const rows = [{ _id: 1 }, { _id: 1 }, { _id: 2 }] as unknown as Document[];
    await assert.rejects(collection.insertMany(rows, { ordered: true }), duplicate);
    assert.equal(await collection.countDocuments(), 1);
    await assert.rejects(collection.insertMany(rows, { ordered: false }), (error: Document) => {
      assert.deepEqual(
        error["writeErrors"].map(({ index }: Document) => index as unknown),
        [0, 1],
      );
      return true;
    });
    assert.equal(await collection.countDocuments(), 2);
  });

  it("stop updateMany at the first document in the way and keep those before it", async () => {
    const collection = it_.fresh();
    await collection.createIndex({ k: 1 }, { unique: true });
    await collection.insertMany([
      { _id: 1, k: 1 },
      { _id: 2, k: 2 },
    ] as unknown as Document[]);
    await assert.rejects(collection.updateMany({}, { $set: { k: 9 } }), duplicate);
    assert.deepEqual(await collection.find().sort({ _id: 1 }).toArray(), [
      { _id: 1, k: 9 },
      { _id: 2, k: 2 },
    ]);
  });

  it("are built over what is there, or not at all", async () => {
    const collection = it_.fresh();
    await collection.insertMany([{ k: 1 }, { k: 1 }, { j: [1, 2] }]);
    await assert.rejects(collection.createIndex({ k: 1 }, { unique: true }), duplicate);
    assert.deepEqual(
      (await collection.indexes()).map(({ name }) => name),
      ["_id_"],
    );
    await collection.createIndex({ j: 1 });
    assert.equal(await collection.countDocuments({ j: 2 }), 1);
  });

  it("conflict by name and by options with MongoDB's codes", async () => {
    const collection = it_.fresh();
    assert.equal(await collection.createIndex({ a: 1 }), "a_1");
    assert.equal(await collection.createIndex({ a: 1 }), "a_1");
    await assert.rejects(collection.createIndex({ a: 1 }, { unique: true }), { code: 85 });
    await assert.rejects(collection.createIndex({ a: 1 }, { name: "other" }), { code: 85 });
    await assert.rejects(collection.createIndex({ b: 1 }, { name: "a_1" }), { code: 86 });
    await collection.createIndex({ _id: 1 });
    assert.deepEqual(await collection.indexes(), [
      { v: 2, key: { _id: 1 }, name: "_id_" },
      { v: 2, key: { a: 1 }, name: "a_1" },
    ]);
    await assert.rejects(collection.dropIndex("nothing"), { code: 27 });
    await collection.dropIndex("a_1");
    await assert.rejects(it_.db.collection("nowhere").indexes(), { code: 26 });
  });

  it("that are not implemented are refused with code 67", async () => {
    const collection = it_.fresh();
    const refused: [Document, Document][] = [
      [{ a: "text" }, {}],
      [{ a: "2dsphere" }, {}],
      [{ a: "hashed" }, {}],
      [{ "a.$**": 1 }, {}],
      [{ a: 1 }, { partialFilterExpression: { a: { $gt: 1 } } }],
      [{ a: 1 }, { hidden: true }],
      [{ "a.0": 1 }, {}],
    ];
    for (const [key, options] of refused) {
      await assert.rejects(
        collection.createIndex(key, options),
        { code: 67 },
        JSON.stringify([key, options]),
      );
    }
  });

  it("remove documents whose time is over, and only those", async () => {
    const collection = it_.fresh();
    await collection.createIndex({ at: 1 }, { expireAfterSeconds: 10 });
    await collection.insertMany([
      { _id: 1, at: new Date(Date.now() - 60_000) },
      { _id: 2, at: new Date(Date.now() + 60_000) },
      { _id: 3, at: "no date" },
      { _id: 4 },
      { _id: 5, at: [new Date(Date.now() + 60_000), new Date(0)] },
    ] as unknown as Document[]);
    const deadline = Date.now() + 30_000;
    while ((await collection.countDocuments({ _id: { $in: [1, 5] as never[] } })) > 0) {
      assert.ok(Date.now() < deadline, "the expired documents are still there");
    }
    const left = await collection.find().sort({ _id: 1 }).toArray();
    assert.deepEqual(
      left.map(({ _id }) => _id as unknown),
      [2, 3, 4],
    );
  });

  it("and documents agree after every kind of write", async () => {
    const collection = it_.fresh();
    await collection.createIndex({ a: 1 });
    await collection.createIndex({ "l.x": 1 }, { sparse: true });
    for (let round = 0; round < 30; round++) {
      await collection.insertOne({ _id: round as never, a: round % 5, l: [{ x: round }, { x: round + 1 }] });
    }
    await collection.updateMany({ a: 2 }, { $set: { a: 7 }, $pop: { l: 1 } });
    await collection.updateMany({ a: 1 }, { $unset: { l: 1, a: 1 } });
    await collection.replaceOne({ _id: 4 as never }, { a: [1, 2] });
    await collection.deleteMany({ a: 3 });
    for (const filter of [{ a: 7 }, { a: 1 }, { a: null }, { "l.x": { $gte: 3 } }, { "l.x": 8 }]) {
      const scanned = await collection.find(filter).hint({ _id: 1 }).toArray();
      const indexed = await collection.find(filter).sort({ _id: 1 }).toArray();
      assert.deepEqual(indexed, scanned);
      assert.equal(await collection.countDocuments(filter), scanned.length);
    }
  });
});
