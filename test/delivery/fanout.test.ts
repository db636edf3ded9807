import assert from "node:assert/strict";
import { activitiesOf, deliveriesOf, followsOf } from "../../src/delivery/collections.ts";
import { drainFanout } from "../../src/delivery/fanout.ts";
import { FIRST_PAGE, PAGE } from "../../src/delivery/pages.ts";
import { MINUTE, SECOND } from "../../src/support/clock.ts";
import type { Site } from "../../src/site.ts";
import { Queue } from "./queue.ts";

const inboxOf = (number: number): string => `https://h${String(number).padStart(5, "0")}.example/inbox`;
const inboxes = (count: number): string[] => Array.from({ length: count }, (_, number) => inboxOf(number));

describe("The fan-out", () => {
  let queue: Queue;
  before(async () => (queue = await Queue.open({ blockedHosts: ["blocked.example"] })));
  beforeEach(() => queue.reset());
  after(() => queue.close());

  it("makes one row for each distinct inbox, without payload or key", async () => {
    await queue.follow([
      "https://big.example/inbox",
      "https://big.example/inbox",
      "https://small.example/users/a/inbox",
    ]);
    const activity = await queue.enqueue("Create", "https://blog.example/ap/posts/1", { post: 5 });
    assert.equal(await queue.fanOut(), 1);
    const rows = await queue.rows();
    assert.deepEqual(rows.map(({ inbox }) => inbox).sort(), [
      "https://big.example/inbox",
      "https://small.example/users/a/inbox",
    ]);
    const { _id, ...row } = await queue.row("https://big.example/inbox");
    assert.ok(Number.isSafeInteger(_id));
    assert.deepEqual(row, {
      activity: activity._id,
      inbox: "https://big.example/inbox",
      host: "big.example",
      actor: queue.blog._id,
      object: "https://blog.example/ap/posts/1",
      post: 5,
      state: "pending",
      attempts: 0,
      nextAt: queue.clock.now(),
      createdAt: queue.clock.now(),
    });
  });

  it("is done once: the intent is gone and the worker is awake", async () => {
    await queue.follow(inboxes(3));
    const { _id } = await queue.enqueue();
    await queue.fanOut();
    assert.equal((await queue.activity(_id)).fanoutAt, undefined);
    assert.ok(queue.made.woken.includes("delivery"));
    assert.equal(await queue.fanOut(), 0);
  });

  it("leaves out followers who wait for approval, followers of others, our own host and blocked ones", async () => {
    await queue.follow(["https://yes.example/inbox"]);
    await queue.follow(["https://pending.example/inbox"], { state: "pending" });
    await queue.follow(["https://other.example/inbox"], { followed: 42 });
    await queue.follow([
      queue.site.urls.sharedInbox,
      "https://blocked.example/inbox",
      "https://sub.blocked.example/inbox",
    ]);
    await queue.follow(["not a url"]);
    await queue.enqueue();
    await queue.fanOut();
    assert.deepEqual(
      (await queue.rows()).map(({ host }) => host),
      ["yes.example"],
    );
  });

  it("adds the inboxes named in the activity, once even if they also follow", async () => {
    await queue.follow(["https://follower.example/inbox"]);
    const named = [
      "https://follower.example/inbox",
      "https://mentioned.example/inbox",
      "https://blocked.example/inbox",
    ];
    await queue.enqueue("Create", "x", { inboxes: named });
    await queue.fanOut();
    assert.deepEqual((await queue.rows()).map(({ host }) => host).sort(), [
      "follower.example",
      "mentioned.example",
    ]);
  });

  it("goes to the named inboxes alone when it is not for the followers", async () => {
    await queue.follow(inboxes(3));
    await queue.enqueue("Accept", "x", {
      toFollowers: false,
      inboxes: ["https://asker.example/users/a/inbox"],
    });
    await queue.fanOut();
    assert.deepEqual(
      (await queue.rows()).map(({ host }) => host),
      ["asker.example"],
    );
  });

  it("keeps apart the followers of two accounts of one site", async () => {
    await queue.follow(["https://both.example/inbox", "https://one.example/inbox"]);
    await queue.follow(["https://both.example/inbox", "https://two.example/inbox"], { followed: 42 });
    await queue.enqueue();
    await queue.fanOut();
    assert.deepEqual((await queue.rows()).map(({ host }) => host).sort(), ["both.example", "one.example"]);
  });

  it("reads a page and no more at a time, and steps over the crowd behind one shared inbox", async () => {
    await queue.follow(["https://a.example/inbox"]);
    await queue.follow(Array.from({ length: PAGE * 3 }, () => "https://crowd.example/inbox"));
    await queue.follow(["https://z.example/inbox"]);
    await queue.enqueue();
    const read: number[] = [];
    assert.equal(await drainFanout(watching(queue.site, (rows) => read.push(rows))), 1);
    assert.deepEqual((await queue.rows()).map(({ host }) => host).sort(), [
      "a.example",
      "crowd.example",
      "z.example",
    ]);
    assert.ok(read.every((rows) => rows <= PAGE));
    assert.ok(
      read.reduce((sum, rows) => sum + rows, 0) <= FIRST_PAGE + 2,
      `followers read: ${read.join(", ")}`,
    );
  });

  it("reaches every one of thousands of inboxes", async () => {
    await queue.follow(inboxes(PAGE * 2 + 37));
    await queue.enqueue();
    await queue.fanOut();
    assert.equal(await deliveriesOf(queue.site).countDocuments({}), PAGE * 2 + 37);
  });

  it("stores its place after each page and gives the rest back when it is called off", async () => {
    await queue.follow(inboxes(PAGE * 2));
    const { _id } = await queue.enqueue();
    const off = new AbortController();
    off.abort();
    assert.equal(await drainFanout(queue.site, { signal: off.signal }), 0);
    const stopAfterPage = new AbortController();
    const site = { ...queue.site, wake: () => stopAfterPage.abort() };
    assert.equal(await drainFanout(site, { signal: stopAfterPage.signal }), 0);
    const stopped = await queue.activity(_id);
    assert.equal(stopped.fanoutCursor, `f${inboxOf(FIRST_PAGE - 1)}`);
    assert.deepEqual(stopped.fanoutAt, queue.clock.now());
    assert.equal(await queue.fanOut(), 1);
    assert.equal(await deliveriesOf(queue.site).countDocuments({}), PAGE * 2);
  });

  it("is done by one process at a time", async () => {
    await queue.follow(inboxes(500));
    for (let object = 0; object < 5; object += 1) await queue.enqueue("Create", `object ${object}`);
    const done = await Promise.all([1, 2, 3, 4].map(() => drainFanout({ ...queue.site })));
    assert.equal(
      done.reduce((sum, count) => sum + count, 0),
      5,
    );
    assert.equal(await deliveriesOf(queue.site).countDocuments({}), 2500);
  });

  it("is taken over when the lease of the one who died is over, and not before", async () => {
    await queue.follow(inboxes(3));
    const { _id } = await queue.enqueue();
    const lease = new Date(queue.clock.now().getTime() + MINUTE);
    await activitiesOf(queue.site).updateOne({ _id }, { $set: { fanoutAt: lease } });
    assert.equal(await queue.fanOut(), 0);
    queue.clock.advance(MINUTE);
    assert.equal(await queue.fanOut(), 1);
    assert.equal((await queue.rows()).length, 3);
  });

  it("stops when another has taken it over meanwhile", async () => {
    await queue.follow(inboxes(PAGE * 2));
    const { _id } = await queue.enqueue();
    const taken = new Date(queue.clock.now().getTime() + 5 * MINUTE);
    let first = true;
    const site = watching(queue.site, async () => {
      if (first) await activitiesOf(queue.site).updateOne({ _id }, { $set: { fanoutAt: taken } });
      first = false;
    });
    assert.equal(await drainFanout(site), 0);
    assert.equal(await deliveriesOf(queue.site).countDocuments({}), FIRST_PAGE);
    assert.deepEqual((await queue.activity(_id)).fanoutAt, taken);
  });

  it("waits for the one before it about the same object", async () => {
    await queue.follow(inboxes(2));
    const create = await queue.enqueue("Create", "x");
    queue.clock.advance(1);
    const update = await queue.enqueue("Update", "x");
    const later = new Date(queue.clock.now().getTime() + MINUTE);
    await activitiesOf(queue.site).updateOne({ _id: create._id }, { $set: { fanoutAt: later } });
    assert.equal(await queue.fanOut(), 0);
    assert.deepEqual(await queue.rows({ activity: update._id }), []);
    queue.clock.advance(MINUTE + SECOND);
    assert.equal(await queue.fanOut(), 2);
  });

  it("of a cancelled activity is over without a row", async () => {
    await queue.follow(inboxes(2));
    const create = await queue.enqueue("Create", "x");
    queue.clock.advance(1);
    await queue.enqueue("Delete", "x");
    await queue.fanOut();
    assert.deepEqual(await queue.rows({ activity: create._id }), []);
    assert.equal((await queue.activity(create._id)).fanoutAt, undefined);
  });

  it("survives ids that are taken", async () => {
    await queue.follow(inboxes(300));
    await queue.enqueue("Create", "a");
    await queue.fanOut();
    // The clock stands still, so the ids of the second one come from the same range.
    await queue.enqueue("Create", "b");
    await queue.fanOut();
    assert.equal((await queue.rows({ object: "a" })).length, 300);
    assert.equal((await queue.rows({ object: "b" })).length, 300);
  });

  it("takes up followers who came after it had begun only behind its place", async () => {
    await queue.follow([inboxOf(5)]);
    const { _id } = await queue.enqueue();
    await activitiesOf(queue.site).updateOne({ _id }, { $set: { fanoutCursor: `f${inboxOf(3)}` } });
    await followsOf(queue.site).updateMany({}, { $set: { state: "accepted" } });
    await queue.follow([inboxOf(1), inboxOf(9)]);
    await queue.fanOut();
    assert.deepEqual(
      (await queue.rows()).map(({ inbox }) => inbox),
      [inboxOf(5), inboxOf(9)],
    );
  });
});

/** The same site, telling how many followers each read of the fan-out brought. */
function watching(site: Site, told: (rows: number) => unknown): Site {
  const { collection } = site.models.follows;
  const watched = new Proxy(collection, {
    get(target, name) {
      const value = Reflect.get(target, name) as unknown;
      if (name !== "find") return typeof value === "function" ? (value.bind(target) as unknown) : value;
      return (...query: Parameters<typeof collection.find>) => {
        const cursor = target.find(...query);
        return {
          async toArray() {
            const rows = await cursor.toArray();
            await told(rows.length);
            return rows;
          },
        };
      };
    },
  });
  const follows = new Proxy(site.models.follows, {
    get: (target, name) => (name === "collection" ? watched : (Reflect.get(target, name) as unknown)),
  });
  return { ...site, models: { ...site.models, follows } };
}
