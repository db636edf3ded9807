import assert from "node:assert/strict";
import type { ApiClient } from "./support/api-client.ts";
import { startApi, type StartedApi } from "./support/start-api.ts";

describe("markers", () => {
  let api: StartedApi;
  let client: ApiClient;

  before(async () => {
    api = await startApi();
    client = await api.client();
  });
  after(() => api.close());
  afterEach(() => api.site.models.markers.deleteMany({}));

  it("are there as soon as they are asked for, since Elk reads them without looking", async () => {
    const { body } = await client.get("/api/v1/markers", { timeline: ["notifications"] });
    assert.deepEqual(Object.keys(body), ["notifications"]);
    assert.equal(body.notifications.last_read_id, "0");
    assert.equal(body.notifications.version, 0);
  });

  it("are left out where nobody asks for them, or for another timeline", async () => {
    assert.deepEqual((await client.get("/api/v1/markers")).body, {});
    assert.deepEqual(
      (await client.get("/api/v1/markers", { timeline: ["direct", "home"] })).body.direct,
      undefined,
    );
    const bare = await client.get("/api/v1/markers?timeline=home");
    assert.deepEqual(Object.keys(bare.body), ["home"]);
  });

  it("move, each move one version on, as JSON, form or in the address", async () => {
    const first = await client.post("/api/v1/markers", { home: { last_read_id: "105" } });
    assert.deepEqual(Object.keys(first.body), ["home"], "only what was moved");
    assert.equal(first.body.home.version, 1);
    await client.post("/api/v1/markers", { home: { last_read_id: 106 } });
    await client.post("/api/v1/markers", { home: { last_read_id: "107" } }, { as: "form" });
    await client.post("/api/v1/markers", { home: { last_read_id: "108" } }, { as: "query" });
    const { body } = await client.get("/api/v1/markers", { timeline: ["home"] });
    assert.equal(body.home.last_read_id, "108");
    assert.equal(body.home.version, 4);
  });

  it("stay as they are where nothing moves", async () => {
    await client.post("/api/v1/markers", { notifications: { last_read_id: "7" } });
    const again = await client.post("/api/v1/markers", { notifications: { last_read_id: "7" } });
    assert.equal(again.body.notifications.version, 1);
    assert.deepEqual(
      (await client.post("/api/v1/markers", { home: "7", list: { last_read_id: "7" } })).body,
      {},
    );
  });

  it("are refused for what is no id", async () => {
    for (const last_read_id of ["", "abc", "-1", "1".repeat(30)])
      await client.post("/api/v1/markers", { home: { last_read_id } }, { expect: 422 });
  });

  it("moved by several apps at once move for each, or tell it of the conflict", async () => {
    const answers = await Promise.all(
      Array.from({ length: 12 }, async (_, at) => {
        const response = await fetch(`${api.origin}/api/v1/markers`, {
          method: "POST",
          headers: { authorization: `Bearer ${client.token}`, "content-type": "application/json" },
          body: JSON.stringify({ home: { last_read_id: String(1000 + at) } }),
        });
        const body = (await response.json()) as { home?: { version: number }; error?: string };
        return { status: response.status, version: body.home?.version, error: body.error };
      }),
    );
    const moved = answers.filter((answer) => answer.status === 200).map((answer) => answer.version);
    assert.ok(moved.length >= 1);
    assert.deepEqual(
      moved.toSorted(),
      Array.from(moved, (_, at) => at + 1).toSorted(),
      "no two moves are one version",
    );
    for (const answer of answers.filter(({ status }) => status !== 200)) {
      assert.equal(answer.status, 409);
      assert.match(answer.error ?? "", /Conflict/);
    }
  });

  it("are each account's own", async () => {
    const other = await api.client(await api.fedi.account({ username: "other" }));
    await client.post("/api/v1/markers", { home: { last_read_id: "55" } });
    assert.equal((await other.get("/api/v1/markers", { timeline: "home" })).body.home.last_read_id, "0");
  });

  it("need their scopes", async () => {
    const reader = await api.client("blog", "read:statuses");
    await reader.post("/api/v1/markers", { home: { last_read_id: "1" } }, { expect: 403 });
    const writer = await api.client("blog", "write:statuses");
    await writer.get("/api/v1/markers", {}, { expect: 403 });
  });
});
