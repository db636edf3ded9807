import assert from "node:assert/strict";
import type { Document } from "mongodb";
import { Binary, Decimal128, Double, Int32, Long, MaxKey, MinKey, ObjectId, Timestamp, UUID } from "mongodb";
import { decode } from "../../../src/database/embedded/bson/decode.ts";
import type { Opened } from "./opened.ts";
import { opened } from "./opened.ts";

const id = new ObjectId("5f0000000000000000000001");
const day = new Date(Date.UTC(2026, 0, 1));

/** The documents every query of the table is put to; the expectations are what MongoDB's manual says. */
const documents: Document[] = [
  { _id: 1, a: 5, tags: ["x", "y"], n: { m: 1 }, s: "apple" },
  { _id: 2, a: Long.fromNumber(5), tags: ["y"], n: { m: 2 }, s: "Banana" },
  { _id: 3, a: new Double(5.5), tags: [], s: "cherry\n" },
  {
    _id: 4,
    a: null,
    items: [
      { k: 1, v: 2 },
      { k: 3, v: 4 },
    ],
  },
  {
    _id: 5,
    items: [
      { k: 1, v: 4 },
      { k: 3, v: 2 },
    ],
    s: "date",
  },
  { _id: 6, a: "5", when: day, ref: id },
  { _id: 7, a: [1, 10], nested: [[1, 2], [3]], bool: true },
  { _id: 8, a: { b: 1, c: 2 }, bin: new Binary(Buffer.from("ab")) },
  { _id: 9, a: { c: 2, b: 1 }, items: [{ k: 9 }, 7] },
  { _id: 10, a: Number.NaN, zero: -0 },
  { _id: 11, a: Decimal128.fromString("5.0"), when: new Date(day.getTime() + 1000) },
  { _id: 12, a: Long.fromString("9007199254740993"), bool: false },
];

/** Query, and the ids of the documents it finds. */
const table: [name: string, filter: Document, ids: number[]][] = [
  ["numbers are equal whatever their type", { a: 5 }, [1, 2, 11]],
  ["a long beyond 2^53 is compared exactly", { a: Long.fromString("9007199254740993") }, [12]],
  ["a double next to a long is not equal to it", { a: 9007199254740992 }, []],
  ["null means null or missing", { a: null }, [4, 5]],
  ["$eq null too", { a: { $eq: null } }, [4, 5]],
  ["$ne null leaves both out", { a: { $ne: null } }, [1, 2, 3, 6, 7, 8, 9, 10, 11, 12]],
  ["$exists false finds only missing fields", { a: { $exists: false } }, [5]],
  ["$exists true finds null", { a: { $exists: true }, _id: { $lte: 4 } }, [1, 2, 3, 4]],
  ["sub-documents are equal with their field order", { a: { b: 1, c: 2 } }, [8]],
  ["an array's elements are tested one by one", { tags: "y" }, [1, 2]],
  ["a whole array can be asked for", { tags: ["x", "y"] }, [1]],
  ["an empty array equals itself", { tags: [] }, [3]],
  ["an inner array counts as one value", { nested: [1, 2] }, [7]],
  ["elements of an inner array do not count", { nested: 1 }, []],
  ["dotted paths lead into documents", { "n.m": 2 }, [2]],
  ["dotted paths lead through arrays", { "items.k": 3 }, [4, 5]],
  ["numbers in paths are positions", { "items.0.k": 1 }, [4, 5]],
  ["a position at the end is that element", { "tags.1": "y" }, [1]],
  ["a missing field in an element is null", { "items.v": null, items: { $exists: true } }, [9]],
  ["$gt compares only its own type", { a: { $gt: 4 } }, [1, 2, 3, 7, 11, 12]],
  ["$lt leaves NaN out", { a: { $lt: 6 } }, [1, 2, 3, 7, 11]],
  ["$gte null finds null and missing", { a: { $gte: null } }, [4, 5]],
  ["$gt null finds nothing", { a: { $gt: null } }, []],
  ["NaN equals NaN", { a: Number.NaN }, [10]],
  ["two bounds may be met by two elements", { a: { $gt: 6, $lt: 3 } }, [7]],
  ["$elemMatch wants one element for both", { a: { $elemMatch: { $gt: 6, $lt: 3 } } }, []],
  ["$elemMatch on documents", { items: { $elemMatch: { k: 1, v: 2 } } }, [4]],
  ["without it two elements may answer", { "items.k": 1, "items.v": 2 }, [4, 5]],
  ["dates by range", { when: { $gt: day } }, [11]],
  ["dates are equal", { when: day }, [6]],
  ["object ids are equal", { ref: id }, [6]],
  ["binaries are equal", { bin: new Binary(Buffer.from("ab")) }, [8]],
  ["$in takes several values", { s: { $in: ["apple", "date"] } }, [1, 5]],
  ["$in takes expressions", { s: { $in: [/^b/i, "date"] } }, [2, 5]],
  ["$in with null finds missing fields", { a: { $in: [null, "5"] } }, [4, 5, 6]],
  ["$nin is its opposite", { a: { $nin: [5, null, "5"] }, _id: { $lt: 8 } }, [3, 7]],
  ["$ne finds missing fields", { s: { $ne: "apple" }, _id: { $lte: 4 } }, [2, 3, 4]],
  ["$not finds missing fields", { a: { $not: { $gt: 4 } } }, [4, 5, 6, 8, 9, 10]],
  ["$not takes an expression", { s: { $not: /a/ }, _id: { $in: [1, 2, 3] } }, [3]],
  ["$and wants all", { $and: [{ "n.m": 1 }, { s: "apple" }] }, [1]],
  ["$or wants one", { $or: [{ "n.m": 2 }, { s: "apple" }] }, [1, 2]],
  ["$nor wants none", { $nor: [{ "n.m": 2 }, { s: "apple" }], _id: { $lt: 4 } }, [3]],
  ["$type by name", { a: { $type: "string" } }, [6]],
  ["$type number is all four", { a: { $type: "number" } }, [1, 2, 3, 7, 10, 11, 12]],
  ["$type long", { a: { $type: "long" } }, [2, 12]],
  ["$type by number", { when: { $type: 9 } }, [6, 11]],
  ["$type array is the array itself", { a: { $type: "array" } }, [7]],
  ["$type of several", { a: { $type: ["string", "object"] } }, [6, 8, 9]],
  ["$size", { tags: { $size: 2 } }, [1]],
  ["$size zero", { tags: { $size: 0 } }, [3]],
  ["$all wants every value", { tags: { $all: ["x", "y"] } }, [1]],
  ["$all of one", { tags: { $all: ["y"] } }, [1, 2]],
  ["$all of nothing finds nothing", { tags: { $all: [] } }, []],
  ["$all with $elemMatch", { items: { $all: [{ $elemMatch: { k: 1 } }, { $elemMatch: { v: 4 } }] } }, [4, 5]],
  ["$mod cuts to whole numbers", { a: { $mod: [5, 0] } }, [1, 2, 3, 7]],
  ["a regular expression", { s: /an/ }, [2]],
  ["an anchored one", { s: /^app/ }, [1]],
  ["case can be ignored", { s: { $regex: "^BAN", $options: "i" } }, [2]],
  ["$ also stands before a last line feed", { s: { $regex: "y$" } }, [3]],
  ["booleans are no numbers", { bool: 1 }, []],
  ["false is found", { bool: false }, [12]],
  ["minus zero is zero", { zero: 0 }, [10]],
  ["$expr compares two fields", { $expr: { $eq: ["$a.b", "$n.m"] }, _id: { $lt: 3 } }, []],
  ["$comment changes nothing", { s: "date", $comment: "why" }, [5]],
  [
    "MinKey and MaxKey bound everything",
    { a: { $gt: new MinKey(), $lt: new MaxKey() }, _id: { $lt: 4 } },
    [1, 2, 3],
  ],
];

describe("queries", () => {
  let it_: Opened;
  before(async () => {
    it_ = await opened();
    await it_.db.collection<Document>("q").insertMany(documents);
    const indexed = it_.db.collection<Document>("indexed");
    await indexed.createIndexes([
      { key: { a: 1 } },
      { key: { tags: 1 } },
      { key: { s: -1 } },
      { key: { "items.k": 1, "items.v": 1 } },
      { key: { when: 1 }, sparse: true },
      { key: { "n.m": 1, s: 1 } },
      { key: { bool: 1 }, sparse: true },
    ]);
    await indexed.insertMany(documents);
  });
  after(() => it_.close());

  for (const [name, filter, ids] of table) {
    it(`${name}, with and without an index`, async () => {
      for (const collection of ["q", "indexed"]) {
        const found = await it_.db.collection<Document>(collection).find(filter).toArray();
        assert.deepEqual(
          found.map(({ _id }) => _id as unknown).sort((a, b) => Number(a) - Number(b)),
          ids,
          collection,
        );
        assert.equal(
          await it_.db.collection<Document>(collection).countDocuments(filter),
          ids.length,
          `count in ${collection}`,
        );
      }
    });
  }

  it("sorts types in MongoDB's order", async () => {
    const collection = it_.fresh();
    const ordered: unknown[] = [
      new MinKey(),
      [],
      null,
      Number.NaN,
      -1,
      new Int32(0),
      Long.fromNumber(1),
      new Double(1.5),
      "",
      "a",
      "\u{ff21}",
      "\u{1f600}",
      { a: 1 },
      { a: "x" },
      new Binary(Buffer.from("a")),
      new UUID("00000000-0000-4000-8000-000000000000").toBinary(),
      new ObjectId("5f0000000000000000000001"),
      false,
      true,
      new Date(-1),
      new Date(1),
      new Timestamp({ t: 1, i: 1 }),
      /a/,
      new MaxKey(),
    ];
    const shuffled = ordered
      .map((v, at) => ({ _id: at, v }))
      .sort((a, b) => ((a._id * 7) % 24) - ((b._id * 7) % 24));
    await collection.insertMany(shuffled as unknown as Document[]);
    const inMemory = await collection.find().sort({ v: 1 }).toArray();
    assert.deepEqual(
      inMemory.map(({ _id }) => _id as unknown),
      ordered.map((_, at) => at),
    );
    await collection.createIndex({ v: 1 });
    const backwards = await collection.find().sort({ v: -1, _id: -1 }).toArray();
    assert.deepEqual(
      backwards.map(({ _id }) => _id as unknown),
      ordered.map((_, at) => ordered.length - 1 - at),
    );
  });

  it("sorts arrays by their least element upwards and by their greatest downwards", async () => {
    const collection = it_.fresh();
    await collection.insertMany([
      { _id: 1, v: [1, 9] },
      { _id: 2, v: [5] },
      { _id: 3, v: 4 },
    ] as unknown as Document[]);
    const up = await collection.find().sort({ v: 1 }).toArray();
    assert.deepEqual(
      up.map(({ _id }) => _id as unknown),
      [1, 3, 2],
    );
    const down = await collection.find().sort({ v: -1 }).toArray();
    assert.deepEqual(
      down.map(({ _id }) => _id as unknown),
      [1, 2, 3],
    );
  });

  it("sorts by several fields below an array as they stand in one element, and not by two arrays", async () => {
    const collection = it_.fresh();
    await collection.insertMany([
      {
        _id: 1,
        l: [
          { a: 1, b: 5 },
          { a: 2, b: 0 },
        ],
      },
      { _id: 2, l: [{ a: 1, b: 3 }] },
      { _id: 3, l: [{ a: 0 }], other: [1] },
    ] as unknown as Document[]);
    const order = async (sort: Record<string, 1 | -1>, most: number): Promise<unknown[]> =>
      (
        await collection
          .find({ _id: { $lte: most as never } })
          .sort(sort)
          .toArray()
      ).map(({ _id }) => _id);
    assert.deepEqual(await order({ "l.a": 1, "l.b": 1 }, 3), [3, 2, 1]);
    assert.deepEqual(await order({ "l.a": -1, "l.b": 1 }, 3), [1, 2, 3]);
    assert.deepEqual(await order({ "l.b": -1, "l.a": -1 }, 2), [1, 2]);
    await assert.rejects(order({ "l.a": 1, other: 1 }, 3), { code: 2 });
  });

  it("sorts an array within an array behind all plain values", async () => {
    const collection = it_.fresh();
    await collection.insertMany([
      { _id: 1, v: [[3], [1]] },
      { _id: 2, v: 5 },
      { _id: 3, v: [[2]] },
    ] as unknown as Document[]);
    const up = await collection.find().sort({ v: 1 }).toArray();
    assert.deepEqual(
      up.map(({ _id }) => _id as unknown),
      [2, 1, 3],
    );
  });

  it("projects by inclusion, exclusion, slices and elements", async () => {
    const collection = it_.fresh();
    await collection.insertOne({
      _id: 1 as never,
      a: 1,
      b: { c: 1, d: [{ e: 1, f: 2 }, 3] },
      list: [1, 2, 3, 4],
    });
    const get = (projection: Document): Promise<Document | null> =>
      collection.findOne({ list: 3 }, { projection });
    assert.deepEqual(await get({ a: 1 }), { _id: 1, a: 1 });
    assert.deepEqual(await get({ a: 1, _id: 0 }), { a: 1 });
    assert.deepEqual(await get({ _id: 1 }), { _id: 1 });
    assert.deepEqual(await get({ list: 0, b: 0 }), { _id: 1, a: 1 });
    assert.deepEqual(await get({ "b.d.e": 1 }), { _id: 1, b: { d: [{ e: 1 }] } });
    assert.deepEqual(await get({ b: { c: 1 } }), { _id: 1, b: { c: 1 } });
    assert.deepEqual(await get({ "b.d.e": 0, list: 0 }), { _id: 1, a: 1, b: { c: 1, d: [{ f: 2 }, 3] } });
    assert.deepEqual(await get({ list: { $slice: -2 }, a: 1 }), { _id: 1, a: 1, list: [3, 4] });
    assert.deepEqual(await get({ list: { $slice: [1, 2] }, b: 0 }), { _id: 1, a: 1, list: [2, 3] });
    assert.deepEqual(await get({ list: { $elemMatch: { $gt: 2 } } }), { _id: 1, list: [3] });
    assert.deepEqual(await get({ "list.$": 1 }), { _id: 1, list: [3] });
    assert.deepEqual(await get({ _id: 0, copy: "$b.c" }), { copy: 1 });
    await assert.rejects(get({ a: 1, b: 0 }), { code: 31254 });
    await assert.rejects(get({ a: 0, b: 1 }), { code: 31253 });
  });

  it("keeps a field called __proto__ and names like numbers in their order", async () => {
    const collection = it_.fresh();
    const document = new Map<string, unknown>([
      ["_id", 1],
      ["z", 1],
      ["10", 1],
      ["2", 1],
    ]);
    await collection.insertOne(document);
    await collection.updateOne({ _id: 1 as never }, { $set: { z: 2 } });
    const raw = (await collection.findOne({}, { raw: true })) as unknown as Buffer;
    const names = [...decode(raw).keys()];
    assert.deepEqual(names, ["_id", "z", "10", "2"]);
  });

  it("refuses wrong queries with MongoDB's codes", async () => {
    const collection = it_.db.collection("q");
    const wrong: [Document, number][] = [
      [{ a: { $foo: 1 } }, 2],
      [{ $foo: 1 }, 2],
      [{ a: { $in: 1 } }, 2],
      [{ $or: [] }, 2],
      [{ a: { $size: -1 } }, 2],
      [{ a: { $mod: [0, 1] } }, 2],
      [{ a: { $regex: "(" } }, 51091],
      [{ a: { $gt: 1, b: 1 } }, 2],
    ];
    for (const [filter, code] of wrong) {
      await assert.rejects(collection.find(filter).toArray(), { code }, JSON.stringify(filter));
    }
  });

  it("gives distinct values, through arrays", async () => {
    const collection = it_.fresh();
    await collection.insertMany([
      { t: ["a", "b"] },
      { t: "b" },
      { t: [] },
      { u: 1 },
      { t: 1 },
      { t: Long.fromNumber(1) },
    ]);
    assert.deepEqual((await collection.distinct("t")).map(String).sort(), ["1", "a", "b"]);
  });
});
