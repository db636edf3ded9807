import assert from "node:assert/strict";
import { Catalog } from "../../../src/database/embedded/storage/catalog.ts";
import { Documents } from "../../../src/database/embedded/storage/documents.ts";
import type { Entry, Kv } from "../../../src/database/embedded/storage/kv.ts";
import { WriteQueue } from "../../../src/database/embedded/storage/queue.ts";
import type { Task } from "../../../src/database/embedded/storage/task.ts";

/** A key-value database in memory whose disk can be full. */
class Memory implements Kv {
  #pairs = new Map<string, Buffer>();
  full = false;
  commits = 0;

  get(key: Buffer): Buffer | undefined {
    return this.#pairs.get(key.toString("hex"));
  }
  put(key: Buffer, value: Buffer): void {
    this.#pairs.set(key.toString("hex"), value);
  }
  remove(key: Buffer): void {
    this.#pairs.delete(key.toString("hex"));
  }
  range(lo: Buffer, hi: Buffer, reverse: boolean): Entry[] {
    const [from, to] = [lo.toString("hex"), hi.toString("hex")];
    const keys = [...this.#pairs.keys()].filter((key) => key >= from && key < to).sort();
    if (reverse) keys.reverse();
    return keys.map((key) => ({ key: Buffer.from(key, "hex"), value: this.#pairs.get(key) as Buffer }));
  }
  count(lo: Buffer, hi: Buffer): number {
    return this.range(lo, hi, false).length;
  }
  transaction(run: () => void): void {
    const before = new Map(this.#pairs);
    try {
      run();
      if (this.full) throw new Error("ENOSPC: no space left on device");
      this.commits++;
    } catch (error) {
      this.#pairs = before;
      throw error;
    }
  }
  async close(): Promise<void> {
    this.#pairs.clear();
  }
}

describe("the write queue", () => {
  function open() {
    const kv = new Memory();
    const catalog = new Catalog(kv);
    const documents = new Documents(kv, catalog);
    const queue = new WriteQueue(kv, catalog);
    const insert = (id: number): Promise<void> =>
      queue.submit(function* (): Task<void> {
        yield* [];
        documents.insert(catalog.need("db", "c"), new Map([["_id", id]]));
      });
    return { kv, catalog, queue, insert, count: () => catalog.find("db", "c")?.count ?? 0 };
  }

  it("writes everything of a moment in one transaction", async () => {
    const { kv, insert, count } = open();
    await Promise.all([insert(1), insert(2), insert(3)]);
    assert.deepEqual([kv.commits, count()], [1, 3]);
  });

  it("answers with an error while the disk is full, keeps nothing half, and goes on when there is room", async () => {
    const { kv, insert, count } = open();
    await insert(1);
    kv.full = true;
    const outcomes = await Promise.allSettled([insert(2), insert(3)]);
    for (const outcome of outcomes) {
      assert.equal(outcome.status, "rejected");
      assert.equal(outcome.reason.code, 14031);
    }
    assert.equal(count(), 1);
    kv.full = false;
    await insert(2);
    assert.equal(count(), 2);
    assert.equal(new Catalog(kv).find("db", "c")?.count, 2);
  });

  it("does not let one that breaks take the others with it", async () => {
    const { queue, insert, count } = open();
    const broken = queue.submit(function* (): Task<void> {
      yield* [];
      throw new TypeError("a bug");
    });
    const outcomes = await Promise.allSettled([insert(1), broken, insert(2)]);
    assert.deepEqual(
      outcomes.map(({ status }) => status),
      ["fulfilled", "rejected", "fulfilled"],
    );
    assert.equal(count(), 2);
  });

  it("lets a long one pause between transactions and others pass", async () => {
    const { kv, queue, insert } = open();
    const order: string[] = [];
    const long = queue
      .submit(function* (): Task<void> {
        for (let step = 0; step < 3; step++) yield undefined;
      })
      .then(() => order.push("long"));
    await insert(1).then(() => order.push("short"));
    await long;
    assert.deepEqual(order, ["short", "long"]);
    assert.equal(kv.commits, 4);
  });

  it("finishes what was taken before it closes, and takes nothing after", async () => {
    const { queue, insert, count } = open();
    const last = insert(1);
    await queue.close();
    await last;
    assert.equal(count(), 1);
    await assert.rejects(insert(2), /closed/);
  });
});
