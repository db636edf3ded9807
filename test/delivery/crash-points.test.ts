import assert from "node:assert/strict";
import { deliveriesOf } from "../../src/delivery/collections.ts";
import { drainFanout } from "../../src/delivery/fanout.ts";
import { FIRST_PAGE, PAGE } from "../../src/delivery/pages.ts";
import { createDeliverer } from "../../src/delivery/worker.ts";
import type { Network } from "../../src/network/network.ts";
import type { Site } from "../../src/site.ts";
import { MINUTE } from "../../src/support/clock.ts";
import { until } from "../support/until.ts";
import { MongoNetworkError, onFaultyStore } from "./faulty-store.ts";
import { Queue, states } from "./queue.ts";

const IN_FLIGHT = 8;

describe("A process that dies", () => {
  let queue: Queue;
  before(async () => (queue = await Queue.open({ delivery: { concurrency: IN_FLIGHT } })));
  beforeEach(() => queue.reset());
  after(() => queue.close());

  const inboxes = (count: number): string[] =>
    Array.from({ length: count }, (_, at) => queue.sink.inbox(at + 1));
  const never = (): Promise<never> => new Promise(() => undefined);
  const withPost = (post: Network["post"]): Site => ({
    ...queue.site,
    network: { ...queue.site.network, post },
  });

  function copies(): Map<string, number> {
    const counts = new Map<string, number>();
    for (const { inbox } of queue.sink.arrivals) counts.set(inbox, (counts.get(inbox) ?? 0) + 1);
    return counts;
  }

  it("between the claim and the sending loses nothing and sends nothing twice", async () => {
    await queue.follow(inboxes(50));
    await queue.enqueue();
    await queue.fanOut();
    let asked = 0;
    const dying = createDeliverer(
      withPost(() => {
        asked += 1;
        return never();
      }),
    );
    void dying.drain();
    await until(() => asked === IN_FLIGHT, "the claim");
    await queue.deliverer.drain();
    assert.equal(queue.sink.arrivals.length, 0, "they are somebody's, as far as anybody can tell");
    queue.clock.advance(MINUTE);
    await queue.deliverer.drain();
    assert.deepEqual(states(await queue.rows()), { delivered: 50 });
    assert.ok([...copies().values()].every((count) => count === 1));
  });

  it("between the sending and its acknowledgement sends again no more than was in flight", async () => {
    await queue.follow(inboxes(50));
    await queue.enqueue();
    await queue.fanOut();
    const dying = createDeliverer(
      withPost(async (url, options) => {
        await queue.site.network.post(url, options);
        return never();
      }),
    );
    void dying.drain();
    await until(() => queue.sink.arrivals.length === IN_FLIGHT, "the sending");
    queue.clock.advance(MINUTE);
    await queue.deliverer.drain();
    assert.deepEqual(states(await queue.rows()), { delivered: 50 });
    assert.equal(copies().size, 50);
    assert.equal(queue.sink.arrivals.length, 50 + IN_FLIGHT);
  });

  it("before its endings are written sends again no more than it had not written", async () => {
    await queue.follow(inboxes(50));
    await queue.enqueue();
    await queue.fanOut();
    let dead = false;
    const site = onFaultyStore(queue.site, (collection, method) => {
      if (collection !== "deliveries" || method !== "bulkWrite") return;
      dead = true;
      throw new Error("the process is no more");
    });
    await createDeliverer(site).drain();
    assert.ok(dead);
    const sent = queue.sink.arrivals.length;
    queue.clock.advance(MINUTE);
    await queue.deliverer.drain();
    assert.deepEqual(states(await queue.rows()), { delivered: 50 });
    assert.ok(queue.sink.arrivals.length <= 50 + sent);
    assert.equal(copies().size, 50);
  });

  /** Where page `number` begins: the pages double up to their full size. */
  const beginOf = (number: number): number => {
    let begin = 0;
    for (let page = 1; page < number; page += 1) begin += Math.min(FIRST_PAGE * 2 ** (page - 1), PAGE);
    return begin;
  };

  for (const page of [1, 3, 7]) {
    it(`in page ${page} of a fan-out is followed by one that goes on there`, async () => {
      const count = beginOf(9) - 50;
      await queue.follow(
        Array.from({ length: count }, (_, at) => `https://h${String(at).padStart(5, "0")}.example/inbox`),
      );
      const { _id } = await queue.enqueue();
      let inserts = 0;
      const dying = onFaultyStore(queue.site, (collection, method) => {
        if (collection === "deliveries" && method === "insertMany" && (inserts += 1) === page)
          throw new Error("dead");
      });
      await assert.rejects(drainFanout(dying), /dead/);
      assert.equal(await queue.fanOut(), 0, "its lease is not over");
      queue.clock.advance(MINUTE);
      let inserted = 0;
      const second = onFaultyStore(queue.site, (collection, method, [update]) => {
        if (collection === "deliveries" && method === "insertMany") inserted += (update as unknown[]).length;
      });
      assert.equal(await drainFanout(second), 1);
      // A few rows may have hit an id of the first process and are inserted again.
      assert.ok(
        inserted - (count - beginOf(page)) < 50,
        `${inserted} rows: pages done before are not done again`,
      );
      assert.equal(await deliveriesOf(queue.site).countDocuments({ activity: _id }), count);
      const rows = await queue.rows();
      assert.equal(new Set(rows.map(({ inbox }) => inbox)).size, count);
    });
  }

  it("between a page and its cursor does that page again without a second row", async () => {
    await queue.follow(inboxes(FIRST_PAGE + 50));
    const { _id } = await queue.enqueue();
    let updates = 0;
    const dying = onFaultyStore(queue.site, (collection, method) => {
      if (collection === "activities" && method === "updateOne" && (updates += 1) === 1)
        throw new Error("dead");
    });
    await assert.rejects(drainFanout(dying), /dead/);
    assert.equal(await deliveriesOf(queue.site).countDocuments({}), FIRST_PAGE);
    await queue.deliverer.drain();
    queue.clock.advance(MINUTE);
    await queue.settle();
    assert.equal((await queue.activity(_id)).fanoutAt, undefined);
    assert.deepEqual(states(await queue.rows()), { delivered: FIRST_PAGE + 50 });
    assert.equal(queue.sink.arrivals.length, FIRST_PAGE + 50);
  });

  it("in the middle of a page written by half is completed by the next", async () => {
    await queue.follow(inboxes(FIRST_PAGE));
    await queue.enqueue();
    await queue.fanOut();
    await deliveriesOf(queue.site).deleteMany({ inbox: { $gt: queue.sink.inbox(50) } });
    const kept = await deliveriesOf(queue.site).countDocuments({});
    assert.ok(kept > 0 && kept < FIRST_PAGE);
    const again = { $set: { fanoutAt: queue.clock.now() }, $unset: { fanoutCursor: 1 } };
    await queue.site.models.activities.collection.updateMany({}, again);
    await queue.fanOut();
    assert.equal((await queue.rows()).length, FIRST_PAGE);
  });
});

describe("A process that is stopped", () => {
  let queue: Queue;
  before(async () => (queue = await Queue.open({ delivery: { concurrency: IN_FLIGHT } })));
  beforeEach(() => queue.reset());
  after(() => queue.close());

  it("finishes what is in flight and gives back the rest, so that another goes on at once", async () => {
    const inboxes = Array.from({ length: 60 }, (_, at) => queue.sink.inbox(at + 1));
    const answers: (() => void)[] = [];
    for (const inbox of inboxes) {
      queue.sink.behave(inbox, () => new Promise((resolve) => answers.push(() => resolve({ status: 202 }))));
    }
    await queue.follow(inboxes);
    await queue.enqueue();
    await queue.fanOut();
    const draining = queue.deliverer.drain();
    await until(() => answers.length === IN_FLIGHT, "requests in flight");
    const stopping = queue.deliverer.stop();
    for (const inbox of inboxes) queue.sink.behave(inbox, { status: 202 });
    for (const answer of answers) answer();
    await Promise.all([draining, stopping]);
    const rows = await queue.rows();
    assert.deepEqual(states(rows), { delivered: IN_FLIGHT, pending: 60 - IN_FLIGHT });
    for (const row of rows.filter(({ state }) => state === "pending")) {
      assert.ok(!("lease" in row));
      assert.deepEqual(row.nextAt, queue.clock.now());
    }
    await queue.anotherProcess().drain();
    assert.equal(queue.sink.arrivals.length, 60);
    assert.deepEqual(states(await queue.rows()), { delivered: 60 });
  });

  it("takes nothing new", async () => {
    await queue.follow([queue.sink.inbox()]);
    await queue.enqueue();
    await queue.fanOut();
    await queue.deliverer.stop();
    await queue.deliverer.drain();
    assert.equal(queue.sink.arrivals.length, 0);
  });

  it("can be stopped twice, and while idle", async () => {
    await queue.deliverer.stop();
    await queue.deliverer.stop();
  });

  it("does not write what it could not store, and does not hang on it", async () => {
    await queue.follow([queue.sink.inbox()]);
    await queue.enqueue();
    await queue.fanOut();
    const site = onFaultyStore(queue.site, (collection, method) => {
      if (collection === "deliveries" && method === "bulkWrite") throw new Error("away for good");
    });
    const deliverer = createDeliverer(site);
    await deliverer.drain();
    await deliverer.stop();
    assert.equal((await queue.row(queue.sink.inbox())).state, "pending");
  });
});

describe("A store that goes away in the middle", () => {
  let queue: Queue;
  before(async () => (queue = await Queue.open({ delivery: { concurrency: IN_FLIGHT } })));
  beforeEach(() => queue.reset());
  after(() => queue.close());

  const inboxes = (count: number): string[] =>
    Array.from({ length: count }, (_, at) => queue.sink.inbox(at + 1));

  it("makes the worker pause, tell it once, and go on where it was when the store is back", async () => {
    await queue.follow(inboxes(100));
    await queue.enqueue();
    await queue.fanOut();
    let away = false;
    queue.sink.behave(queue.sink.inbox(10), () => {
      away = true;
      return { status: 202 };
    });
    const told: string[] = [];
    const site = onFaultyStore(queue.site, () => {
      if (away) throw new MongoNetworkError("connection refused");
    });
    site.events.on("error", (error) => told.push(error.message));
    const deliverer = createDeliverer(site);
    await deliverer.drain();
    await deliverer.drain();
    await deliverer.drain();
    assert.deepEqual(told, ["connection refused"]);
    away = false;
    queue.sink.behave(queue.sink.inbox(10), { status: 202 });
    await deliverer.drain();
    queue.clock.advance(MINUTE);
    await deliverer.drain();
    assert.deepEqual(states(await queue.rows()), { delivered: 100 });
    assert.equal(
      queue.sink.arrivals.length,
      100,
      "what was sent meanwhile was kept in mind, and not sent again",
    );
    await deliverer.stop();
  });

  it("does not end the process by an unhandled rejection", async () => {
    const unhandled: unknown[] = [];
    const note = (error: unknown): void => void unhandled.push(error);
    process.on("unhandledRejection", note);
    await queue.follow(inboxes(30));
    await queue.enqueue();
    await queue.fanOut();
    let calls = 0;
    const site = onFaultyStore(queue.site, () => {
      if ((calls += 1) > 6) throw new MongoNetworkError("gone");
    });
    const deliverer = createDeliverer(site);
    await deliverer.drain();
    await deliverer.stop();
    await new Promise((resolve) => setImmediate(resolve));
    process.off("unhandledRejection", note);
    assert.deepEqual(unhandled, []);
  });
});
