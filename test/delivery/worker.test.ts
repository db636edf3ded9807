import assert from "node:assert/strict";
import { verify } from "node:crypto";
import { deliveriesOf } from "../../src/delivery/collections.ts";
import { accountKey } from "../../src/domain/accounts.ts";
import { DAY, HOUR, MINUTE, SECOND } from "../../src/support/clock.ts";
import { until } from "../support/until.ts";
import { Queue, states } from "./queue.ts";
import type { Arrival } from "./sink.ts";

describe("The delivery worker", () => {
  let queue: Queue;
  before(async () => (queue = await Queue.open({ delivery: { concurrency: 16, perHost: 3 } })));
  beforeEach(() => queue.reset());
  after(() => queue.close());

  const inboxes = (count: number): string[] =>
    Array.from({ length: count }, (_, at) => queue.sink.inbox(at + 1));

  it("brings an activity to every follower's inbox, once, byte for byte as stored", async () => {
    await queue.follow(inboxes(60));
    const activity = await queue.enqueue();
    await queue.settle();
    assert.deepEqual(queue.sink.arrivals.map(({ inbox }) => inbox).sort(), inboxes(60).sort());
    assert.ok(queue.sink.arrivals.every(({ body }) => body === activity.body));
    assert.deepEqual(states(await queue.rows()), { delivered: 60 });
  });

  it("signs as the account, over target, host, date and digest, with the digest of the body", async () => {
    await queue.follow([queue.sink.inbox(1, "/users/alice/inbox")]);
    const activity = await queue.enqueue();
    await queue.settle();
    const [arrival] = queue.sink.arrivals;
    assert.ok(arrival);
    const key = await accountKey(queue.site, queue.blog._id);
    assert.equal(arrival.headers.digest, activity.digest);
    assert.equal(arrival.headers["content-type"], "application/activity+json");
    assert.equal(arrival.headers.date, queue.clock.now().toUTCString());
    const signature = String(arrival.headers.signature);
    assert.ok(signature.includes(`keyId="${key.id}"`), signature);
    assert.match(signature, /headers="\(request-target\) host date digest content-type"/);
    assert.equal(verifies(arrival, key.pem), true);
  });

  it("writes down what came of it: state, code, attempts, times, and nothing that keeps it in the queue", async () => {
    await queue.follow([queue.sink.inbox()]);
    await queue.enqueue();
    await queue.settle();
    const row = await queue.row(queue.sink.inbox());
    assert.equal(row.state, "delivered");
    assert.equal(row.code, 202);
    assert.equal(row.attempts, 1);
    assert.deepEqual(row.endedAt, queue.clock.now());
    assert.equal((row.expiresAt?.getTime() ?? 0) - queue.clock.now().getTime(), 7 * DAY);
    for (const name of ["nextAt", "lease", "error"]) assert.ok(!(name in row), name);
  });

  it("tells the host what was delivered and what was given up", async () => {
    const told: unknown[] = [];
    queue.site.events.on("delivered", (detail) => told.push(["delivered", detail.inbox, detail.code]));
    queue.site.events.on("deliveryFailed", (detail) => told.push(["failed", detail.inbox, detail.error]));
    queue.sink.behave(queue.sink.inbox(2), { status: 400, body: "no such\nthing" });
    await queue.follow(inboxes(2));
    await queue.enqueue();
    await queue.settle();
    assert.deepEqual(told.sort(), [
      ["delivered", queue.sink.inbox(1), 202],
      ["failed", queue.sink.inbox(2), "no such\nthing"],
    ]);
    const row = await queue.row(queue.sink.inbox(2));
    assert.equal(row.error, "no such thing");
    assert.equal((row.expiresAt?.getTime() ?? 0) - queue.clock.now().getTime(), 30 * DAY);
  });

  it("is not stopped by a listener of the host that throws", async () => {
    queue.site.events.on("delivered", () => {
      throw new Error("the host's mistake");
    });
    await queue.follow(inboxes(5));
    await queue.enqueue();
    await queue.settle();
    assert.deepEqual(states(await queue.rows()), { delivered: 5 });
  });

  it("keeps to its limits, for one host and in all", async () => {
    const crowd = Array.from({ length: 30 }, (_, at) => queue.sink.inbox(1, `/users/${at}/inbox`));
    await queue.follow([...crowd, ...inboxes(40).slice(1)]);
    await queue.enqueue();
    await queue.settle();
    assert.equal(queue.sink.arrivals.length, 69);
    assert.ok(
      (queue.sink.most.get(queue.sink.host(1)) ?? 0) <= 3,
      `${queue.sink.most.get(queue.sink.host(1))} at once`,
    );
    assert.ok((queue.sink.most.get("*") ?? 0) <= 16);
  });

  it("uses connections again", async () => {
    await queue.follow(Array.from({ length: 40 }, (_, at) => queue.sink.inbox(1, `/users/${at}/inbox`)));
    await queue.enqueue();
    await queue.settle();
    assert.equal(queue.sink.arrivals.length, 40);
    assert.ok(queue.sink.connections <= 6, `${queue.sink.connections} connections`);
  });

  it("does not let a host that sleeps hold up the others, though its rows come first", async () => {
    const answers: (() => void)[] = [];
    queue.sink.behave(
      queue.sink.host(1),
      () => new Promise((resolve) => answers.push(() => resolve({ status: 202 }))),
    );
    await queue.follow(
      Array.from({ length: 300 }, (_, at) => queue.sink.inbox(1, `/a/${String(at).padStart(3, "0")}`)),
    );
    await queue.enqueue("Create", "first");
    await queue.fanOut();
    queue.clock.advance(1);
    await queue.follow(inboxes(20).slice(1), { followed: 42 });
    await queue.enqueue("Create", "second", { toFollowers: false, inboxes: inboxes(20).slice(1) });
    await queue.fanOut();
    const draining = queue.deliverer.drain();
    await until(
      () => queue.sink.arrivals.filter(({ inbox }) => !inbox.includes("/a/")).length === 19,
      "the others",
    );
    assert.equal(answers.length, 3);
    queue.sink.behave(queue.sink.host(1), { status: 202 });
    for (const answer of answers) answer();
    await draining;
    await until(async () => {
      queue.clock.advance(MINUTE);
      await queue.deliverer.drain();
      return queue.sink.arrivals.length === 319;
    }, "the rest");
    assert.deepEqual(states(await queue.rows()), { delivered: 319 });
  });

  it("takes in what becomes due while it waits for a slow answer", async () => {
    let answer: (() => void) | undefined;
    queue.sink.behave(
      queue.sink.inbox(1),
      () => new Promise((resolve) => (answer = () => resolve({ status: 202 }))),
    );
    await queue.follow([queue.sink.inbox(1)]);
    await queue.enqueue("Create", "slow");
    await queue.fanOut();
    const draining = queue.deliverer.drain();
    await until(() => answer !== undefined, "the slow request");
    await queue.enqueue("Create", "fast", { toFollowers: false, inboxes: [queue.sink.inbox(2)] });
    await queue.fanOut();
    void queue.deliverer.drain();
    await until(() => queue.sink.typesAt(queue.sink.inbox(2)).length === 1, "the fast one");
    answer?.();
    await draining;
    assert.deepEqual(states(await queue.rows()), { delivered: 2 });
  });

  it("shares the work with other processes and sends nothing twice", async () => {
    await queue.follow(inboxes(400));
    await queue.enqueue();
    await queue.fanOut();
    const others = [queue.anotherProcess(), queue.anotherProcess()];
    await Promise.all([queue.deliverer, ...others].map((deliverer) => deliverer.drain()));
    assert.equal(queue.sink.arrivals.length, 400);
    assert.equal(new Set(queue.sink.arrivals.map(({ inbox }) => inbox)).size, 400);
    assert.deepEqual(states(await queue.rows()), { delivered: 400 });
    await Promise.all(others.map((other) => other.stop()));
  });

  it("leaves rows alone that another process holds", async () => {
    await queue.follow([queue.sink.inbox()]);
    await queue.enqueue();
    await queue.fanOut();
    const held = new Date(queue.clock.now().getTime() + 30 * SECOND);
    await deliveriesOf(queue.site).updateMany({}, { $set: { nextAt: held, lease: "another" } });
    await queue.deliverer.drain();
    assert.equal(queue.sink.arrivals.length, 0);
    queue.clock.advance(30 * SECOND);
    await queue.deliverer.drain();
    assert.equal(queue.sink.arrivals.length, 1);
  });

  it("does not write over a row that another has taken over meanwhile", async () => {
    let answer: (() => void) | undefined;
    queue.sink.behave(
      queue.sink.inbox(),
      () => new Promise((resolve) => (answer = () => resolve({ status: 400 }))),
    );
    await queue.follow([queue.sink.inbox()]);
    await queue.enqueue();
    await queue.fanOut();
    const draining = queue.deliverer.drain();
    await until(() => answer !== undefined, "the request");
    await deliveriesOf(queue.site).updateMany({}, { $set: { lease: "another" } });
    answer?.();
    await draining;
    const row = await queue.row(queue.sink.inbox());
    assert.equal(row.state, "pending");
    assert.equal(row.lease, "another");
  });

  it("sends nothing to hosts that were blocked after the fan-out", async () => {
    await queue.follow(inboxes(2));
    await queue.enqueue();
    await queue.fanOut();
    const { site } = queue;
    const blockedHosts = [queue.sink.host(1)];
    queue.site = { ...site, options: { ...site.options, blockedHosts } };
    await queue.anotherProcess().drain();
    assert.deepEqual(
      queue.sink.arrivals.map(({ inbox }) => inbox),
      [queue.sink.inbox(2)],
    );
    assert.equal((await queue.row(queue.sink.inbox(1))).state, "cancelled");
  });

  it("drops rows whose activity is gone", async () => {
    await queue.follow(inboxes(2));
    const { _id } = await queue.enqueue();
    await queue.fanOut();
    await queue.site.models.activities.deleteOne({ _id });
    await queue.deliverer.drain();
    assert.equal(queue.sink.arrivals.length, 0);
    assert.deepEqual(states(await queue.rows()), { cancelled: 2 });
  });

  it("is not held up by an account that has lost its key", async () => {
    await queue.follow(inboxes(3));
    await queue.enqueue("Create", "good");
    await queue.enqueue("Create", "bad", {
      actor: { ...queue.blog, _id: 42 },
      toFollowers: false,
      inboxes: inboxes(3),
    });
    await queue.settle();
    assert.deepEqual(states(await queue.rows({ object: "good" })), { delivered: 3 });
    const [row] = await queue.rows({ object: "bad" });
    assert.equal(row?.state, "pending");
    assert.equal(row?.attempts, 1);
    assert.match(row?.error ?? "", /no key/);
    assert.equal(await queue.hostRow(queue.sink.host(1)), null, "the host is not to blame");
  });

  it("keeps the store free of payloads: a row is small however long the post", async () => {
    await queue.follow([queue.sink.inbox()]);
    const activity = {
      id: "https://blog.example/ap/activities/1",
      type: "Create",
      content: "x".repeat(500_000),
    };
    await queue.enqueue("Create", "long", { activity });
    await queue.settle();
    assert.equal(queue.sink.arrivals[0]?.body.length, JSON.stringify(activity).length);
    assert.ok(JSON.stringify(await queue.row(queue.sink.inbox())).length < 600);
  });

  it("has nothing to do on an empty queue", async () => {
    await queue.settle();
    assert.deepEqual(await queue.rows(), []);
  });
});

describe("Retries of the delivery worker", () => {
  let queue: Queue;
  before(async () => (queue = await Queue.open()));
  beforeEach(() => queue.reset());
  after(() => queue.close());

  async function waitOf(inbox: string): Promise<number> {
    const row = await queue.row(inbox);
    assert.equal(row.state, "pending");
    assert.ok(!("lease" in row));
    return (row.nextAt?.getTime() ?? 0) - queue.clock.now().getTime();
  }

  it("come after a minute, more or less, and bring the activity in the end", async () => {
    queue.sink.behave(queue.sink.inbox(), { status: 500, body: "out of order" });
    await queue.follow([queue.sink.inbox()]);
    await queue.enqueue();
    await queue.settle();
    const wait = await waitOf(queue.sink.inbox());
    assert.ok(wait >= 0.75 * MINUTE && wait <= 1.25 * MINUTE, `${wait} ms`);
    assert.equal((await queue.row(queue.sink.inbox())).error, "out of order");
    await queue.settle();
    assert.equal(queue.sink.arrivals.length, 1, "not before its time");
    queue.sink.behave(queue.sink.inbox(), { status: 202 });
    queue.clock.advance(wait);
    await queue.settle();
    const row = await queue.row(queue.sink.inbox());
    assert.equal(row.state, "delivered");
    assert.equal(row.attempts, 2);
    assert.ok(!("error" in row));
  });

  it("end after fifteen attempts", async () => {
    // 429 says nothing against the host, so that the breaker stays out of it.
    queue.sink.behave(queue.sink.inbox(), { status: 429 });
    await queue.follow([queue.sink.inbox()]);
    await queue.enqueue();
    await queue.fanOut();
    for (let rounds = 0; rounds < 20; rounds += 1) {
      await queue.deliverer.drain();
      queue.clock.advance(30 * HOUR);
    }
    const row = await queue.row(queue.sink.inbox());
    assert.equal(row.state, "failed");
    assert.ok(row.attempts <= 15 && row.attempts >= 8, `${row.attempts}`);
    assert.equal(queue.sink.arrivals.length, row.attempts);
  });

  it("wait as long as Retry-After says, and so does everything else for that host", async () => {
    const { sink } = queue;
    const named = [sink.inbox(1, "/users/a/inbox"), sink.inbox(1, "/users/b/inbox")];
    sink.behave(sink.host(1), { status: 429, headers: { "retry-after": "7200" } });
    await queue.follow(named.slice(0, 1));
    await queue.enqueue();
    await queue.settle();
    assert.equal(await waitOf(named[0] ?? ""), 2 * HOUR);
    await queue.enqueue("Create", "another", { toFollowers: false, inboxes: named.slice(1) });
    await queue.settle();
    assert.equal(sink.arrivals.length, 1);
    assert.equal(await waitOf(named[1] ?? ""), 2 * HOUR);
    assert.equal((await queue.row(named[1] ?? "")).attempts, 0);
    sink.behave(sink.host(1), { status: 202 });
    queue.clock.advance(2 * HOUR);
    await queue.settle();
    assert.deepEqual(states(await queue.rows()), { delivered: 2 });
  });

  it("take Retry-After as a date too", async () => {
    const at = new Date(queue.clock.now().getTime() + 3 * HOUR).toUTCString();
    queue.sink.behave(queue.sink.inbox(), { status: 503, headers: { "retry-after": at } });
    await queue.follow([queue.sink.inbox()]);
    await queue.enqueue();
    await queue.settle();
    const wait = await waitOf(queue.sink.inbox());
    assert.ok(wait > 3 * HOUR - SECOND && wait <= 3 * HOUR, `${wait} ms: HTTP dates know no milliseconds`);
  });

  for (const hostile of [
    "31556952000000",
    "99999999999999999999999999",
    "-1",
    "-31556952000000",
    "Fri, 31 Dec 9999 23:59:59 GMT",
  ]) {
    it(`are not held back for more than a day by Retry-After: ${hostile}`, async () => {
      queue.sink.behave(queue.sink.inbox(), { status: 503, headers: { "retry-after": hostile } });
      await queue.follow([queue.sink.inbox()]);
      await queue.enqueue();
      await queue.settle();
      const wait = await waitOf(queue.sink.inbox());
      assert.ok(wait > 0 && wait <= DAY, `${wait} ms`);
    });
  }

  it("are not made for what will never be taken", async () => {
    for (const [at, status] of [400, 404, 405, 413, 422, 501].entries()) {
      queue.sink.behave(queue.sink.inbox(at + 1), { status });
      await queue.follow([queue.sink.inbox(at + 1)]);
    }
    await queue.enqueue();
    await queue.settle();
    assert.deepEqual(states(await queue.rows()), { failed: 6 });
  });

  it("are made three times in all for an inbox that does not believe our signature", async () => {
    queue.sink.behave(queue.sink.inbox(), { status: 401 });
    await queue.follow([queue.sink.inbox()]);
    await queue.enqueue();
    await queue.fanOut();
    for (let rounds = 0; rounds < 6; rounds += 1) {
      await queue.deliverer.drain();
      queue.clock.advance(DAY);
    }
    assert.equal(queue.sink.arrivals.length, 3);
    assert.deepEqual(states(await queue.rows()), { failed: 1 });
  });

  it("are made when nobody answers at all, and the reason is written down", async () => {
    await queue.follow(["http://127.0.0.1:1/inbox"]);
    await queue.enqueue();
    await queue.settle();
    const row = await queue.row("http://127.0.0.1:1/inbox");
    assert.equal(row.state, "pending");
    assert.match(row.error ?? "", /does not accept connections/);
    assert.ok(!("code" in row));
  });

  it("forget the code of an earlier answer when there is none any more", async () => {
    queue.sink.behave(queue.sink.inbox(), { status: 503 });
    await queue.follow([queue.sink.inbox()]);
    await queue.enqueue();
    await queue.settle();
    queue.sink.behave(queue.sink.inbox(), (_, response) => void response.destroy());
    queue.clock.advance(2 * MINUTE);
    await queue.settle();
    const row = await queue.row(queue.sink.inbox());
    assert.equal(row.attempts, 2);
    assert.ok(!("code" in row));
  });
});

/** Written from the draft, apart from our own code. */
function verifies(arrival: Arrival, pem: string): boolean {
  const header = String(arrival.headers.signature);
  const names = (/headers="([^"]*)"/.exec(header)?.[1] ?? "").split(" ");
  const signature = Buffer.from(/signature="([^"]*)"/.exec(header)?.[1] ?? "", "base64");
  const lines = names.map((name) => {
    const value =
      name === "(request-target)" ? `post ${new URL(arrival.inbox).pathname}` : String(arrival.headers[name]);
    return `${name}: ${value}`;
  });
  return verify("sha256", Buffer.from(lines.join("\n")), pem, signature);
}
