import assert from "node:assert/strict";
import type { Express } from "express";
import { startBlog, type Blog } from "../support/blog.ts";
import { FakeRemote, type Character } from "../support/fake-remote.ts";
import { freshDatabase } from "../support/store.ts";
import { startStoreProxy, type StoreProxy } from "../support/store-proxy.ts";
import { until } from "../support/until.ts";

/** The database goes away and comes back, as databases do; the host's own pages must not notice. */
describe("a database that is away", function () {
  this.timeout(180_000);
  let store: StoreProxy;
  let blog: Blog;
  let remote: FakeRemote;
  let alice: Character;

  const start = async (options: { away: boolean; startTimeout?: number }): Promise<void> => {
    store = await startStoreProxy(await freshDatabase(), { away: options.away });
    blog = await startBlog({
      options: { database: store.uri, startTimeout: options.startTimeout ?? 30 },
      routes: (app: Express) => app.get("/posts/rye", (_request, response) => void response.send("rye")),
      wait: !options.away,
    });
  };

  beforeEach(async () => {
    remote = await FakeRemote.start("127.0.0.1", 0);
    alice = remote.character("alice");
  });

  afterEach(async () => {
    await blog?.close();
    await store?.close();
    await remote?.close();
  });

  const get = (path: string, accept = "text/html"): Promise<Response> =>
    fetch(blog.origin + path, { headers: { accept } });
  const follow = () => {
    const actor = `${blog.origin}/ap/accounts/blog`;
    return remote.send(alice, `${actor}/inbox`, alice.activity("Follow", actor));
  };

  it("at the start: `ready` says so after its time, our pages ask for patience, and it begins when it can", async () => {
    await start({ away: true, startTimeout: 0.3 });
    await assert.rejects(blog.fedi.ready, /did not answer within 0\.3 seconds.*"database"/);

    assert.equal(await (await get("/posts/rye")).text(), "rye");
    const page = await get("/@blog");
    assert.equal(page.status, 503);
    assert.ok(Number(page.headers.get("retry-after")) > 0);
    assert.match(await page.text(), /database cannot be reached right now/);
    const inbox = await follow();
    assert.equal(inbox.status, 503);
    assert.ok(Number(inbox.headers["retry-after"]) > 0);
    const waiting = blog.fedi.publish({ markdown: "Written while it was away." });

    await store.restore();
    const post = await waiting;
    await until(async () => (await get(new URL(post.url).pathname)).status === 200, "the recovery", 60_000);
    assert.equal((await follow()).status, 202);
    await until(() => alice.received.length > 0, "the Accept");
  });

  it("later: 503 with Retry-After from us, nothing from the host, and nothing accepted is lost", async () => {
    await start({ away: false });
    assert.equal((await follow()).status, 202);
    await until(() => alice.received.length === 1, "the Accept");
    alice.answer = remote.sharedAnswer = { status: 503 };
    const post = await blog.fedi.publish({ markdown: "Accepted before." });
    await until(() => remote.sharedReceived.length > 0, "the first try");

    await store.cut();
    await until(async () => (await get("/@blog")).status === 503, "that we notice", 60_000);
    const page = await get("/@blog");
    assert.ok(Number(page.headers.get("retry-after")) > 0);
    assert.equal((await follow()).status, 503);
    assert.equal(
      (await get("/posts/rye", "application/activity+json")).status,
      503,
      "who asks for the object",
    );
    const host = await get("/posts/rye");
    assert.deepEqual([host.status, await host.text()], [200, "rye"]);
    await assert.rejects(blog.fedi.publish({ markdown: "Not accepted." }));

    await store.restore();
    await until(async () => (await get(new URL(post.url).pathname)).status === 200, "the recovery", 60_000);
    const report = await blog.fedi.deliveries(post.url);
    assert.equal(report?.waiting, 1, "the delivery still waits for its next try");
    assert.equal((await follow()).status, 202);
    await until(() => alice.received.length === 2, "the Accept after the recovery");
  });
});
