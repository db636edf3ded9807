import assert from "node:assert/strict";
import type { Document } from "mongodb";
import { Double, Long, ObjectId } from "mongodb";
import type { Opened } from "./opened.ts";
import { opened } from "./opened.ts";

/** What an update makes of a document. */
const table: [name: string, before: Document, update: Document, after: Document, filter?: Document][] = [
  [
    "$set keeps a known field's place and adds new ones in order of name",
    { b: 1 },
    { $set: { z: 1, a: 2, b: 3 } },
    { b: 3, a: 2, z: 1 },
  ],
  ["$set makes documents on the way", {}, { $set: { "a.b.c": 1 } }, { a: { b: { c: 1 } } }],
  ["$set at a position of an array", { a: [1, 2] }, { $set: { "a.1": 9 } }, { a: [1, 9] }],
  [
    "$set beyond an array's end fills up with null",
    { a: [1] },
    { $set: { "a.3": 9 } },
    { a: [1, null, null, 9] },
  ],
  ["a number is a field's name where there is no array", {}, { $set: { "a.0": 1 } }, { a: { 0: 1 } }],
  ["$unset takes a field out", { a: 1, b: 2 }, { $unset: { a: "" } }, { b: 2 }],
  ["$unset in an array leaves null", { a: [1, 2] }, { $unset: { "a.0": 1 } }, { a: [null, 2] }],
  ["$unset of what is missing changes nothing", { a: 1 }, { $unset: { "b.c": 1 } }, { a: 1 }],
  ["$inc adds", { a: 1 }, { $inc: { a: 2, b: -1 } }, { a: 3, b: -1 }],
  ["$mul of a missing field is zero", { a: 3 }, { $mul: { a: 2, b: 5 } }, { a: 6, b: 0 }],
  ["$min and $max", { a: 5, b: 5, c: 5 }, { $min: { a: 3, b: 7 }, $max: { c: 8 } }, { a: 3, b: 5, c: 8 }],
  ["$min compares types", { a: "x" }, { $min: { a: 1 } }, { a: 1 }],
  ["$rename moves", { a: 1, b: 2 }, { $rename: { a: "c.d" } }, { b: 2, c: { d: 1 } }],
  ["$rename overwrites", { a: 1, b: 2 }, { $rename: { a: "b" } }, { b: 1 }],
  ["$push", { a: [1] }, { $push: { a: 2, b: 3 } }, { a: [1, 2], b: [3] }],
  ["$push of an array pushes one value", { a: [] }, { $push: { a: [1, 2] } }, { a: [[1, 2]] }],
  ["$push $each", { a: [1] }, { $push: { a: { $each: [2, 3] } } }, { a: [1, 2, 3] }],
  ["$push $position", { a: [1, 4] }, { $push: { a: { $each: [2, 3], $position: 1 } } }, { a: [1, 2, 3, 4] }],
  [
    "$push $position from the end",
    { a: [1, 2, 5] },
    { $push: { a: { $each: [4], $position: -1 } } },
    { a: [1, 2, 4, 5] },
  ],
  ["$push $slice", { a: [1, 2] }, { $push: { a: { $each: [3, 4], $slice: -3 } } }, { a: [2, 3, 4] }],
  ["$push $slice 0 empties", { a: [1] }, { $push: { a: { $each: [], $slice: 0 } } }, { a: [] }],
  ["$push $sort", { a: [3, 1] }, { $push: { a: { $each: [2], $sort: -1 } } }, { a: [3, 2, 1] }],
  [
    "$push $sort by a field, then $slice",
    { a: [{ s: 5 }, { s: 1 }] },
    { $push: { a: { $each: [{ s: 3 }], $sort: { s: 1 }, $slice: 2 } } },
    { a: [{ s: 1 }, { s: 3 }] },
  ],
  ["$addToSet", { a: [1, 2] }, { $addToSet: { a: 2, b: 1 } }, { a: [1, 2], b: [1] }],
  ["$addToSet $each", { a: [1] }, { $addToSet: { a: { $each: [1, 2, 2, 3] } } }, { a: [1, 2, 3] }],
  [
    "$addToSet minds field order",
    { a: [{ x: 1, y: 2 }] },
    { $addToSet: { a: { y: 2, x: 1 } } },
    {
      a: [
        { x: 1, y: 2 },
        { y: 2, x: 1 },
      ],
    },
  ],
  ["$pull by value", { a: [1, 2, 1] }, { $pull: { a: 1 } }, { a: [2] }],
  ["$pull by condition", { a: [1, 5, 9] }, { $pull: { a: { $gte: 5 } } }, { a: [1] }],
  [
    "$pull documents by fields",
    { a: [{ k: 1, v: 1 }, { k: 2 }] },
    { $pull: { a: { k: 1 } } },
    { a: [{ k: 2 }] },
  ],
  ["$pullAll", { a: [1, 2, 3, 2] }, { $pullAll: { a: [2, 3] } }, { a: [1] }],
  ["$pop at the end", { a: [1, 2] }, { $pop: { a: 1 } }, { a: [1] }],
  ["$pop at the beginning", { a: [1, 2] }, { $pop: { a: -1 } }, { a: [2] }],
  ["$bit", { a: 13, b: 5 }, { $bit: { a: { and: 10 }, b: { xor: 3 } } }, { a: 8, b: 6 }],
  [
    "$setOnInsert does nothing to what is there",
    { a: 1 },
    { $setOnInsert: { b: 1 }, $set: { c: 1 } },
    { a: 1, c: 1 },
  ],
  [
    "$ is the element the query matched",
    { a: [1, 5, 9] },
    { $set: { "a.$": 0 } },
    { a: [1, 0, 9] },
    { a: 5 },
  ],
  [
    "$ after $elemMatch",
    {
      a: [
        { k: 1, n: 0 },
        { k: 2, n: 0 },
      ],
    },
    { $inc: { "a.$.n": 1 } },
    {
      a: [
        { k: 1, n: 0 },
        { k: 2, n: 1 },
      ],
    },
    { a: { $elemMatch: { k: 2 } } },
  ],
  [
    "$ after a dotted path, twice in one array",
    { a: [{ k: 1 }, { k: 2 }] },
    { $set: { "a.$.x": 1, "a.$.y": 2 } },
    { a: [{ k: 1 }, { k: 2, x: 1, y: 2 }] },
    { "a.k": 2 },
  ],
  ["$ inside $and", { a: [1, 2] }, { $set: { "a.$": 7 } }, { a: [1, 7] }, { $and: [{ a: 2 }] }],
  [
    "$[] is every element",
    { a: [{ n: 1 }, { n: 2 }] },
    { $inc: { "a.$[].n": 10 } },
    { a: [{ n: 11 }, { n: 12 }] },
  ],
  [
    "two operators in one array",
    { a: [{ n: 1 }] },
    { $set: { "a.$[].x": 1 }, $inc: { "a.$[].n": 1 } },
    { a: [{ n: 2, x: 1 }] },
  ],
];

describe("updates", () => {
  let it_: Opened;
  before(async () => (it_ = await opened()));
  after(() => it_.close());

  for (const [name, before, update, after, filter] of table) {
    it(name, async () => {
      const collection = it_.fresh();
      await collection.insertOne({ _id: 1 as never, ...structuredClone(before) });
      await collection.updateOne({ _id: 1 as never, ...filter }, update);
      const result = await collection.findOne({}, { projection: { _id: 0 } });
      assert.equal(JSON.stringify(result), JSON.stringify(after));
    });
  }

  it("applies array filters", async () => {
    const collection = it_.fresh();
    await collection.insertOne({
      a: [
        { k: 1, l: [1, 5] },
        { k: 2, l: [5, 9] },
      ],
    });
    await collection.updateOne(
      {},
      { $set: { "a.$[e].l.$[n]": 0 } },
      { arrayFilters: [{ "e.k": 2 }, { n: { $gt: 5 } }] },
    );
    assert.deepEqual((await collection.findOne())?.["a"], [
      { k: 1, l: [1, 5] },
      { k: 2, l: [5, 0] },
    ]);
    await assert.rejects(collection.updateOne({}, { $set: { "a.$[e].k": 0 } }), { code: 2 });
    await assert.rejects(collection.updateOne({}, { $set: { b: 0 } }, { arrayFilters: [{ "e.k": 2 }] }), {
      code: 9,
    });
  });

  it("leaves the types of untouched numbers alone", async () => {
    const collection = it_.fresh();
    const numbers = {
      d: new Double(2),
      l: Long.fromNumber(7),
      i: 3,
      bigger: Long.fromString("9007199254740993"),
    };
    await collection.insertOne({ ...numbers });
    await collection.updateOne({}, { $set: { other: 1 }, $inc: { i: 1 } });
    const kept = await collection.findOne({}, { promoteValues: false });
    assert.deepEqual(
      [kept?.["d"]._bsontype, kept?.["l"]._bsontype, kept?.["i"]._bsontype],
      ["Double", "Long", "Int32"],
    );
    assert.equal(kept?.["bigger"].toString(), "9007199254740993");
  });

  it("widens an int32 that overflows to an int64 and adds to a long exactly", async () => {
    const collection = it_.fresh();
    await collection.insertOne({ i: 2147483647, l: Long.fromString("9007199254740993") });
    await collection.updateOne({}, { $inc: { i: 1, l: 2 } });
    const after = await collection.findOne({}, { promoteValues: false });
    assert.equal(after?.["i"]._bsontype, "Long");
    assert.equal(after?.["i"].toString(), "2147483648");
    assert.equal(after?.["l"].toString(), "9007199254740995");
  });

  it("sets the current date", async () => {
    const collection = it_.fresh();
    await collection.insertOne({});
    await collection.updateOne(
      {},
      { $currentDate: { at: { $type: "date" }, stamp: { $type: "timestamp" } } },
    );
    const after = await collection.findOne({ at: { $type: "date" }, stamp: { $type: "timestamp" } });
    assert.ok(after);
  });

  it("tells matched from modified", async () => {
    const collection = it_.fresh();
    await collection.insertMany([{ a: 1 }, { a: 2 }]);
    const result = await collection.updateMany({}, { $set: { a: 1 } });
    assert.deepEqual([result.matchedCount, result.modifiedCount], [2, 1]);
    const empty = await collection.updateMany({}, { $set: {} });
    assert.deepEqual([empty.matchedCount, empty.modifiedCount], [2, 0]);
  });

  it("updates by a pipeline", async () => {
    const collection = it_.fresh();
    await collection.insertOne({ _id: 1 as never, a: 2, b: 3 });
    await collection.updateOne({}, [{ $set: { c: { $add: ["$a", "$b"] } } }, { $unset: "a" }]);
    assert.deepEqual(await collection.findOne(), { _id: 1, b: 3, c: 5 });
  });

  it("seeds an upsert with the query's equalities", async () => {
    const collection = it_.fresh();
    const result = await collection.updateOne(
      { "a.b": 1, $and: [{ c: { $eq: 2 } }], d: { $gt: 5 }, e: { $in: [7] } },
      { $set: { x: 1 }, $setOnInsert: { y: 2 }, $inc: { n: 1 } },
      { upsert: true },
    );
    assert.equal(result.upsertedCount, 1);
    const { _id, ...rest } = (await collection.findOne()) as Document;
    assert.ok(_id instanceof ObjectId);
    assert.deepEqual(rest, { a: { b: 1 }, c: 2, e: 7, n: 1, x: 1, y: 2 });
    assert.equal(
      (await collection.updateOne({ "a.b": 1 }, { $set: { x: 1 } }, { upsert: true })).upsertedCount,
      0,
    );
  });

  it("lets no upsert change the _id that its query gives", async () => {
    const c = it_.fresh<{ _id: number; n?: number }>();
    for (const update of [{ $setOnInsert: { _id: 2 } }, { $set: { _id: 2 } }])
      await assert.rejects(c.updateOne({ _id: 1 }, update, { upsert: true }), { code: 66 });
    assert.equal(await c.countDocuments(), 0);
    await c.updateOne({ _id: 1 }, { $setOnInsert: { _id: 1, n: 1 } }, { upsert: true });
    await c.updateOne({ n: 2 }, { $setOnInsert: { _id: 2 } }, { upsert: true });
    assert.deepEqual(await c.find().toArray(), [
      { _id: 1, n: 1 },
      { _id: 2, n: 2 },
    ]);
  });

  it("replaces a whole document but for its _id", async () => {
    const collection = it_.fresh();
    await collection.insertOne({ _id: 1 as never, a: 1 });
    await collection.replaceOne({ _id: 1 as never }, { b: 2 });
    assert.deepEqual(await collection.findOne(), { _id: 1, b: 2 });
    await collection.replaceOne({ _id: 2 as never }, { b: 3 }, { upsert: true });
    assert.deepEqual(await collection.findOne({ b: 3 }), { _id: 2, b: 3 });
  });

  it("finds and modifies in the order asked for", async () => {
    const collection = it_.fresh();
    await collection.insertMany([
      { _id: 1, p: 1 },
      { _id: 2, p: 9 },
      { _id: 3, p: 5 },
    ] as unknown as Document[]);
    const before = await collection.findOneAndUpdate({}, { $set: { done: true } }, { sort: { p: -1 } });
    assert.deepEqual(before, { _id: 2, p: 9 });
    const after = await collection.findOneAndUpdate(
      { done: { $ne: true } },
      { $inc: { p: 1 } },
      { sort: { p: 1 }, returnDocument: "after", projection: { p: 1, _id: 0 } },
    );
    assert.deepEqual(after, { p: 2 });
    assert.deepEqual(await collection.findOneAndDelete({ p: 5 }), { _id: 3, p: 5 });
    assert.equal(await collection.findOneAndDelete({ p: 5 }), null);
    const upserted = await collection.findOneAndUpdate(
      { _id: 9 as never },
      { $set: { p: 0 } },
      { upsert: true, returnDocument: "after", includeResultMetadata: true },
    );
    assert.deepEqual(upserted.value, { _id: 9, p: 0 });
    assert.deepEqual(upserted.lastErrorObject, { n: 1, updatedExisting: false, upserted: 9 });
  });

  it("refuses wrong updates with MongoDB's codes and leaves the document alone", async () => {
    const collection = it_.fresh();
    const original = { _id: 1 as never, n: "text", a: 5, o: { x: 1 }, list: [1] };
    await collection.insertOne({ ...original });
    const wrong: [Document, number][] = [
      [{ $foo: { a: 1 } }, 9],
      [{ $set: { a: 1 }, $inc: { a: 1 } }, 40],
      [{ $set: { "o.x": 1, o: 2 } }, 40],
      [{ $set: { _id: 2 } }, 66],
      [{ $inc: { n: 1 } }, 14],
      [{ $inc: { a: "x" } }, 14],
      [{ $push: { a: 1 } }, 2],
      [{ $set: { "a.b": 1 } }, 28],
      [{ $set: { "list.x": 1 } }, 28],
      [{ $set: { "": 1 } }, 56],
      [{ $set: { "o..x": 1 } }, 56],
      [{ $set: { "a.$": 1 } }, 2],
      [{ $set: { o: 1 }, $pop: { list: 2 } }, 9],
      [{ $set: { early: 1 }, $inc: { n: 1 } }, 14],
      [{ $pull: { a: 1 } }, 2],
      [{ $rename: { a: "a" } }, 40],
    ];
    for (const [update, code] of wrong) {
      await assert.rejects(collection.updateOne({}, update), { code }, JSON.stringify(update));
    }
    assert.deepEqual(await collection.findOne(), original);
  });

  it("refuses what would make a document nest too deeply to be read again", async () => {
    const collection = it_.fresh();
    const path = (levels: number): string => Array.from({ length: levels }, () => "a").join(".");
    await collection.insertMany([{ _id: 1 as never }, { _id: 2 as never, a: { a: 1 } }]);
    await collection.updateOne({ _id: 1 as never }, { $set: { [path(181)]: 1 } });
    const tooDeep: Document[] = [
      { $set: { [`b.${path(181)}`]: 1 } },
      { $rename: { a: `b.${path(180)}` } },
      [{ $set: { [`b.${path(181)}`]: 1 } }],
    ];
    for (const update of tooDeep) {
      await assert.rejects(collection.updateOne({ _id: 2 as never }, update), { code: 15 });
    }
    await assert.rejects(
      collection.updateOne({ _id: 3 as never }, { $set: { [`b.${path(181)}`]: 1 } }, { upsert: true }),
      { code: 15 },
    );
    assert.deepEqual(await collection.findOne({ _id: 2 as never }), { _id: 2, a: { a: 1 } });
    assert.equal(await collection.countDocuments({ b: { $exists: true } }), 0);
  });
});
