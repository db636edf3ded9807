import assert from "node:assert/strict";
import { followsOf } from "../../src/delivery/collections.ts";
import { hostSpoke } from "../../src/delivery/hosts.ts";
import { strike } from "../../src/delivery/strikes.ts";
import { DAY } from "../../src/support/clock.ts";
import { Queue } from "./queue.ts";

describe("Followers whose inbox is gone", () => {
  let queue: Queue;
  before(async () => (queue = await Queue.open()));
  beforeEach(() => queue.reset());
  after(() => queue.close());

  async function post(): Promise<void> {
    await queue.enqueue("Create", `https://blog.example/ap/posts/${Math.random()}`);
    await queue.settle();
  }

  async function followersCount(): Promise<number> {
    return (await queue.made.account("blog")).followersCount;
  }

  it("are removed at once by 410, and counted off", async () => {
    queue.sink.behave(queue.sink.inbox(1), { status: 410 });
    await queue.follow([queue.sink.inbox(1), queue.sink.inbox(2)]);
    await post();
    assert.deepEqual(
      (await queue.followers()).map(({ deliverTo }) => deliverTo),
      [queue.sink.inbox(2)],
    );
    assert.equal(await followersCount(), 1);
  });

  it("are removed by 410 from every account of the site, in pages", async () => {
    await queue.follow(Array.from({ length: 1203 }, () => "https://gone.example/inbox"));
    await queue.follow(["https://gone.example/inbox"], { followed: 42 });
    await queue.follow(["https://gone.example/inbox"], { state: "pending" });
    await queue.follow(["https://here.example/inbox"]);
    assert.equal(await followersCount(), 1206);
    await strike(queue.site, "https://gone.example/inbox", 410);
    assert.equal(await followsOf(queue.site).countDocuments({}), 1);
    // The one who follows another account and the one who waits are counted by the test and not taken off here.
    assert.equal(await followersCount(), 1206 - 1203);
  });

  it("stay after one 404, and after many within a week", async () => {
    queue.sink.behave(queue.sink.inbox(1), { status: 404 });
    await queue.follow([queue.sink.inbox(1)]);
    for (let posts = 0; posts < 6; posts += 1) {
      await post();
      queue.clock.advance(DAY);
    }
    const [follower] = await queue.followers();
    assert.equal(follower?.strikes, 6);
    assert.equal(await followersCount(), 1);
  });

  it("are removed by three 404 over more than a week", async () => {
    queue.sink.behave(queue.sink.inbox(1), { status: 404 });
    await queue.follow([queue.sink.inbox(1)]);
    for (let posts = 0; posts < 3; posts += 1) {
      assert.equal((await queue.followers()).length, 1);
      await post();
      queue.clock.advance(4 * DAY);
    }
    assert.deepEqual(await queue.followers(), []);
    assert.equal(await followersCount(), 0);
  });

  it("are not removed by two 404, however far apart", async () => {
    queue.sink.behave(queue.sink.inbox(1), { status: 404 });
    await queue.follow([queue.sink.inbox(1)]);
    await post();
    queue.clock.advance(60 * DAY);
    await post();
    assert.equal((await queue.followers()).length, 1);
  });

  it("have their strikes cleared by a delivery that arrives", async () => {
    queue.sink.behave(queue.sink.inbox(1), { status: 404 });
    await queue.follow([queue.sink.inbox(1)]);
    await post();
    queue.clock.advance(4 * DAY);
    await post();
    queue.sink.behave(queue.sink.inbox(1), { status: 202 });
    queue.clock.advance(4 * DAY);
    await post();
    const [follower] = await queue.followers();
    assert.ok(follower !== undefined && !("strikes" in follower) && !("struckAt" in follower));
    queue.sink.behave(queue.sink.inbox(1), { status: 404 });
    await post();
    assert.equal((await queue.followers()).length, 1, "counting begins anew");
  });

  it("have their strikes cleared by a delivery of a process that never struck", async () => {
    queue.sink.behave(queue.sink.inbox(1), { status: 404 });
    await queue.follow([queue.sink.inbox(1)]);
    await post();
    queue.sink.behave(queue.sink.inbox(1), { status: 202 });
    await queue.enqueue("Create", "again");
    await queue.fanOut();
    await queue.anotherProcess().drain();
    assert.ok(!("strikes" in ((await queue.followers())[0] ?? {})));
  });

  it("have their strikes cleared when their host speaks", async () => {
    queue.sink.behave(queue.sink.inbox(1), { status: 404 });
    await queue.follow([queue.sink.inbox(1)]);
    await post();
    await hostSpoke(queue.site, queue.sink.host(1));
    assert.ok(!("strikes" in ((await queue.followers())[0] ?? {})));
  });

  it("are never removed by timeouts, refusals or errors of the server", async () => {
    for (const [at, status] of [500, 503, 401, 403, 400, 429].entries()) {
      queue.sink.behave(queue.sink.inbox(at + 1), { status });
      await queue.follow([queue.sink.inbox(at + 1)]);
    }
    await queue.follow(["http://127.0.0.1:1/inbox"]);
    for (let posts = 0; posts < 4; posts += 1) {
      await post();
      queue.clock.advance(5 * DAY);
    }
    assert.equal((await queue.followers()).length, 7);
  });
});
