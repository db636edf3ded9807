import assert from "node:assert/strict";
import { createServer } from "node:net";
import type { AddressInfo } from "node:net";
import { createNetwork } from "../../src/network/network.ts";
import { createDeliverer } from "../../src/delivery/worker.ts";
import { HOUR } from "../../src/support/clock.ts";
import { Queue, states } from "./queue.ts";

describe("Hostile inboxes", () => {
  let queue: Queue;
  before(async () => (queue = await Queue.open({ delivery: { lease: 5 } })));
  beforeEach(() => queue.reset());
  after(() => queue.close());

  async function sendTo(inbox: string) {
    await queue.follow([inbox]);
    await queue.enqueue();
    await queue.settle();
    return queue.row(inbox);
  }

  it("that redirect are not followed: neither to another server nor into our own network", async () => {
    for (const [at, status] of [301, 302, 303, 307, 308].entries()) {
      const inbox = queue.sink.inbox(at + 1);
      queue.sink.behave(inbox, { status, headers: { location: queue.sink.inbox(100) } });
      const row = await sendTo(inbox);
      assert.equal(row.state, "pending");
      assert.equal(row.code, status);
    }
    assert.deepEqual(queue.sink.typesAt(queue.sink.inbox(100)), []);
  });

  it("that send an endless body are cut off; the status counts", async () => {
    let sent = 0;
    queue.sink.behave(queue.sink.inbox(), (_, response) => {
      response.writeHead(202);
      const pour = (): void => {
        while (!response.destroyed && response.write(Buffer.alloc(65_536))) sent += 65_536;
      };
      response.on("drain", pour);
      pour();
      return undefined;
    });
    const row = await sendTo(queue.sink.inbox());
    assert.equal(row.state, "delivered");
    assert.ok(sent < 64 * 1024 * 1024, `${sent} bytes`);
  });

  it("that claim a body of a terabyte are not believed", async () => {
    queue.sink.behave(queue.sink.inbox(), (_, response) => {
      response.writeHead(400, { "content-length": String(2 ** 40) });
      response.write("x".repeat(5000));
      return undefined;
    });
    const row = await sendTo(queue.sink.inbox());
    assert.equal(row.state, "failed");
    assert.ok((row.error ?? "").length <= 200);
  });

  it("that never answer are given up in time, and tried again", async () => {
    queue.sink.behave(queue.sink.inbox(), () => undefined);
    const row = await sendTo(queue.sink.inbox());
    assert.equal(row.state, "pending");
    assert.match(row.error ?? "", /took too long/);
    assert.equal(row.attempts, 1);
  });

  it("that drip headers for ever are given up in time", async () => {
    const server = createServer((socket) => {
      socket.on("error", () => undefined);
      socket.write("HTTP/1.1 202 Accepted\r\n");
      const drip = setInterval(() => socket.write("X-Drip: 1\r\n"), 50);
      socket.on("close", () => clearInterval(drip));
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const inbox = `http://127.0.0.1:${(server.address() as AddressInfo).port}/inbox`;
    const row = await sendTo(inbox);
    assert.equal(row.state, "pending");
    await new Promise((resolve) => server.close(resolve));
  });

  it("that answer no HTTP, or break off, are an unanswered attempt", async () => {
    const server = createServer((socket) => {
      socket.on("error", () => undefined);
      socket.resume();
      socket.end("220 smtp.example ESMTP\r\n");
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const inbox = `http://127.0.0.1:${(server.address() as AddressInfo).port}/inbox`;
    const row = await sendTo(inbox);
    assert.equal(row.state, "pending");
    assert.ok(!("code" in row));
    await new Promise((resolve) => server.close(resolve));
  });

  it("cannot put control characters or more than a line into our log and reports", async () => {
    const body = `bad\r\n2026-01-01T00:00:00Z info all is well\u001b[2J\u0000${"x".repeat(5000)}`;
    queue.sink.behave(queue.sink.inbox(), { status: 400, body });
    const row = await sendTo(queue.sink.inbox());
    assert.match(row.error ?? "", /^bad 2026/);
    assert.doesNotMatch(row.error ?? "", /\p{Cc}/u);
    assert.ok((row.error ?? "").length <= 200);
  });

  it("with impossible addresses are final, and hold up nobody", async () => {
    const bad = ["http://user:secret@127.0.0.1/inbox", "ftp://127.0.0.1/inbox", "http://127.0.0.1:0/inbox"];
    await queue.follow([...bad, queue.sink.inbox()]);
    await queue.enqueue();
    await queue.settle();
    assert.equal((await queue.row(queue.sink.inbox())).state, "delivered");
    assert.equal((await queue.row(bad[0] ?? "")).state, "failed");
    assert.equal((await queue.row(bad[1] ?? "")).state, "failed");
  });

  it("on private addresses are not spoken to by a site in use", async () => {
    const network = createNetwork({ userAgent: "test", clock: queue.clock });
    const inboxes = [
      "https://127.0.0.1/inbox",
      "https://169.254.169.254/latest/meta-data",
      "https://[::1]/inbox",
    ];
    await queue.follow([...inboxes, queue.sink.inbox()]);
    await queue.enqueue();
    await queue.fanOut();
    await createDeliverer({ ...queue.site, network }).drain();
    await network.close();
    assert.equal(queue.sink.arrivals.length, 0);
    for (const inbox of inboxes) assert.equal((await queue.row(inbox)).state, "failed", inbox);
    assert.deepEqual(states(await queue.rows()), { failed: 4 });
  });

  it("that fail by the thousand cost five attempts each pause, not thousands", async () => {
    queue.sink.behave(queue.sink.host(1), { status: 500 });
    await queue.follow(Array.from({ length: 500 }, (_, at) => queue.sink.inbox(1, `/users/${at}/inbox`)));
    await queue.enqueue();
    await queue.fanOut();
    for (let hours = 0; hours < 6; hours += 1) {
      await queue.deliverer.drain();
      queue.clock.advance(HOUR);
    }
    assert.ok(queue.sink.arrivals.length <= 20, `${queue.sink.arrivals.length} attempts`);
  });
});
