import assert from "node:assert/strict";
import sharp from "sharp";
import { drainScheduled } from "../../src/domain/scheduled.ts";
import { drainUploads } from "../../src/domain/uploads.ts";
import { DAY, HOUR, MINUTE } from "../../src/support/clock.ts";
import { storePerson } from "../support/people.ts";
import { TestClock } from "../support/test-clock.ts";
import type { ApiClient } from "./support/api-client.ts";
import { startApi, type StartedApi } from "./support/start-api.ts";
import { storePost } from "./support/stored.ts";

describe("a status that waits for its time", () => {
  let api: StartedApi;
  let app: ApiClient;
  let clock: TestClock;

  before(async () => {
    clock = new TestClock(new Date());
    api = await startApi({ clock });
    app = await api.client("blog");
  });
  after(() => api.close());

  const later = (milliseconds: number): string =>
    new Date(clock.now().getTime() + milliseconds).toISOString();
  const schedule = (more: object = {}, options: object = {}) =>
    app.post("/api/v1/statuses", { status: "good morning", scheduled_at: later(HOUR), ...more }, options);
  const newest = async () => (await app.get("/api/v1/timelines/home", { limit: 1 })).body[0];

  it("is told as it was written, listed, and published when its time has come", async () => {
    const more = {
      spoiler_text: "early",
      visibility: "unlisted",
      language: "en",
      poll: { options: ["tea", "coffee"], expires_in: 600 },
    };
    const { body } = await schedule(more);
    assert.deepEqual(
      [body.params.text, body.params.visibility, body.params.spoiler_text],
      ["good morning", "unlisted", "early"],
    );
    assert.deepEqual(body.params.poll.options, ["tea", "coffee"]);
    assert.deepEqual(
      (await app.get("/api/v1/scheduled_statuses")).body.map((one: { id: string }) => one.id),
      [body.id],
    );
    await drainScheduled(api.site);
    assert.notEqual((await newest())?.spoiler_text, "early");
    clock.advance(HOUR);
    await drainScheduled(api.site);
    const status = await newest();
    assert.deepEqual(
      [status.content, status.visibility, status.spoiler_text, status.language],
      ["<p>good morning</p>", "unlisted", "early", "en"],
    );
    assert.equal(status.poll.expires_at, later(600_000));
    assert.equal(status.application.name, "Test App");
    await app.get(`/api/v1/scheduled_statuses/${body.id}`, {}, { expect: 404 });
  });

  it("is published once by many processes, and by the next where one has died before it could say so", async () => {
    const { body } = await schedule({ status: "only once" });
    clock.advance(2 * HOUR);
    const row = await api.site.models.scheduled.findById(Number(body.id)).lean();
    await Promise.all([drainScheduled(api.site), drainScheduled(api.site), drainScheduled(api.site)]);
    await api.site.models.scheduled.collection.insertOne(row as never);
    await drainScheduled(api.site);
    assert.equal(await api.site.models.posts.countDocuments({ scheduled: Number(body.id) }), 1);
    assert.equal(await api.site.models.scheduled.countDocuments({}), 0);
  });

  it("must wait five minutes at least, and not for ever", async () => {
    for (const at of [later(4 * MINUTE), later(-DAY), "soon", "x".repeat(1000), later(20 * 365 * DAY)])
      await schedule({ scheduled_at: at }, { expect: 422 });
    const { body } = await schedule();
    await app.put(`/api/v1/scheduled_statuses/${body.id}`, { scheduled_at: later(MINUTE) }, { expect: 422 });
    const at = later(DAY);
    assert.equal(
      (await app.put(`/api/v1/scheduled_statuses/${body.id}`, { scheduled_at: at })).body.scheduled_at,
      at,
    );
    await app.delete(`/api/v1/scheduled_statuses/${body.id}`);
    await app.delete(`/api/v1/scheduled_statuses/${body.id}`, {}, { expect: 404 });
  });

  it("is refused like any other for what is wrong with it", async () => {
    await schedule({ status: "" }, { expect: 422 });
    await schedule({ media_ids: ["12"] }, { expect: 422 });
    await schedule({ poll: { options: ["a"], expires_in: 600 } }, { expect: 422 });
    assert.equal(await api.site.models.scheduled.countDocuments({}), 0);
  });

  it("keeps its files, however long, and gives them back when it is given up", async () => {
    const png = await sharp({ create: { width: 5, height: 5, channels: 3, background: "red" } })
      .png()
      .toBuffer();
    const file = () => new File([new Uint8Array(png)], "x.png");
    const upload = async (): Promise<string> =>
      (await app.post("/api/v2/media", { file: file() }, { as: "multipart" })).body.id as string;
    const [kept, given] = [await upload(), await upload()];
    const { body } = await schedule({ media_ids: [kept], scheduled_at: later(3 * DAY) });
    assert.equal(body.media_attachments[0].id, kept);
    await app.post("/api/v1/statuses", { status: "x", media_ids: [kept] }, { expect: 422 });
    const { body: other } = await schedule({ media_ids: [given] });
    await app.delete(`/api/v1/scheduled_statuses/${other.id}`);
    await app.post("/api/v1/statuses", { status: "x", media_ids: [given] });
    clock.advance(3 * DAY);
    await drainUploads(api.site);
    await drainScheduled(api.site);
    assert.equal((await newest()).media_attachments[0].id, kept);
  });

  it("keeps its files with the post, whatever a process leaves undone that ends in the middle", async () => {
    const { models } = api.site;
    const png = await sharp({ create: { width: 5, height: 5, channels: 3, background: "red" } })
      .png()
      .toBuffer();
    const file = new File([new Uint8Array(png)], "x.png");
    const id = (await app.post("/api/v2/media", { file }, { as: "multipart" })).body.id as string;
    const { body } = await schedule({ status: "look", media_ids: [id], scheduled_at: later(3 * DAY) });

    // It ended before the file was held for longer than a day.
    await models.uploads.updateOne({ _id: Number(id) }, { $set: { nextAt: new Date(later(DAY)) } });
    clock.advance(2 * DAY);
    await drainUploads(api.site);
    const [row, held] = await Promise.all([
      models.scheduled.findById(Number(body.id)).lean(),
      models.uploads.findById(Number(id)).lean(),
    ]);
    assert.ok(row && held);
    clock.advance(DAY);
    await drainScheduled(api.site);
    const status = await newest();

    // It ended once the post was stored.
    await models.uploads.collection.replaceOne({ _id: Number(id) } as never, held);
    await models.scheduled.collection.insertOne(row as never);
    await drainScheduled(api.site);
    const edited = await app.put(`/api/v1/statuses/${status.id}`, { status: "look again", media_ids: [id] });
    assert.equal(edited.body.media_attachments[0].id, id);
  });

  it("is published without what it answers where that is gone", async () => {
    const anna = await storePerson(api.site, "anna");
    const parent = await storePost(api.site, anna);
    await schedule({ status: "too late", in_reply_to_id: String(parent._id) });
    await api.site.models.posts.deleteOne({ _id: parent._id });
    clock.advance(2 * HOUR);
    await drainScheduled(api.site);
    const status = await newest();
    assert.deepEqual([status.content, status.in_reply_to_id], ["<p>too late</p>", null]);
  });

  it("is published without what it quotes where that may no longer be quoted", async () => {
    await api.fedi.account({ username: "miller" });
    const miller = await api.client("miller");
    const quoted = (await miller.post("/api/v1/statuses", { status: "flour is up" })).body;
    await schedule({ status: "so it is", quoted_status_id: quoted.id });
    await miller.put(`/api/v1/statuses/${quoted.id}/interaction_policy`, { quote_approval_policy: "nobody" });
    clock.advance(2 * HOUR);
    await drainScheduled(api.site);
    const status = await newest();
    assert.deepEqual([status.content, status.quote], ["<p>so it is</p>", null]);
  });

  it("with an Idempotency-Key is one of twins", async () => {
    const headers = { "idempotency-key": "later" };
    const [one, other] = await Promise.all([
      schedule({}, { headers }),
      schedule({ scheduled_at: later(DAY) }, { headers }),
    ]);
    assert.equal(one.body.id, other.body.id);
  });

  it("is nobody else's, and walks by pages that end", async () => {
    await api.fedi.account({ username: "baker" });
    const baker = await api.client("baker");
    for (let at = 0; at < 5; at += 1)
      await baker.post("/api/v1/statuses", { status: `loaf ${at}`, scheduled_at: later(HOUR) });
    const pages = await baker.pages("/api/v1/scheduled_statuses", { limit: 2 });
    const ids = pages.flatMap((page) => page.body.map((one: { id: string }) => one.id) as string[]);
    assert.equal(new Set(ids).size, 5);
    await app.get(`/api/v1/scheduled_statuses/${ids[0]}`, {}, { expect: 404 });
    await app.put(`/api/v1/scheduled_statuses/${ids[0]}`, { scheduled_at: later(DAY) }, { expect: 404 });
    await app.delete(`/api/v1/scheduled_statuses/${ids[0]}`, {}, { expect: 404 });
  });
});
