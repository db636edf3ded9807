import assert from "node:assert/strict";
import fc from "fast-check";
import type { Document, Filter, IndexSpecification } from "mongodb";
import type { Opened } from "./opened.ts";
import { opened } from "./opened.ts";

const small = fc.integer({ min: 0, max: 4 });
const field = fc.oneof(
  { weight: 5, arbitrary: small },
  fc.constant(null),
  fc.constantFrom("a", "b", "ab"),
  fc.array(small, { maxLength: 3 }),
  fc.record({ x: small }),
  fc.array(fc.record({ x: small, y: small }), { maxLength: 2 }),
);
const document = fc.record({ a: field, b: field, c: small }, { requiredKeys: [] });

const plainValue = fc.oneof(small, fc.constant(null), fc.constantFrom("a", "b"));
const condition: fc.Arbitrary<unknown> = fc.oneof(
  plainValue,
  fc.record({ $gt: small, $lt: small }, { requiredKeys: [] }).filter((ops) => Object.keys(ops).length > 0),
  fc.record({ $gte: plainValue }),
  fc.record({ $lte: plainValue }),
  fc.record({ $in: fc.array(plainValue, { maxLength: 3 }) }),
  fc.record({ $ne: plainValue }),
  fc.record({ $exists: fc.boolean() }),
  fc.record({ $not: fc.record({ $gt: small }) }),
  fc.record({ $elemMatch: fc.record({ x: small, y: small }) }),
  fc.record({ $regex: fc.constantFrom("^a", "b", "^ab") }),
  fc.record({ $size: small }),
);
const path = fc.constantFrom("a", "b", "c", "a.x", "a.y", "b.x");
const flat: fc.Arbitrary<Document> = fc
  .array(fc.tuple(path, condition), { maxLength: 3 })
  .map((pairs): Document => Object.fromEntries<unknown>(pairs));
const filter: fc.Arbitrary<Document> = fc.oneof(
  { weight: 3, arbitrary: flat },
  fc.record({ $or: fc.array(flat, { minLength: 1, maxLength: 3 }) }),
  fc.tuple(flat, fc.array(flat, { minLength: 1, maxLength: 2 })).map(([and, or]) => ({ ...and, $or: or })),
);
const sort = fc.constantFrom(
  undefined,
  { a: 1, _id: 1 },
  { a: -1, _id: -1 },
  { b: 1, c: -1, _id: 1 },
  { c: -1, a: 1, _id: -1 },
  { c: 1, _id: 1 },
  { _id: -1 },
);

const indexes: { key: IndexSpecification; sparse?: boolean }[] = [
  { key: { a: 1 } },
  { key: { a: -1 }, sparse: true },
  { key: { c: 1, a: -1 } },
  { key: { a: 1, c: 1 } },
  { key: { "a.x": 1, "a.y": 1 } },
  { key: { "b.x": 1, c: -1 }, sparse: true },
  { key: { c: -1 } },
];

describe("plans", () => {
  let it_: Opened;
  before(async () => (it_ = await opened()));
  after(() => it_.close());

  it("by an index find what a scan finds, in the same order, and count the same", async function () {
    this.timeout(120_000);
    const plain = it_.fresh();
    await fc.assert(
      fc.asyncProperty(
        fc.array(document, { minLength: 5, maxLength: 25 }),
        fc.array(fc.tuple(filter, sort), { minLength: 20, maxLength: 20 }),
        fc.subarray(indexes, { minLength: 1, maxLength: 2 }),
        async (documents, queries, chosen) => {
          const indexed = it_.fresh();
          await plain.deleteMany({});
          const numbered = documents.map((fields, at) => ({ _id: at, ...fields })) as unknown as Document[];
          await plain.insertMany(numbered);
          for (const { key, ...options } of chosen) {
            // `{ a: 1 }` and its sparse twin differ in direction only, so both can stand in one collection.
            await indexed.createIndex(key, options);
          }
          await indexed.insertMany(numbered);
          for (const [wanted, order] of queries) {
            const run = async (collection: typeof plain): Promise<unknown[]> => {
              const cursor = collection.find(wanted);
              const found = await (order === undefined ? cursor : cursor.sort(order)).toArray();
              const ids = found.map(({ _id }) => _id as unknown);
              return order === undefined ? ids.sort((a, b) => Number(a) - Number(b)) : ids;
            };
            const expected = await run(plain);
            assert.deepEqual(await run(indexed), expected);
            assert.equal(await indexed.countDocuments(wanted), expected.length);
          }
          await indexed.drop();
        },
      ),
      { numRuns: 40 },
    );
  });

  async function winning(
    collection: ReturnType<Opened["fresh"]>,
    wanted: Document,
    order: Document = {},
  ): Promise<Document> {
    const plan = await collection.find(wanted).sort(order).explain();
    return plan["queryPlanner"].winningPlan as Document;
  }

  it("use the index that gives both the filter and the order", async () => {
    const jobs = it_.fresh();
    await jobs.createIndexes([
      { key: { state: 1, pri: -1, at: 1 }, name: "queue" },
      { key: { owner: 1, _id: -1 }, name: "owner" },
      { key: { nextAt: 1 }, sparse: true, name: "due" },
      { key: { email: 1 }, unique: true, name: "email" },
    ]);
    const index = async (wanted: Document, order?: Document): Promise<unknown> => {
      const plan = await winning(jobs, wanted, order);
      return plan["stage"] === "SORT" ? "SORT" : (plan["inputStage"]?.indexName ?? plan["stage"]);
    };
    assert.equal(await index({ state: "new" }, { pri: -1, at: 1 }), "queue");
    assert.equal(await index({ state: "new" }, { pri: 1, at: -1 }), "queue");
    assert.equal(await index({ state: { $in: ["new", "old"] } }, { pri: -1, at: 1 }), "queue");
    assert.equal(await index({ state: "new" }, { at: 1 }), "SORT");
    assert.equal(await index({ owner: 5 }, { _id: -1 }), "owner");
    assert.equal(await index({ owner: 5, _id: { $lt: 9 } }, { _id: -1 }), "owner");
    assert.equal(await index({ nextAt: { $lte: new Date() } }, { nextAt: 1 }), "due");
    assert.equal(await index({ nextAt: { $exists: true } }), "due");
    assert.equal(await index({ nextAt: null }), "COLLSCAN");
    assert.equal(await index({ email: "a", state: "new" }), "email");
    assert.equal(await index({ _id: 5 }), "IDHACK");
    assert.equal(await index({ other: 5 }), "COLLSCAN");
    const keyset = { $or: [{ pri: { $lt: 5 } }, { pri: 5, at: { $gt: 3 } }], state: "new" };
    assert.equal(await index(keyset, { pri: -1, at: 1 }), "queue");
  });

  it("lose no row where a pattern and a range, or two long ends, meet on one field", async () => {
    for (const keys of [{ n: 1 }, { n: 1, m: 1 }] as const) {
      const c = it_.fresh<{ _id: number; n: string; m?: number }>();
      await c.createIndex(keys, { unique: true });
      const long = "x".repeat(1600);
      await c.insertMany([
        { _id: 1, n: "abc" },
        { _id: 2, n: "abcd", m: 2 },
        { _id: 3, n: `${long}a` },
        { _id: 4, n: `${long}b` },
      ]);
      const ids = async (filter: Filter<{ n: string }>, sort: 1 | -1 = 1): Promise<number[]> =>
        (
          await c
            .find(filter as object)
            .sort({ n: sort })
            .toArray()
        ).map((row) => row._id);
      assert.deepEqual(await ids({ n: { $regex: "^abc", $gte: "a" } }), [1, 2]);
      assert.deepEqual(await ids({ n: { $regex: "^abc", $gte: "a" } }, -1), [2, 1]);
      assert.deepEqual(await ids({ n: { $regex: "^abc", $lt: "abcd" } }), [1]);
      assert.deepEqual(await ids({ n: { $gte: `${long}a`, $lte: `${long}b` } }), [3, 4]);
      assert.deepEqual(await ids({ n: { $gt: `${long}a`, $lte: `${long}b` } }), [4]);
      assert.deepEqual(await ids({ n: { $regex: `^${long}` } }), [3, 4]);
    }
  });

  it("refuse a hint that names no index, and follow one that does", async () => {
    const collection = it_.fresh();
    await collection.createIndex({ a: 1 });
    await collection.insertOne({ a: 1, b: 1 });
    assert.equal((await collection.find({ b: 1 }).hint({ a: 1 }).toArray()).length, 1);
    assert.equal((await collection.find({ b: 1 }).hint("a_1").toArray()).length, 1);
    await assert.rejects(collection.find({ b: 1 }).hint("b_1").toArray(), { code: 2 });
  });

  it("find long values by a shortened key and keep their order", async () => {
    const collection = it_.fresh();
    await collection.createIndex({ url: 1 });
    const long = `https://example.com/${"x".repeat(3000)}`;
    await collection.insertMany(["b", "a", "c"].map((end) => ({ url: long + end })));
    await collection.insertOne({ url: "https://example.com/" });
    assert.equal(await collection.countDocuments({ url: `${long}a` }), 1);
    assert.equal(await collection.countDocuments({ url: { $gt: `${long}a` } }), 2);
    assert.equal(await collection.countDocuments({ url: { $lt: `${long}c`, $gte: `${long}a` } }), 2);
    assert.equal(await collection.countDocuments({ url: /^https:\/\/example\.com\/xxx/ }), 3);
    const sorted = await collection.find().sort({ url: 1 }).toArray();
    assert.deepEqual(
      sorted.map(({ url }) => (url as string).at(-1)),
      ["/", "a", "b", "c"],
    );
  });
});
