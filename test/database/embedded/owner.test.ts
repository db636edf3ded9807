import assert from "node:assert/strict";
import type { ChildProcess } from "node:child_process";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, readFileSync, statSync, utimesSync, writeFileSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { Worker } from "node:worker_threads";
import { MongoClient } from "mongodb";
import { startEmbedded } from "../../../src/database/embedded/index.ts";
import { openDatabase } from "../../../src/database/connect.ts";
import { claim } from "../../../src/database/embedded/owner.ts";
import { silentLogger } from "../../../src/support/logger.ts";
import { until } from "../../support/until.ts";

const program = fileURLToPath(new URL("./served.ts", import.meta.url));

function start(
  directory: string,
  then: string,
): { child: ChildProcess; said: Promise<{ uri: string; owner: boolean }> } {
  const child = spawn(process.execPath, ["--import", "tsx", program, directory, then], {
    stdio: ["pipe", "pipe", "inherit"],
  });
  const said = once(child.stdout as NodeJS.ReadableStream, "data").then(
    ([text]) => JSON.parse(String(text)) as { uri: string; owner: boolean },
  );
  return { child, said };
}

async function end(child: ChildProcess, signal: NodeJS.Signals): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  child.kill(signal);
  await once(child, "exit");
}

/** A client that gives up soon when its server is gone. */
function connect(uri: string): Promise<MongoClient> {
  return new MongoClient(uri, { serverSelectionTimeoutMS: 500 }).connect();
}

describe("the owner of a data folder", function () {
  this.timeout(180_000);
  let directory: string;
  beforeEach(async () => (directory = await mkdtemp(join(tmpdir(), "fedi-test-"))));
  afterEach(() => rm(directory, { recursive: true, force: true }));

  it("is one process; a second one uses the first one's socket", async () => {
    const store = await startEmbedded({ directory, durability: "os", thread: false });
    const { child, said } = start(directory, "stay");
    const second = await said;
    assert.deepEqual([second.owner, second.uri], [false, store.uri]);
    const client = await connect(second.uri);
    await client.db("t").collection("c").insertOne({ from: "the second" });
    assert.equal(await client.db("t").collection("c").countDocuments(), 1);
    await client.close();
    await end(child, "SIGTERM");
    await store.close();
  });

  it("is shared by two starts in one process, until both have closed", async () => {
    const [a, b] = await Promise.all([
      startEmbedded({ directory, durability: "os", thread: false }),
      startEmbedded({ directory, durability: "os", thread: false }),
    ]);
    assert.equal(a.uri, b.uri);
    await a.close();
    await a.close();
    const client = await connect(b.uri);
    await client.db("t").command({ ping: 1 });
    await client.close();
    await b.close();
    const again = await startEmbedded({ directory, durability: "os", thread: false });
    assert.equal(again.owner, true);
    await again.close();
  });

  it("keeps its socket to itself and leaves nothing behind", async () => {
    const store = await startEmbedded({ directory, durability: "os", thread: false });
    const path = decodeURIComponent(/^mongodb:\/\/([^/]+)\//.exec(store.uri)?.[1] ?? "");
    assert.ok(path.endsWith(".sock") && path.length < 100, path);
    assert.equal(statSync(dirname(path)).mode & 0o777, 0o700);
    await store.close();
    assert.ok(!existsSync(dirname(path)));
    assert.ok(!existsSync(join(directory, "owner.lock")));
  });

  it("may be dead: its lock is broken, even if its number belongs to another process by now", async () => {
    const gone = { pid: 2 ** 22 + 1, began: "1", socket: join(directory, "gone", "db.sock") };
    writeFileSync(join(directory, "owner.lock"), JSON.stringify(gone));
    (await claim(directory, 200)).release();
    writeFileSync(join(directory, "owner.lock"), JSON.stringify({ ...gone, pid: process.pid }));
    const claimed = await claim(directory, 200);
    assert.equal(claimed.owner, true);
    claimed.release();
    writeFileSync(join(directory, "owner.lock"), "{ half a lo");
    (await claim(directory, 200)).release();
  });

  it("of another container is known by the touch of its lock, since its number says nothing here", async () => {
    const lock = join(directory, "owner.lock");
    const elsewhere = {
      pid: 2 ** 22 + 1,
      began: "1",
      space: "pid:[1]",
      socket: join(directory, "none.sock"),
    };
    writeFileSync(lock, JSON.stringify(elsewhere));
    await assert.rejects(claim(directory, 200), { name: "FolderInUse" });
    const before = new Date(Date.now() - 60_000);
    utimesSync(lock, before, before);
    const claimed = await claim(directory, 200);
    assert.equal(claimed.owner, true);
    claimed.release();
  });

  it("is followed by a process that used its socket, or by whoever has the folder then", async () => {
    const folder = join(directory, "db");
    const first = start(folder, "stay");
    assert.equal((await first.said).owner, true);
    const database = openDatabase({
      dataDir: directory,
      durability: "os",
      startTimeout: 30,
      logger: silentLogger,
    });
    await database.opened;
    await database.connection.db?.collection("c").insertOne({ n: 1 });
    // Waited for from now on: on a busy machine the end of the process may be told after the store is back.
    const lost = until(() => !database.available(), "the loss of the socket", 60_000);
    await end(first.child, "SIGTERM");
    await lost;
    await until(() => database.available(), "the store's being back", 60_000);
    await database.connection.db?.collection("c").insertOne({ n: 2 });
    assert.equal(await database.connection.db?.collection("c").countDocuments(), 2);
    const second = start(folder, "stay");
    assert.equal((await second.said).owner, false);
    await end(second.child, "SIGTERM");
    await database.close();
  });

  it("that lives and does not answer is not pushed aside: the message says what to do", async () => {
    const began = readFileSync(`/proc/${process.ppid}/stat`, "latin1").split(") ")[1]?.split(" ")[19];
    const lock = { pid: process.ppid, began, socket: join(directory, "none.sock") };
    writeFileSync(join(directory, "owner.lock"), JSON.stringify(lock));
    await assert.rejects(claim(directory, 200), (error: Error) => {
      assert.equal(error.name, "FolderInUse");
      assert.match(
        error.message,
        new RegExp(`belongs to process ${process.ppid}.*End that process, or.*delete`),
      );
      return true;
    });
  });

  it("ends by itself after close, and also without it", async () => {
    for (const then of ["close", "leave"]) {
      const { child } = start(directory, then);
      const [code] = (await once(child, "exit")) as [number];
      assert.equal(code, 0, then);
    }
  });

  it("starts a new thread when the old one dies, and loses nothing", async () => {
    const threads: Worker[] = [];
    const note = (worker: Worker): void => void threads.push(worker);
    process.on("worker", note);
    const store = await startEmbedded({ directory });
    const client = await connect(store.uri);
    const collection = client.db("t").collection("c");
    await collection.insertOne({ n: 1 });
    assert.ok(threads[0] instanceof Worker);
    await threads[0].terminate();
    const deadline = Date.now() + 60_000;
    let count: number | undefined;
    while (count === undefined && Date.now() < deadline) {
      count = await collection.countDocuments().catch(() => undefined);
    }
    assert.equal(count, 1);
    assert.equal(threads.length, 2);
    process.off("worker", note);
    await client.close();
    await store.close();
  });

  it("may be killed at any time under eight writers: what was acknowledged is there, and every index agrees", async () => {
    const acknowledged = new Map<string, number>();
    for (let round = 0; round < 3; round++) {
      const { child, said } = start(directory, "stay");
      const client = await connect((await said).uri);
      const collection = client.db("t").collection<{ _id: string; n: number; k: string }>("c");
      await collection.createIndexes([{ key: { n: 1 } }, { key: { k: 1 }, unique: true }]);
      let killed: Promise<void> | undefined;
      const writer = async (number: number): Promise<void> => {
        for (let at = 0; ; at++) {
          const id = `${round}-${number}-${at}`;
          try {
            await collection.insertOne({ _id: id, n: 0, k: `k${id}` });
            acknowledged.set(id, 0);
            await collection.updateOne({ k: `k${id}` }, { $set: { n: at + 1 } });
            acknowledged.set(id, at + 1);
          } catch {
            return;
          }
          if (acknowledged.size > 60 * (round + 1)) killed ??= end(child, "SIGKILL");
        }
      };
      await Promise.all(Array.from({ length: 8 }, (_, number) => writer(number)));
      await killed;
      await client.close();
    }
    const store = await startEmbedded({ directory, thread: false });
    const client = await connect(store.uri);
    const collection = client.db("t").collection<{ _id: string; n: number; k: string }>("c");
    const stored = new Map((await collection.find().hint({ _id: 1 }).toArray()).map((row) => [row._id, row]));
    for (const [id, n] of acknowledged)
      assert.ok((stored.get(id)?.n ?? -1) >= n, `${id} was acknowledged with ${n}`);
    assert.equal(await collection.estimatedDocumentCount(), stored.size);
    for (const order of [{ n: 1 }, { k: 1 }] as const) {
      const indexed = await collection
        .find({ [Object.keys(order)[0] as string]: { $exists: true } })
        .hint(order)
        .toArray();
      assert.equal(indexed.length, stored.size);
      for (const row of indexed) assert.deepEqual(row, stored.get(row._id));
    }
    assert.equal(await collection.countDocuments({ n: { $gte: 0 } }), stored.size);
    await client.close();
    await store.close();
  });
});
