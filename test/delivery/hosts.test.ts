import assert from "node:assert/strict";
import { THRESHOLD } from "../../src/delivery/breaker.ts";
import { hostsOf } from "../../src/delivery/collections.ts";
import { hostBook, hostSpoke } from "../../src/delivery/hosts.ts";
import { DAY, HOUR, MINUTE } from "../../src/support/clock.ts";
import { Queue, states } from "./queue.ts";

describe("The breaker in the queue", () => {
  let queue: Queue;
  before(async () => (queue = await Queue.open({ delivery: { perHost: 2 } })));
  beforeEach(() => queue.reset());
  after(() => queue.close());

  const users = (count: number, from = 0): string[] =>
    Array.from({ length: count }, (_, at) => queue.sink.inbox(1, `/users/${from + at}/inbox`));

  async function breakIt(followers = 20): Promise<void> {
    queue.sink.behave(queue.sink.host(1), { status: 502 });
    await queue.follow(users(followers));
    await queue.enqueue();
    await queue.settle();
  }

  it("opens after five failures in a row and lets the rest wait without an attempt", async () => {
    await breakIt();
    const sent = queue.sink.arrivals.length;
    assert.ok(sent >= THRESHOLD && sent <= THRESHOLD + 1, `${sent} were sent, two at a time`);
    const untouched = await queue.rows({ attempts: 0 });
    assert.equal(untouched.length, 20 - sent);
    const host = await queue.hostRow(queue.sink.host(1));
    assert.ok(host?.openUntil);
    assert.equal(host.lastCode, 502);
    assert.equal(host.openUntil.getTime() - queue.clock.now().getTime(), 5 * MINUTE);
    for (const row of untouched) {
      assert.equal(row.state, "pending");
      assert.ok(!("lease" in row));
      assert.ok((row.nextAt?.getTime() ?? 0) >= host.openUntil.getTime());
    }
  });

  it("lets one probe through when the pause is over, and doubles the pause when it fails", async () => {
    await breakIt();
    queue.sink.arrivals.length = 0;
    queue.clock.advance(5 * MINUTE);
    await queue.settle();
    assert.equal(queue.sink.arrivals.length, 1);
    const host = await queue.hostRow(queue.sink.host(1));
    assert.equal((host?.openUntil?.getTime() ?? 0) - queue.clock.now().getTime(), 10 * MINUTE);
    queue.clock.advance(5 * MINUTE);
    await queue.settle();
    assert.equal(queue.sink.arrivals.length, 1);
  });

  it("closes when the probe arrives, and everything that waited goes out at once", async () => {
    await breakIt();
    queue.sink.behave(queue.sink.host(1), { status: 202 });
    queue.clock.advance(5 * MINUTE);
    await queue.settle();
    assert.deepEqual(states(await queue.rows()), { delivered: 20 });
    const host = await queue.hostRow(queue.sink.host(1));
    assert.equal(host?.failures, 0);
    assert.ok(!("openUntil" in host));
  });

  it("does not keep other hosts waiting", async () => {
    await queue.follow([queue.sink.inbox(2)]);
    await breakIt();
    assert.equal((await queue.row(queue.sink.inbox(2))).state, "delivered");
  });

  it("is remembered over a restart and by other processes", async () => {
    await breakIt();
    queue.sink.arrivals.length = 0;
    await queue.enqueue("Create", "another", { toFollowers: false, inboxes: users(5, 100) });
    await queue.fanOut();
    await queue.anotherProcess().drain();
    assert.equal(queue.sink.arrivals.length, 0);
    assert.ok((await queue.rows({ object: "another" })).every(({ attempts }) => attempts === 0));
  });

  it("is not moved by refusals: a host that answers 400 to all lives", async () => {
    queue.sink.behave(queue.sink.host(1), { status: 400 });
    await queue.follow(users(20));
    await queue.enqueue();
    await queue.settle();
    assert.deepEqual(states(await queue.rows()), { failed: 20 });
    assert.equal(await queue.hostRow(queue.sink.host(1)), null);
  });

  it("opens for a host that cannot be reached at all", async () => {
    const inboxes = Array.from({ length: 9 }, (_, at) => `http://127.0.0.1:1/users/${at}/inbox`);
    await queue.follow(inboxes);
    await queue.enqueue();
    await queue.settle();
    const host = await queue.hostRow("127.0.0.1:1");
    assert.ok(host?.openUntil);
    assert.match(host.lastError ?? "", /does not accept connections/);
  });

  it("gives a row up when its host has been dead for longer than a delivery lives", async () => {
    await breakIt(8);
    const failed: string[] = [];
    queue.site.events.on("deliveryFailed", ({ inbox }) => failed.push(inbox));
    for (let days = 0; days < 24; days += 1) {
      queue.clock.advance(12 * HOUR);
      await queue.settle();
    }
    assert.deepEqual(states(await queue.rows()), { failed: 8 });
    assert.equal(new Set(failed).size, 8);
  });

  it("goes on after the pause of a Retry-After only, even when the host has spoken", async () => {
    queue.sink.behave(queue.sink.host(1), { status: 429, headers: { "retry-after": "3600" } });
    await queue.follow(users(4));
    await queue.enqueue();
    await queue.settle();
    const sent = queue.sink.arrivals.length;
    await hostSpoke(queue.site, queue.sink.host(1));
    await queue.settle();
    assert.equal(queue.sink.arrivals.length, sent);
  });

  it("keeps no row of hosts that never failed", async () => {
    await queue.follow([queue.sink.inbox(1), queue.sink.inbox(2)]);
    await queue.enqueue();
    await queue.settle();
    assert.equal(await hostsOf(queue.site).countDocuments({}), 0);
  });

  it("lets its rows expire", async () => {
    await breakIt();
    const host = await queue.hostRow(queue.sink.host(1));
    assert.equal((host?.expiresAt.getTime() ?? 0) - queue.clock.now().getTime(), 30 * DAY);
  });

  it("remembers a bounded number of hosts, however many strangers make us know them", async () => {
    const book = hostBook(queue.site);
    for (let number = 0; number < 20_000; number += 1) book.pause(`h${number}.example`, queue.clock.now());
    assert.ok(book.size <= 5000, `${book.size}`);
  });
});

describe("A host that speaks to us", () => {
  let queue: Queue;
  before(async () => (queue = await Queue.open()));
  beforeEach(() => queue.reset());
  after(() => queue.close());

  async function breakIt(): Promise<void> {
    queue.sink.behave(queue.sink.host(1), { status: 502 });
    await queue.follow(Array.from({ length: 12 }, (_, at) => queue.sink.inbox(1, `/users/${at}/inbox`)));
    await queue.enqueue();
    await queue.settle();
    queue.sink.behave(queue.sink.host(1), { status: 202 });
    queue.made.woken.length = 0;
  }

  it("is alive: its breaker closes and what waits for it is due", async () => {
    await breakIt();
    await hostSpoke(queue.site, queue.sink.host(1));
    assert.ok(queue.made.woken.includes("delivery"));
    await queue.settle();
    assert.deepEqual(states(await queue.rows()), { delivered: 12 });
    assert.ok(!("openUntil" in ((await queue.hostRow(queue.sink.host(1))) ?? {})));
  });

  it("is alive for the other processes too, within seconds", async () => {
    await breakIt();
    const { site } = queue;
    queue.site = { ...site };
    const inboxProcess = queue.site;
    queue.site = site;
    await hostSpoke(inboxProcess, queue.sink.host(1));
    queue.clock.advance(6000);
    await queue.settle();
    assert.deepEqual(states(await queue.rows()), { delivered: 12 });
  });

  it("does not hurry what waits because of its own words", async () => {
    queue.sink.behave(queue.sink.inbox(1, "/busy"), { status: 429 });
    await queue.follow([queue.sink.inbox(1, "/busy")]);
    await queue.enqueue();
    await queue.settle();
    const { nextAt } = await queue.row(queue.sink.inbox(1, "/busy"));
    await breakIt();
    await hostSpoke(queue.site, queue.sink.host(1));
    assert.deepEqual((await queue.rows({ code: 429 }))[0]?.nextAt, nextAt);
  });

  it("changes nothing for hosts without trouble", async () => {
    await hostSpoke(queue.site, "fine.example");
    assert.equal(await queue.hostRow("fine.example"), null);
    assert.deepEqual(queue.made.woken, []);
  });
});
