import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { activitiesOf } from "../../src/delivery/collections.ts";
import { DAY } from "../../src/support/clock.ts";
import { Queue } from "./queue.ts";

describe("Queueing an activity", () => {
  let queue: Queue;
  before(async () => (queue = await Queue.open()));
  beforeEach(() => queue.reset());
  after(() => queue.close());

  it("stores its bytes and their digest once, with the intent to fan it out, and wakes the worker", async () => {
    const row = await queue.enqueue("Create", "https://blog.example/ap/posts/1", {
      id: 7,
      post: 70,
      public: true,
    });
    const stored = await queue.activity(7);
    assert.deepEqual(stored, row);
    assert.equal(stored.uri, "https://blog.example/ap/activities/7");
    assert.equal(JSON.parse(stored.body).id, stored.uri);
    assert.equal(stored.digest, `SHA-256=${createHash("sha256").update(stored.body).digest("base64")}`);
    assert.deepEqual(stored.fanoutAt, queue.clock.now());
    assert.equal(stored.post, 70);
    assert.equal(stored.public, true);
    assert.deepEqual(queue.made.woken, ["fanout"]);
  });

  it("sends nothing by itself", async () => {
    await queue.follow([queue.sink.inbox()]);
    await queue.enqueue();
    assert.equal(queue.sink.arrivals.length, 0);
    assert.deepEqual(await queue.rows(), []);
  });

  it("is idempotent by id", async () => {
    const first = await queue.enqueue("Create", "https://blog.example/ap/posts/1", { id: 7 });
    queue.clock.advance(1000);
    const second = await queue.enqueue("Create", "https://blog.example/ap/posts/1", { id: 7 });
    assert.deepEqual(second, first);
    assert.equal(await activitiesOf(queue.site).countDocuments({}), 1);
  });

  it("twice at once is still one activity", async () => {
    await Promise.all(
      Array.from({ length: 10 }, () => queue.enqueue("Create", "https://blog.example/ap/posts/1", { id: 7 })),
    );
    assert.equal(await activitiesOf(queue.site).countDocuments({}), 1);
  });

  it("makes an id of its own when none is given", async () => {
    const { blog, site } = queue;
    const { enqueueActivity } = await import("../../src/delivery/enqueue.ts");
    const rows = await Promise.all(
      ["a", "b", "c"].map((name) =>
        enqueueActivity(site, {
          actor: blog,
          activity: {},
          type: "Accept",
          object: `https://remote.example/${name}`,
        }),
      ),
    );
    assert.equal(new Set(rows.map(({ _id }) => _id)).size, 3);
  });

  it("keeps each inbox once", async () => {
    const row = await queue.enqueue("Create", "x", {
      inboxes: ["https://a.example/inbox", "https://a.example/inbox"],
    });
    assert.deepEqual(row.inboxes, ["https://a.example/inbox"]);
  });

  it("outlasts every delivery that may point to it", async () => {
    const row = await queue.enqueue();
    assert.ok((row.expiresAt?.getTime() ?? 0) - queue.clock.now().getTime() > 20 * DAY);
  });

  it("marks what a Delete supersedes, and finishes the mark when it died in between", async () => {
    const create = await queue.enqueue("Create", "https://blog.example/ap/posts/1");
    const update = await queue.enqueue("Update", "https://blog.example/ap/posts/1");
    const other = await queue.enqueue("Create", "https://blog.example/ap/posts/2");
    queue.clock.advance(1);
    const removal = await queue.enqueue("Delete", "https://blog.example/ap/posts/1", {
      id: 99,
      supersedes: false,
    });
    assert.equal((await queue.activity(create._id)).cancelledAt, undefined);
    await queue.enqueue("Delete", "https://blog.example/ap/posts/1", { id: 99 });
    assert.ok((await queue.activity(create._id)).cancelledAt);
    assert.ok((await queue.activity(update._id)).cancelledAt);
    assert.equal((await queue.activity(other._id)).cancelledAt, undefined);
    assert.equal((await queue.activity(removal._id)).cancelledAt, undefined);
  });

  it("does not let a late repetition of an old Update cancel a newer one", async () => {
    await queue.enqueue("Update", "x", { id: 20 });
    queue.clock.advance(1000);
    await queue.enqueue("Update", "x", { id: 21 });
    await queue.enqueue("Update", "x", { id: 20 });
    assert.equal((await queue.activity(21)).cancelledAt, undefined);
    assert.ok((await queue.activity(20)).cancelledAt);
  });
});
