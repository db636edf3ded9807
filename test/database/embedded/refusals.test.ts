import assert from "node:assert/strict";
import type { Document } from "mongodb";
import type { Opened } from "./opened.ts";
import { opened } from "./opened.ts";

describe("what the embedded store does not have", () => {
  let it_: Opened;
  before(async () => {
    it_ = await opened();
    await it_.db.collection("c").insertOne({ a: "x" });
    await it_.db.collection("lists").insertOne({ o: { list: [{ x: 1 }, 2] } });
  });
  after(() => it_.close());

  /** A command, the code it is refused with, and what the message names. */
  const table: [command: Document, code: number, names: string][] = [
    [{ find: "c", filter: { $where: "1" } }, 238, "$where"],
    [{ find: "c", filter: { $text: { $search: "x" } } }, 238, "$text"],
    [{ find: "c", filter: { a: { $near: [1, 1] } } }, 238, "$near"],
    [{ find: "c", filter: { a: { $geoWithin: {} } } }, 238, "$geoWithin"],
    [{ find: "c", filter: { $jsonSchema: {} } }, 238, "$jsonSchema"],
    [{ find: "c", filter: { a: { $bitsAllSet: 1 } } }, 238, "$bitsAllSet"],
    [{ find: "c", filter: { a: { $regex: "a", $options: "x" } } }, 238, "option x"],
    [{ find: "c", filter: { a: { $regex: "\\Aa" } } }, 238, "\\A"],
    [{ find: "c", collation: { locale: "de", strength: 1 } }, 238, "collation"],
    [{ find: "c", min: { a: 1 } }, 238, "min"],
    [{ find: "c", tailable: true }, 238, "tailable"],
    [{ find: "c", showRecordId: true }, 238, "showRecordId"],
    [{ find: "c", sort: { a: { $meta: "textScore" } } }, 238, "$meta"],
    [{ find: "c", sort: { $natural: -1 } }, 238, "$natural"],
    [{ find: "c", hint: { $natural: -1 } }, 238, "$natural"],
    [{ find: "c", nonsense: 1 }, 40415, "find.nonsense"],
    [{ aggregate: "c", pipeline: [{ $lookup: {} }], cursor: {} }, 238, "$lookup"],
    [{ aggregate: "c", pipeline: [{ $facet: {} }], cursor: {} }, 238, "$facet"],
    [{ aggregate: "c", pipeline: [{ $out: "x" }], cursor: {} }, 238, "$out"],
    [{ aggregate: "c", pipeline: [{ $changeStream: {} }], cursor: {} }, 238, "$changeStream"],
    [
      { aggregate: "c", pipeline: [{ $group: { _id: 1, a: { $stdDevPop: "$a" } } }], cursor: {} },
      238,
      "$stdDevPop",
    ],
    [{ aggregate: "c", pipeline: [{ $project: { a: { $toLower: "$a" } } }], cursor: {} }, 238, "$toLower"],
    [
      { aggregate: "lists", pipeline: [{ $addFields: { "o.list.y": 1 } }], cursor: {} },
      238,
      "through an array",
    ],
    [
      { aggregate: "lists", pipeline: [{ $project: { "o.list.x": 1, "o.list.y": "$_id" } }], cursor: {} },
      238,
      "through an array",
    ],
    [{ find: "lists", projection: { "o.list.y": "$_id" } }, 238, "through an array"],
    [{ aggregate: "c", pipeline: [{ a: 1, b: 1 }], cursor: {} }, 40323, "exactly one field"],
    [{ create: "d", capped: true, size: 100 }, 238, "capped"],
    [{ create: "d", viewOn: "c", pipeline: [] }, 238, "viewOn"],
    [{ create: "d", validator: { a: 1 } }, 238, "validator"],
    [{ update: "c", updates: [{ q: {}, u: { $set: { a: 1 } }, sort: { a: 1 } }] }, 40415, "sort"],
    [{ insert: "c", documents: [{ a: 1 }], writeConcern: { w: 3 } }, 2, "not replicated"],
    [{ find: "c", readConcern: { level: "snapshot" } }, 246, "replica set"],
    [{ mapReduce: "c" }, 59, "mapReduce"],
    [{ nothingOfTheKind: 1 }, 59, "nothingOfTheKind"],
  ];

  for (const [command, code, names] of table) {
    it(`is refused by name: ${JSON.stringify(command)}`, async () => {
      await assert.rejects(it_.db.command(command), (error: Document) => {
        assert.equal(error["code"], code, error["message"]);
        assert.ok(error["message"].includes(names), error["message"]);
        return true;
      });
    });
  }

  it("a pipeline that would set a field in an array's elements leaves the array alone", async () => {
    const update = it_.db.collection("lists").updateOne({}, [{ $set: { o: { list: { y: 1 } } } }]);
    await assert.rejects(update, { code: 238 });
    assert.equal(await it_.db.collection("lists").countDocuments({ "o.list": { x: 1 } }), 1);
  });

  it("transactions are refused, not faked", async () => {
    const session = it_.client.startSession();
    try {
      session.startTransaction();
      await assert.rejects(it_.db.collection("c").insertOne({ a: 1 }, { session }));
      await session.abortTransaction();
    } finally {
      await session.endSession();
    }
    await assert.rejects(
      it_.db.command({ insert: "c", documents: [{}], startTransaction: true, autocommit: false }),
      { code: 20 },
    );
    assert.equal(await it_.db.collection("c").countDocuments({ a: 1 }), 0);
  });

  it("change streams are refused", async () => {
    const stream = it_.db.collection("c").watch();
    await assert.rejects(stream.next(), { code: 238 });
    await stream.close();
  });

  it("documents that cannot be stored are refused whole", async () => {
    const collection = it_.fresh();
    await assert.rejects(collection.insertOne({ _id: [1] as never }), { code: 2 });
    await assert.rejects(collection.insertOne({ _id: /a/ as never }), { code: 2 });
    await collection.insertOne({ _id: 1 as never, text: "x".repeat(9_000_000) });
    await assert.rejects(collection.updateOne({}, { $set: { more: "x".repeat(9_000_000) } }), {
      code: 10334,
    });
    await assert.rejects(it_.db.collection("$bad").insertOne({}), { code: 73 });
    assert.deepEqual(await collection.findOne({}, { projection: { text: 0 } }), { _id: 1 });
  });

  it("the simple collation and options that change nothing are taken", async () => {
    const found = await it_.db.command({
      find: "c",
      filter: {},
      collation: { locale: "simple" },
      allowDiskUse: true,
      noCursorTimeout: true,
      comment: "why",
      maxTimeMS: 10_000,
      readConcern: { level: "majority" },
    });
    assert.equal(found["cursor"].firstBatch.length, 1);
  });
});

describe("collections and databases", () => {
  let it_: Opened;
  before(async () => (it_ = await opened()));
  after(() => it_.close());

  it("are made, listed, renamed and dropped", async () => {
    const db = it_.client.db("house");
    await db.createCollection("a");
    await assert.rejects(db.createCollection("a"), { code: 48 });
    await db.collection("b").insertOne({ x: 1 });
    const names = async (): Promise<string[]> =>
      (await db.listCollections({}, { nameOnly: true }).toArray()).map(({ name }) => name).sort();
    assert.deepEqual(await names(), ["a", "b"]);
    await assert.rejects(db.collection("b").rename("a"), { code: 48 });
    await db.collection("b").rename("a", { dropTarget: true });
    assert.deepEqual(await names(), ["a"]);
    assert.equal(await db.collection("a").countDocuments(), 1);
    const { databases } = await it_.client.db().admin().listDatabases();
    assert.ok(databases.some(({ name }) => name === "house"));
    assert.equal((await db.stats())["objects"], 1);
    assert.equal(await db.collection("nothing").drop(), true);
    await db.dropDatabase();
    assert.deepEqual(await names(), []);
    assert.equal(await db.collection("a").countDocuments(), 0);
  });

  it("are empty again after a drop, and counted exactly", async () => {
    const collection = it_.fresh();
    await collection.createIndex({ n: 1 }, { unique: true });
    await collection.insertMany([{ n: 1 }, { n: 2 }, { n: 3 }]);
    await collection.deleteOne({ n: 1 });
    assert.equal(await collection.estimatedDocumentCount(), 2);
    await collection.drop();
    assert.equal(await collection.estimatedDocumentCount(), 0);
    await collection.insertMany([{ n: 2 }, { n: 2 }]);
    assert.equal(await collection.countDocuments({ n: 2 }), 2);
  });
});
