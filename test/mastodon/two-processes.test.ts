import assert from "node:assert/strict";
import { mkdtempSync } from "node:fs";
import { rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { mock } from "node:test";
import { setImmediate as immediate } from "node:timers/promises";
import { native } from "../../src/database/native.ts";
import type { StreamEventRow } from "../../src/database/rows.ts";
import { publishPost } from "../../src/domain/posts.ts";
import { relayOnce, relayStreams } from "../../src/domain/stream-relay.ts";
import { hubOf, subscribe, type StreamEvent } from "../../src/domain/stream.ts";
import { firstSnowflakeAt } from "../../src/support/ids.ts";
import { startScript, type Child } from "../support/child.ts";
import { makeSite, type HandMadeSite } from "../support/make-site.ts";
import { freshDatabase } from "../support/store.ts";
import { TestClock } from "../support/test-clock.ts";
import { startApi, type StartedApi } from "./support/start-api.ts";
import { StreamClient } from "./support/stream-client.ts";

describe("two processes of one site", () => {
  let api: StartedApi;
  let child: Child;
  let childOrigin: string;
  let folder: string;
  let token: string;

  before(async function () {
    this.timeout(120_000);
    const database = await freshDatabase();
    folder = mkdtempSync(join(tmpdir(), "fedi-second-"));
    api = await startApi({ database });
    api.fedi.attach(api.server);
    token = await api.tokenFor("blog");
    child = startScript("test/mastodon/other-process.ts", { args: [api.origin, database, folder] });
    const [, port] = await child.prints(/listening on (\d+)/);
    childOrigin = `http://localhost:${port}`;
  });
  after(async () => {
    await child.stop();
    await api.close();
    await rm(folder, { recursive: true, force: true });
  });

  it("show each other's posts, to two apps at once", async () => {
    const [here, there] = await Promise.all([
      StreamClient.open(api.origin, token),
      StreamClient.open(childOrigin, await api.tokenFor("blog")),
    ]);
    for (const client of [here, there]) {
      await client.subscribe("user");
      await client.subscribe("public:local");
    }
    const answer = await fetch(`${childOrigin}/host/publish/Written%20there`, { method: "POST" });
    const { id } = (await answer.json()) as { id: string };
    for (const client of [here, there])
      for (const stream of ["user", "public:local"]) {
        const [status] = await client.hears("update", stream);
        assert.equal(status.id, id);
      }

    const post = await publishPost(api.site, { text: "Written here" });
    for (const client of [here, there]) {
      const [, second] = await client.hears("update", "user", 2);
      assert.equal(second.id, String(post._id));
      await client.settle();
      assert.equal(client.of("update", "user").length, 2, "each process tells an event once");
      client.end();
    }
  });
});

describe("the relay between processes", () => {
  let made: HandMadeSite;
  let clock: TestClock;
  let heard: StreamEvent[];
  let endings: (() => void)[];

  beforeEach(async () => {
    clock = new TestClock();
    made = await makeSite({ clock });
    heard = [];
    endings = [subscribe(made.site, ["public"], (event) => heard.push(event))];
  });
  afterEach(async () => {
    for (const end of endings) end();
    await made.close();
  });

  const rowOf = (at: Date, post: number, origin = "another process"): StreamEventRow => ({
    _id: firstSnowflakeAt(at) + post,
    channels: ["public"],
    event: "update",
    post,
    origin,
    // By the store's clock, which is the machine's.
    expiresAt: new Date(Date.now() + 60_000),
  });
  const store = async (...row: Parameters<typeof rowOf>): Promise<void> => {
    await native(made.site.models.streamEvents).insertOne(rowOf(...row));
  };
  const seconds = (count: number): Date => new Date(clock.now().getTime() + count * 1000);

  it("tells what others store, once, and not what this one has told itself", async () => {
    endings.push(relayStreams(made.site));
    await store(clock.now(), 1);
    await store(clock.now(), 2, hubOf(made.site).origin);
    await relayOnce(made.site);
    await relayOnce(made.site);
    assert.deepEqual(heard, [{ channels: ["public"], event: "update", post: 1 }]);
  });

  it("finds what comes late: another clock, or a write that took its time", async () => {
    endings.push(relayStreams(made.site));
    clock.advance(20_000);
    await store(clock.now(), 1);
    await relayOnce(made.site);
    await store(seconds(-3), 2);
    await store(seconds(3), 3);
    await relayOnce(made.site);
    clock.advance(4000);
    await relayOnce(made.site);
    assert.deepEqual(
      heard.map((event) => event.post),
      [1, 2, 3],
    );
  });

  it("tells nothing from before anybody listened", async () => {
    await store(seconds(-4), 1);
    endings.push(relayStreams(made.site));
    await relayOnce(made.site);
    assert.deepEqual(heard, []);
  });

  it("reads a burst to its end", async () => {
    endings.push(relayStreams(made.site));
    const rows = Array.from({ length: 1200 }, (_, at) => rowOf(clock.now(), at + 1));
    await native(made.site.models.streamEvents).insertMany(rows);
    await relayOnce(made.site);
    assert.deepEqual(
      heard.map((event) => event.post),
      rows.map((row) => row.post),
    );
  });

  it("asks the store only while somebody listens", async () => {
    let asked = 0;
    made.site.connection.getClient().on("connectionCheckedOut", () => (asked += 1));
    mock.timers.enable({ apis: ["setTimeout"] });
    try {
      const end = relayStreams(made.site);
      mock.timers.tick(500);
      await immediate();
      assert.equal(asked, 1);
      end();
      end();
      mock.timers.tick(60_000);
      await immediate();
      assert.equal(asked, 1);
    } finally {
      mock.timers.reset();
    }
  });
});
