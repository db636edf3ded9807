/* eslint-disable @typescript-eslint/no-explicit-any -- the values of a specification are of any shape */
import assert from "node:assert/strict";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Collection, Document } from "mongodb";
import { BSON, MongoClient } from "mongodb";
import type { EmbeddedStore } from "../../../src/database/embedded/index.ts";
import { startEmbedded } from "../../../src/database/embedded/index.ts";

/**
 * MongoDB's CRUD specification tests, read in place, as far as they apply to a standalone 7.0 without fail
 * points. Every test that does not pass is named here with the reason; any other failure fails.
 */
const exceptions = new Map<string, string>();

function except(reason: string, file: string, ...descriptions: string[]): void {
  for (const description of descriptions) exceptions.set(`${file}.json: ${description}`, reason);
}

const collation = "a collation other than the simple one is refused";
except(collation, "aggregate-collation", "Aggregate with collation");
except(
  collation,
  "bulkWrite-collation",
  "BulkWrite with delete operations and collation",
  "BulkWrite with update operations and collation",
);
except(collation, "count-collation", "Count documents with collation", "Deprecated count with collation");
except(collation, "deleteMany-collation", "DeleteMany when many documents match with collation");
except(collation, "deleteOne-collation", "DeleteOne when many documents matches with collation");
except(collation, "distinct-collation", "Distinct with a collation");
except(collation, "find-collation", "Find with a collation");
except(collation, "findOneAndDelete-collation", "FindOneAndDelete when one document matches with collation");
except(
  collation,
  "findOneAndReplace-collation",
  "FindOneAndReplace when one document matches with collation returning the document after modification",
);
except(
  collation,
  "findOneAndUpdate-collation",
  "FindOneAndUpdate when many documents match with collation returning the document before modification",
);
except(collation, "replaceOne-collation", "ReplaceOne when one document matches with collation");
except(collation, "updateMany-collation", "UpdateMany when many documents match with collation");
except(collation, "updateOne-collation", "UpdateOne when one document matches with collation");
const output = "$out and $merge are refused";
except(output, "aggregate-let", "Aggregate to collection with let option");
except(output, "aggregate-out", "Aggregate with $out", "Aggregate with $out and batch size of 0");
except(
  output,
  "aggregate-merge",
  "Aggregate with $merge",
  "Aggregate with $merge and batch size of 0",
  "Aggregate with $merge and majority readConcern",
  "Aggregate with $merge and local readConcern",
  "Aggregate with $merge and available readConcern",
);
except(output, "aggregate-merge-errorResponse", "aggregate $merge DuplicateKey error is accessible");
except(output, "bypassDocumentValidation", "Aggregate with $out passes bypassDocumentValidation: false");
except("$rand is refused", "aggregate-let", "Aggregate with let option");
const database = "stages on a whole database ($listLocalSessions) are refused";
except(
  database,
  "db-aggregate-rawdata",
  "Aggregate with rawData option on less than 8.2.0 - ignore argument",
);
except(
  database,
  "db-aggregate",
  "Aggregate with $listLocalSessions",
  "Aggregate with $listLocalSessions and allowDiskUse",
);
except("views are refused", "estimatedDocumentCount", "estimatedDocumentCount works correctly on views");
except(
  "validators are refused",
  "findOneAndUpdate-errorResponse",
  "findOneAndUpdate document validation errInfo is accessible",
);
except(
  "the driver itself replaces an _id of null by an ObjectId before it sends the document",
  "create-null-ids",
  "inserting _id with type null via insertOne",
  "inserting _id with type null via insertMany",
  "inserting _id with type null via bulkWrite",
);

const folder = new URL("../../../../shared/fixtures/mongodb-crud/crud/tests/unified/", import.meta.url);

interface Operation {
  name: string;
  object: string;
  arguments?: Document;
  expectResult?: unknown;
  expectError?: Document;
  ignoreResultAndError?: boolean;
  saveResultAsEntity?: string;
}

interface SpecTest {
  description: string;
  runOnRequirements?: Document[];
  skipReason?: string;
  operations: Operation[];
  outcome?: { collectionName: string; databaseName: string; documents: Document[] }[];
}

interface SpecFile {
  description: string;
  runOnRequirements?: Document[];
  createEntities?: Document[];
  initialData?: { collectionName: string; databaseName: string; documents: Document[] }[];
  tests: SpecTest[];
}

function version(text: string): number {
  const [major = 0, minor = 0, patch = 0] = text.split(".").map(Number);
  return major * 1e6 + minor * 1e3 + patch;
}

function applies(requirements: Document[] | undefined): boolean {
  if (requirements === undefined) return true;
  return requirements.some(
    (wanted) =>
      version(wanted["minServerVersion"] ?? "0") <= version("7.0.0") &&
      version(wanted["maxServerVersion"] ?? "99") >= version("7.0.0") &&
      (wanted["topologies"] === undefined || wanted["topologies"].includes("single")) &&
      wanted["auth"] !== true &&
      wanted["serverless"] !== "require",
  );
}

function matches(expected: any, actual: any, root = false): boolean {
  if (expected !== null && typeof expected === "object" && !Array.isArray(expected) && !expected._bsontype) {
    const [first] = Object.keys(expected);
    if (first === "$$unsetOrMatches") return actual == null || matches(expected[first], actual, root);
    if (first === "$$exists") return (actual !== undefined) === expected[first];
    if (first === "$$type") return actual !== undefined;
    if (actual === null || typeof actual !== "object") return false;
    const extra = Object.keys(actual).filter((key) => !(key in expected) && actual[key] !== undefined);
    return (
      (root || extra.length === 0) &&
      Object.keys(expected).every((key) => matches(expected[key], actual[key]))
    );
  }
  if (Array.isArray(expected)) {
    return (
      Array.isArray(actual) &&
      expected.length === actual.length &&
      expected.every((value, index) => matches(value, actual[index], root))
    );
  }
  return BSON.EJSON.stringify({ v: expected }) === BSON.EJSON.stringify({ v: actual });
}

function requests(list: Document[]): any[] {
  return list.map((request) => {
    const [[name, value]] = Object.entries(request) as [[string, Document]];
    return { [name]: value };
  });
}

async function runOn(collection: Collection, name: string, given: Document): Promise<any> {
  const { filter, update, replacement, document, documents, pipeline, fieldName, ...rest } = given;
  const options: any = { ...rest };
  if (options.returnDocument) options.returnDocument = options.returnDocument.toLowerCase();
  switch (name) {
    case "find":
      return collection.find(filter, options).toArray();
    case "findOne":
      return collection.findOne(filter, options);
    case "aggregate":
      return collection.aggregate(pipeline, options).toArray();
    case "distinct":
      return collection.distinct(fieldName, filter, options);
    case "count":
      return collection.count(filter, options);
    case "countDocuments":
      return collection.countDocuments(filter, options);
    case "estimatedDocumentCount":
      return collection.estimatedDocumentCount(options);
    case "insertOne":
      return collection.insertOne(document, options);
    case "insertMany":
      return collection.insertMany(documents, options);
    case "updateOne":
      return collection.updateOne(filter, update, options);
    case "updateMany":
      return collection.updateMany(filter, update, options);
    case "replaceOne":
      return collection.replaceOne(filter, replacement, options);
    case "deleteOne":
      return collection.deleteOne(filter, options);
    case "deleteMany":
      return collection.deleteMany(filter, options);
    case "findOneAndUpdate":
      return collection.findOneAndUpdate(filter, update, options);
    case "findOneAndReplace":
      return collection.findOneAndReplace(filter, replacement, options);
    case "findOneAndDelete":
      return collection.findOneAndDelete(filter, options);
    case "bulkWrite": {
      const { requests: list, ...more } = options;
      return collection.bulkWrite(requests(list), more);
    }
    default:
      throw new Error(`the runner does not know ${name}`);
  }
}

/** Plain fields of a driver's result object, some of which are getters. */
function plain(result: any): any {
  if (result === null || typeof result !== "object" || Array.isArray(result)) return result;
  if (result.constructor === Object) return result;
  const names = [
    "insertedCount",
    "matchedCount",
    "modifiedCount",
    "deletedCount",
    "upsertedCount",
    "upsertedIds",
    "insertedIds",
  ];
  return Object.fromEntries(names.map((name) => [name, result[name]]));
}

class Runner {
  readonly #client: MongoClient;
  readonly #entities = new Map<string, any>();

  constructor(client: MongoClient) {
    this.#client = client;
  }

  async prepare(file: SpecFile): Promise<void> {
    for (const { databaseName, collectionName, documents } of file.initialData ?? []) {
      const collection = this.#client.db(databaseName).collection(collectionName);
      await collection.drop();
      if (documents.length > 0) await collection.insertMany(documents);
      else await this.#client.db(databaseName).createCollection(collectionName);
    }
    for (const entity of file.createEntities ?? []) {
      const [[kind, spec]] = Object.entries(entity) as [[string, Document]];
      if (kind === "client") this.#entities.set(spec["id"], this.#client);
      if (kind === "database")
        this.#entities.set(spec["id"], this.#client.db(spec["databaseName"], spec["databaseOptions"]));
      if (kind === "collection") {
        const database = this.#entities.get(spec["database"]);
        const { id, collectionName, collectionOptions } = spec;
        this.#entities.set(id, database.collection(collectionName, collectionOptions));
      }
    }
  }

  async run(test: SpecTest): Promise<void> {
    for (const operation of test.operations) await this.#operation(operation);
    for (const { databaseName, collectionName, documents } of test.outcome ?? []) {
      const stored = await this.#client
        .db(databaseName)
        .collection(collectionName)
        .find()
        .sort({ _id: 1 })
        .toArray();
      assert.ok(matches(documents, stored), `outcome: ${BSON.EJSON.stringify(stored)}`);
    }
  }

  async #operation(operation: Operation): Promise<void> {
    let result: any;
    let failure: any;
    try {
      result = await this.#call(operation);
    } catch (error) {
      failure = error;
    }
    if (operation.ignoreResultAndError) return;
    const expected = operation.expectError;
    if (expected === undefined) {
      if (failure !== undefined) throw failure;
      if (operation.expectResult === undefined) return;
      assert.ok(
        matches(operation.expectResult, plain(result), true),
        `result: ${BSON.EJSON.stringify(plain(result) ?? null)}`,
      );
      return;
    }
    assert.ok(failure, `${operation.name} should have failed`);
    if (expected["errorCode"] !== undefined)
      assert.equal(failure.code, expected["errorCode"], failure.message);
    if (expected["errorContains"] !== undefined) {
      assert.ok(
        failure.message.toLowerCase().includes(expected["errorContains"].toLowerCase()),
        failure.message,
      );
    }
    if (expected["expectResult"] !== undefined) {
      assert.ok(matches(expected["expectResult"], plain(failure.result), true));
    }
  }

  async #call(operation: Operation): Promise<any> {
    const target = this.#entities.get(operation.object);
    const given = operation.arguments ?? {};
    if (operation.name === "aggregate" && target?.collectionName === undefined) {
      const { pipeline, ...options } = given;
      return target.aggregate(pipeline, options).toArray();
    }
    if (operation.name === "createCollection") {
      const { collection, ...options } = given;
      return target.createCollection(collection, options);
    }
    if (operation.name === "dropCollection") return target.dropCollection(given["collection"]);
    if (operation.name === "modifyCollection") {
      const { collection, ...options } = given;
      return target.command({ collMod: collection, ...options });
    }
    if (operation.name === "createIndex") {
      const { keys, ...options } = given;
      return target.createIndex(keys, options);
    }
    return runOn(target, operation.name, given);
  }
}

function needsFailPoint(test: SpecTest): boolean {
  return test.operations.some(({ name }) => name === "failPoint" || name === "clientBulkWrite");
}

describe("MongoDB's CRUD specification", () => {
  let directory: string;
  let store: EmbeddedStore;
  let client: MongoClient;

  before(async function () {
    if (!existsSync(folder)) {
      console.log("      (skipped: the specification's tests are not at ../shared/fixtures/mongodb-crud)");
      this.skip();
    }
    directory = await mkdtemp(join(tmpdir(), "fedi-test-"));
    store = await startEmbedded({ directory, durability: "os" });
    client = await new MongoClient(store.uri).connect();
  });

  after(async () => {
    await client?.close();
    await store?.close();
    if (directory !== undefined) await rm(directory, { recursive: true });
  });

  it("passes but for the exceptions named here", async function () {
    this.timeout(600_000);
    let passed = 0;
    const failed = new Map<string, string>();
    for (const name of readdirSync(folder)
      .filter((entry) => entry.endsWith(".json"))
      .sort()) {
      const file = BSON.EJSON.parse(readFileSync(new URL(name, folder), "utf8")) as SpecFile;
      if (!applies(file.runOnRequirements)) continue;
      for (const test of file.tests) {
        if (!applies(test.runOnRequirements) || test.skipReason !== undefined || needsFailPoint(test))
          continue;
        const runner = new Runner(client);
        try {
          await runner.prepare(file);
          await runner.run(test);
          passed++;
        } catch (error) {
          failed.set(`${name}: ${test.description}`, (error as Error).message);
        }
      }
    }
    console.log(`      ${passed} of ${passed + failed.size} pass`);
    const surprises = [...failed].filter(([name]) => !exceptions.has(name));
    assert.deepEqual(surprises, [], "failures that are no known exceptions");
    const stale = [...exceptions.keys()].filter((name) => !failed.has(name));
    assert.deepEqual(stale, [], "exceptions that pass by now");
    assert.ok(passed >= 280, "fewer tests ran than the specification has");
  });
});
