import assert from "node:assert/strict";
import { deliveryReport, queueDepth } from "../../src/delivery/report.ts";
import { MINUTE } from "../../src/support/clock.ts";
import { Queue } from "./queue.ts";

describe("The report of a post's deliveries", () => {
  let queue: Queue;
  before(async () => (queue = await Queue.open()));
  beforeEach(() => queue.reset());
  after(() => queue.close());

  it("says what has arrived, what waits and what failed, with the last answer of each host", async () => {
    queue.sink.behave(queue.sink.inbox(2), { status: 429, body: "slow down" });
    queue.sink.behave(queue.sink.inbox(3), { status: 403 });
    queue.sink.behave(queue.sink.inbox(4), { status: 422, body: "no such thing" });
    await queue.follow([1, 2, 3, 4].map((at) => queue.sink.inbox(at)));
    await queue.enqueue("Create", "x", { post: 5 });
    await queue.settle();
    const report = await deliveryReport(queue.site, 5);
    assert.equal(report.delivered, 1);
    assert.equal(report.waiting, 2);
    assert.equal(report.failed, 1);
    assert.deepEqual(
      report.hosts.map(({ host, state, attempts, code, error }) => ({ host, state, attempts, code, error })),
      [
        { host: queue.sink.host(4), state: "failed", attempts: 1, code: 422, error: "no such thing" },
        { host: queue.sink.host(2), state: "pending", attempts: 1, code: 429, error: "slow down" },
        { host: queue.sink.host(3), state: "pending", attempts: 1, code: 403, error: undefined },
        { host: queue.sink.host(1), state: "delivered", attempts: 1, code: 202, error: undefined },
      ],
    );
    assert.ok(report.hosts[1]?.nextAt instanceof Date);
  });

  it("shows the worst of a host with several inboxes", async () => {
    const inboxes = [0, 1, 2].map((at) => queue.sink.inbox(1, `/users/${at}/inbox`));
    queue.sink.behave(inboxes[1] ?? "", { status: 400 });
    await queue.follow(inboxes);
    await queue.enqueue("Create", "x", { post: 5 });
    await queue.settle();
    const report = await deliveryReport(queue.site, 5);
    assert.equal(report.delivered, 2);
    assert.deepEqual(
      report.hosts.map(({ state }) => state),
      ["failed"],
    );
  });

  it("is about the newest activity of the post", async () => {
    await queue.follow([queue.sink.inbox(1)]);
    await queue.enqueue("Create", "x", { post: 5 });
    await queue.settle();
    queue.clock.advance(1);
    queue.sink.behave(queue.sink.inbox(1), { status: 429 });
    await queue.enqueue("Update", "x", { post: 5 });
    await queue.settle();
    const { delivered, waiting, failed } = await deliveryReport(queue.site, 5);
    assert.deepEqual({ delivered, waiting, failed }, { delivered: 0, waiting: 1, failed: 0 });
  });

  it("of a post that was never sent is empty", async () => {
    assert.deepEqual(await deliveryReport(queue.site, 404), {
      delivered: 0,
      waiting: 0,
      failed: 0,
      hosts: [],
    });
  });

  it("names a thousand hosts at most, those with trouble first", async () => {
    queue.sink.behave(queue.sink.inbox(1150), { status: 400 });
    await queue.follow(Array.from({ length: 1200 }, (_, at) => queue.sink.inbox(at + 1)));
    await queue.enqueue("Create", "x", { post: 5 });
    await queue.fanOut();
    await queue.deliverer.drain();
    const report = await deliveryReport(queue.site, 5);
    assert.equal(report.delivered, 1199);
    assert.equal(report.hosts.length, 1000);
    assert.equal(report.hosts[0]?.host, queue.sink.host(1150));
  });
});

describe("The depth of the queue", () => {
  let queue: Queue;
  before(async () => (queue = await Queue.open()));
  beforeEach(() => queue.reset());
  after(() => queue.close());

  it("counts what waits and what is due, and since when", async () => {
    assert.deepEqual(await queueDepth(queue.site), { depth: 0, due: 0, oldestAge: 0, fanouts: 0 });
    queue.sink.behave(queue.sink.inbox(1), { status: 500 });
    await queue.follow([queue.sink.inbox(1), queue.sink.inbox(2)]);
    await queue.enqueue("Create", "a");
    assert.equal((await queueDepth(queue.site)).fanouts, 1);
    await queue.settle();
    assert.deepEqual(await queueDepth(queue.site), { depth: 1, due: 0, oldestAge: 0, fanouts: 0 });
    queue.clock.advance(2 * MINUTE);
    await queue.enqueue("Create", "b");
    await queue.fanOut();
    const { depth, due, oldestAge } = await queueDepth(queue.site);
    assert.equal(depth, 3);
    assert.equal(due, 3);
    assert.ok(oldestAge >= 0.75 * MINUTE && oldestAge <= 1.25 * MINUTE, `${oldestAge} ms`);
  });
});
