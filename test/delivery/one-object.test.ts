import assert from "node:assert/strict";
import { deliveriesOf } from "../../src/delivery/collections.ts";
import { drainFanout } from "../../src/delivery/fanout.ts";
import { DAY, MINUTE } from "../../src/support/clock.ts";
import { until } from "../support/until.ts";
import { Queue, states } from "./queue.ts";

const POST = "https://blog.example/ap/posts/1";

describe("Several activities about one object", () => {
  let queue: Queue;
  before(async () => (queue = await Queue.open()));
  beforeEach(() => queue.reset());
  after(() => queue.close());

  const typesAt = (at: number): string[] => queue.sink.typesAt(queue.sink.inbox(at));

  /** Queues them at one moment or one after the other, and fans them out. */
  async function say(...types: string[]): Promise<void> {
    for (const type of types) {
      await queue.enqueue(type, POST);
      queue.clock.advance(1);
    }
    await queue.fanOut();
  }

  it("arrive in their order", async () => {
    await queue.follow([queue.sink.inbox(1), queue.sink.inbox(2)]);
    await say("Create", "Update");
    await queue.deliverer.drain();
    assert.deepEqual(typesAt(1), ["Create", "Update"]);
    assert.deepEqual(typesAt(2), ["Create", "Update"]);
  });

  it("arrive in their order though the first answer is slow", async () => {
    let answer: (() => void) | undefined;
    queue.sink.behave(queue.sink.inbox(1), ({ type }) =>
      type === "Create"
        ? new Promise((resolve) => (answer = () => resolve({ status: 202 })))
        : { status: 202 },
    );
    await queue.follow([queue.sink.inbox(1), queue.sink.inbox(2)]);
    await say("Create", "Update");
    const draining = queue.deliverer.drain();
    await until(() => typesAt(2).length === 1, "the quick host");
    await until(() => answer !== undefined, "the slow host");
    assert.deepEqual(typesAt(1), ["Create"]);
    answer?.();
    await draining;
    await queue.deliverer.drain();
    assert.deepEqual(typesAt(1), ["Create", "Update"]);
  });

  it("do not wait for a host that is down when they go to another", async () => {
    queue.sink.behave(queue.sink.host(1), { status: 500 });
    await queue.follow([queue.sink.inbox(1), queue.sink.inbox(2)]);
    await say("Create", "Update");
    await queue.settle();
    assert.deepEqual(typesAt(1), ["Create"]);
    assert.deepEqual(typesAt(2), ["Create", "Update"]);
    queue.sink.behave(queue.sink.host(1), { status: 202 });
    queue.clock.advance(2 * MINUTE);
    await queue.settle();
    queue.clock.advance(MINUTE);
    await queue.settle();
    assert.deepEqual(typesAt(1), ["Create", "Create", "Update"]);
  });

  it("keep their order over all the inboxes of a host", async () => {
    const [personal, shared] = [queue.sink.inbox(1, "/users/a/inbox"), queue.sink.inbox(1)];
    queue.sink.behave(personal, { status: 500 });
    await queue.follow([shared]);
    await queue.enqueue("Create", POST, { inboxes: [personal] });
    queue.clock.advance(1);
    await queue.fanOut();
    await queue.deliverer.drain();
    await say("Add");
    await queue.deliverer.drain();
    assert.deepEqual(queue.sink.typesAt(shared), ["Create"], "the second waits for the personal inbox");
    queue.sink.behave(personal, { status: 202 });
    queue.clock.advance(2 * MINUTE);
    await queue.settle();
    queue.clock.advance(MINUTE);
    await queue.settle();
    assert.deepEqual(queue.sink.typesAt(shared), ["Create", "Add"]);
  });

  it("do not hold up activities about other objects", async () => {
    queue.sink.behave(queue.sink.inbox(1), ({ body }) => ({ status: body.includes("posts/1") ? 429 : 202 }));
    await queue.follow([queue.sink.inbox(1)]);
    await say("Create");
    await queue.enqueue("Create", "https://blog.example/ap/posts/2");
    await queue.settle();
    assert.equal((await queue.rows({ object: "https://blog.example/ap/posts/2" }))[0]?.state, "delivered");
  });

  it("a newer Update replaces the ones that wait", async () => {
    queue.sink.behave(queue.sink.inbox(1), { status: 429 });
    await queue.follow([queue.sink.inbox(1), queue.sink.inbox(2)]);
    await say("Update");
    await queue.deliverer.drain();
    await say("Update", "Update");
    queue.sink.behave(queue.sink.inbox(1), { status: 202 });
    queue.clock.advance(10 * MINUTE);
    await queue.settle();
    assert.deepEqual(typesAt(1), ["Update", "Update"], "the refused first one, and the last one");
    assert.deepEqual(typesAt(2), ["Update", "Update"]);
    const last = queue.sink.arrivals.filter(({ inbox }) => inbox === queue.sink.inbox(1)).at(-1);
    assert.equal(last?.activity, (await newest()).uri);
    assert.equal((await queue.rows({ state: "pending" })).length, 0);
  });

  it("an Update does not replace the Create: nobody would know the post", async () => {
    queue.sink.behave(queue.sink.inbox(1), { status: 500 });
    await queue.follow([queue.sink.inbox(1)]);
    await say("Create");
    await queue.deliverer.drain();
    await say("Update");
    queue.sink.behave(queue.sink.inbox(1), { status: 202 });
    queue.clock.advance(2 * MINUTE);
    await queue.settle();
    queue.clock.advance(MINUTE);
    await queue.settle();
    assert.deepEqual(typesAt(1), ["Create", "Create", "Update"]);
  });

  it("a Delete calls back what has not been sent, and goes only to those who got something", async () => {
    await queue.follow([queue.sink.inbox(1)]);
    await say("Create");
    await queue.deliverer.drain();
    await queue.follow([queue.sink.inbox(2)]);
    await queue.enqueue("Create", POST, { inboxes: [queue.sink.inbox(2)], toFollowers: false });
    await queue.fanOut();
    queue.clock.advance(1);
    await say("Delete");
    await queue.settle();
    assert.deepEqual(typesAt(1), ["Create", "Delete"]);
    assert.deepEqual(typesAt(2), []);
    assert.equal((await queue.row(queue.sink.inbox(2))).state, "cancelled");
  });

  it("a Delete goes to an inbox whose only attempt failed, since it may have arrived", async () => {
    queue.sink.behave(queue.sink.inbox(1), { status: 500 });
    await queue.follow([queue.sink.inbox(1)]);
    await say("Create");
    await queue.deliverer.drain();
    queue.sink.behave(queue.sink.inbox(1), { status: 202 });
    await say("Delete");
    await queue.settle();
    assert.deepEqual(typesAt(1), ["Create", "Delete"]);
    assert.deepEqual(states(await queue.rows()), { cancelled: 1, delivered: 1 });
  });

  it("a Delete never overtakes a Create that is under way", async () => {
    let answer: (() => void) | undefined;
    queue.sink.behave(queue.sink.inbox(1), ({ type }) =>
      type === "Create"
        ? new Promise((resolve) => (answer = () => resolve({ status: 202 })))
        : { status: 202 },
    );
    await queue.follow([queue.sink.inbox(1)]);
    await say("Create");
    const draining = queue.deliverer.drain();
    await until(() => answer !== undefined, "the Create");
    await say("Delete");
    void queue.deliverer.drain();
    const other = queue.anotherProcess();
    await other.drain();
    assert.deepEqual(typesAt(1), ["Create"]);
    answer?.();
    await draining;
    queue.clock.advance(MINUTE);
    await queue.settle();
    assert.deepEqual(typesAt(1), ["Create", "Delete"]);
    await other.stop();
  });

  it("a Delete goes after a Create that died with its process, which may have arrived", async () => {
    await queue.follow([queue.sink.inbox(1)]);
    await say("Create");
    const lease = new Date(queue.clock.now().getTime() + MINUTE);
    await deliveriesOf(queue.site).updateMany({}, { $set: { lease: "the dead", nextAt: lease } });
    await say("Delete");
    await queue.deliverer.drain();
    assert.deepEqual(typesAt(1), []);
    for (let minutes = 0; minutes < 3; minutes += 1) {
      queue.clock.advance(MINUTE);
      await queue.settle();
    }
    assert.deepEqual(typesAt(1), ["Delete"]);
    const create = await queue.row(queue.sink.inbox(1), "Create");
    assert.equal(create.state, "cancelled");
    assert.equal(create.attempts, 1, "it counts as sent");
  });

  it("a Delete reaches those who got the post and follow no more", async () => {
    const gone = Array.from({ length: 7 }, (_, at) => queue.sink.inbox(at + 10));
    await queue.follow([queue.sink.inbox(1), ...gone]);
    await say("Create");
    await queue.deliverer.drain();
    await queue.site.models.follows.deleteMany({ deliverTo: { $in: gone } });
    await say("Delete");
    await queue.settle();
    for (const inbox of [queue.sink.inbox(1), ...gone]) {
      assert.deepEqual(queue.sink.typesAt(inbox), ["Create", "Delete"], inbox);
    }
  });

  it("a Delete before the Create was fanned out leaves nothing to send but itself", async () => {
    await queue.follow([queue.sink.inbox(1)]);
    await queue.enqueue("Create", POST);
    queue.clock.advance(1);
    await queue.enqueue("Delete", POST);
    await queue.settle();
    assert.deepEqual(
      typesAt(1).filter((type) => type === "Create"),
      [],
    );
  });

  it("all at one moment of the clock still end in the right order", async () => {
    await queue.follow([queue.sink.inbox(1)]);
    await queue.enqueue("Create", POST);
    await queue.fanOut();
    await queue.deliverer.drain();
    await queue.enqueue("Update", POST);
    await queue.enqueue("Delete", POST);
    await queue.settle();
    assert.equal(typesAt(1).at(-1), "Delete");
    assert.equal(typesAt(1)[0], "Create");
  });

  it("stay in order through a long outage, with a Delete at its end", async () => {
    queue.sink.behave(queue.sink.host(1), { status: 503 });
    await queue.follow([queue.sink.inbox(1)]);
    await say("Create");
    for (let hours = 0; hours < 10; hours += 1) {
      await queue.settle();
      queue.clock.advance(30 * MINUTE);
    }
    await say("Update", "Delete");
    queue.sink.behave(queue.sink.host(1), { status: 202 });
    queue.sink.arrivals.length = 0;
    for (let days = 0; days < 4; days += 1) {
      queue.clock.advance(DAY / 2);
      await queue.settle();
    }
    assert.deepEqual(typesAt(1), ["Delete"]);
    assert.equal((await queue.rows({ state: "pending" })).length, 0);
  });

  it("are found by a fan-out in another process too", async () => {
    await queue.follow([queue.sink.inbox(1)]);
    await queue.enqueue("Create", POST);
    queue.clock.advance(1);
    await queue.enqueue("Update", POST);
    await Promise.all([drainFanout({ ...queue.site }), drainFanout({ ...queue.site })]);
    queue.clock.advance(2 * MINUTE);
    await queue.settle();
    queue.clock.advance(MINUTE);
    await queue.settle();
    assert.deepEqual(typesAt(1), ["Create", "Update"]);
  });

  async function newest() {
    const rows = await queue.rows({ object: POST });
    const ids = rows.map(({ activity }) => activity);
    return queue.activity(Math.max(...ids));
  }
});
