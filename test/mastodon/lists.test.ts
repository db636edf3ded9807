import assert from "node:assert/strict";
import type { ActorRow } from "../../src/database/rows.ts";
import { placeInTimelines } from "../../src/domain/fill-timelines.ts";
import { followActor, receiveAccept } from "../../src/domain/following.ts";
import { MOST_LISTS } from "../../src/domain/lists.ts";
import { storePerson } from "../support/people.ts";
import { storeFollow, storePost } from "./support/stored.ts";
import type { ApiClient } from "./support/api-client.ts";
import { startApi, type StartedApi } from "./support/start-api.ts";

interface Named {
  id: string;
}

describe("lists", () => {
  let api: StartedApi;
  let blog: ActorRow;
  let ada: ActorRow;
  let ben: ActorRow;
  let client: ApiClient;

  before(async () => {
    api = await startApi({
      accounts: [{ username: "blog" }, { username: "guest" }],
      api: { requestsPer5Minutes: 100_000 },
    });
    blog = await api.account();
    client = await api.client();
    ada = await storePerson(api.site, "ada");
    ben = await storePerson(api.site, "ben");
    for (const one of [ada, ben]) await storeFollow(api.site, blog, one);
  });
  after(() => api.close());
  beforeEach(async () => {
    for (const model of ["lists", "listMembers", "timelines"] as const)
      await api.site.models[model].deleteMany({} as never);
  });

  const make = async (more: object = {}): Promise<string> =>
    (await client.post("/api/v1/lists", { title: "Bakers", ...more })).body.id as string;
  const add = (list: string, people: ActorRow[], expect = 200) =>
    client.post(
      `/api/v1/lists/${list}/accounts`,
      { account_ids: people.map((one) => String(one._id)) },
      { expect },
    );
  const ids = (body: unknown): string[] => (body as Named[]).map((one) => one.id);
  const timeline = async (list: string): Promise<string[]> =>
    ids((await client.get(`/api/v1/timelines/list/${list}`)).body);

  it("are made, changed by PUT or in the query, listed and removed", async () => {
    const id = await make();
    const { body } = await client.get(`/api/v1/lists/${id}`);
    assert.deepEqual([body.title, body.replies_policy, body.exclusive], ["Bakers", "list", false]);
    const changed = await client.put(
      `/api/v1/lists/${id}`,
      { title: "Rye", replies_policy: "none", exclusive: 1 },
      { as: "query" },
    );
    assert.deepEqual(
      [changed.body.title, changed.body.replies_policy, changed.body.exclusive],
      ["Rye", "none", true],
    );
    const kept = await client.put(`/api/v1/lists/${id}`, { exclusive: false });
    assert.equal(kept.body.title, "Rye");
    const second = await make({ title: "Millers" });
    assert.deepEqual(ids((await client.get("/api/v1/lists")).body), [id, second]);
    assert.deepEqual((await client.delete(`/api/v1/lists/${id}`)).body, {});
    await client.get(`/api/v1/lists/${id}`, {}, { expect: 404 });
    await client.delete(`/api/v1/lists/${id}`, {}, { expect: 404 });
  });

  it("refuse a blank or endless title, an unknown policy, and one list too many", async () => {
    for (const wrong of [
      {},
      { title: "  " },
      { title: "x".repeat(256) },
      { title: "a", replies_policy: "all" },
    ])
      await client.post("/api/v1/lists", wrong, { expect: 422 });
    const id = await make();
    await client.put(`/api/v1/lists/${id}`, { title: "" }, { expect: 422 });
    for (let at = 1; at < MOST_LISTS; at += 1) await make();
    await client.post("/api/v1/lists", { title: "one more" }, { expect: 422 });
  });

  it("are their owner's alone", async () => {
    const id = await make();
    const other = await api.client("guest");
    assert.deepEqual((await other.get("/api/v1/lists")).body, []);
    await other.get(`/api/v1/lists/${id}`, {}, { expect: 404 });
    await other.put(`/api/v1/lists/${id}`, { title: "Mine" }, { expect: 404 });
    await other.delete(`/api/v1/lists/${id}`, {}, { expect: 404 });
    await other.get(`/api/v1/lists/${id}/accounts`, {}, { expect: 404 });
    await other.get(`/api/v1/timelines/list/${id}`, {}, { expect: 404 });
    await (await api.client("blog", "read:lists")).post("/api/v1/lists", { title: "x" }, { expect: 403 });
    await api.stranger().get("/api/v1/lists", {}, { expect: 401 });
  });

  it("take in whom one follows, and oneself, all or none, and each once", async () => {
    const id = await make();
    const stranger = await storePerson(api.site, `stranger${Date.now()}`);
    const { body } = await add(id, [ada, stranger], 404);
    assert.equal(body.error, "Record not found");
    assert.deepEqual((await client.get(`/api/v1/lists/${id}/accounts`)).body, []);
    assert.deepEqual((await add(id, [ada, blog])).body, {});
    await add(id, [ada], 422);
    await client.post(`/api/v1/lists/${id}/accounts`, { account_ids: ["1"] }, { expect: 404 });
    await client.post(`/api/v1/lists/${id}/accounts`, {});
    const many = Array.from({ length: 501 }, (_, at) => String(at + 1));
    await client.post(`/api/v1/lists/${id}/accounts`, { account_ids: many }, { expect: 422 });
    assert.deepEqual(
      new Set(ids((await client.get(`/api/v1/lists/${id}/accounts`)).body)),
      new Set([String(ada._id), String(blog._id)]),
    );
    assert.deepEqual(ids((await client.get(`/api/v1/accounts/${ada._id}/lists`)).body), [id]);
  });

  it("show members page by page, or all where an app says limit=0", async () => {
    const id = await make();
    for (let at = 0; at < 5; at += 1) {
      const one = await storePerson(api.site, `member${at}`);
      await storeFollow(api.site, blog, one);
      await add(id, [one]);
    }
    const pages = await client.pages(`/api/v1/lists/${id}/accounts`, { limit: 2 });
    assert.equal(pages.length, 3);
    assert.equal(new Set(pages.flatMap((page) => ids(page.body))).size, 5);
    const all = await client.get(`/api/v1/lists/${id}/accounts`, { limit: 0 });
    assert.equal((all.body as Named[]).length, 5);
    assert.equal(all.headers.get("link"), null);
  });

  it("are filled from what is stored, and emptied of who leaves, by a body or a query", async () => {
    const id = await make();
    const [first, second] = [await storePost(api.site, ada), await storePost(api.site, ben)];
    await add(id, [ada, ben]);
    assert.deepEqual(await timeline(id), [String(second._id), String(first._id)]);
    const path = `/api/v1/lists/${id}/accounts`;
    assert.deepEqual(
      (await client.delete(path, { account_ids: [String(ben._id)] }, { as: "form" })).body,
      {},
    );
    assert.deepEqual(await timeline(id), [String(first._id)]);
    await client.delete(path, { account_ids: [String(ada._id)] }, { as: "query" });
    await client.delete(path, { account_ids: ["1"] });
    assert.deepEqual(await timeline(id), []);
  });

  it("lose a member who is no longer followed", async () => {
    const id = await make();
    const post = await storePost(api.site, ben);
    await add(id, [ben]);
    assert.ok((await timeline(id)).includes(String(post._id)));
    await client.post(`/api/v1/accounts/${ben._id}/unfollow`);
    assert.deepEqual(await timeline(id), []);
    assert.deepEqual((await client.get(`/api/v1/lists/${id}/accounts`)).body, []);
    await storeFollow(api.site, blog, ben);
  });

  it("that are exclusive keep new posts out of the home timeline", async () => {
    const id = await make({ exclusive: true });
    await add(id, [ada]);
    const post = await storePost(api.site, ada);
    await placeInTimelines(api.site, post);
    assert.ok((await timeline(id)).includes(String(post._id)));
    const home = await client.get("/api/v1/timelines/home");
    assert.equal(ids(home.body).includes(String(post._id)), false);
  });

  it("that are exclusive keep out of the home timeline what was there before a follow, too", async () => {
    const id = await make({ exclusive: true });
    const cleo = await storePerson(api.site, "cleo");
    const post = await storePost(api.site, cleo);
    await followActor(api.site, blog, cleo);
    await add(id, [cleo]);
    assert.deepEqual(await timeline(id), []);
    await receiveAccept(api.site, cleo, { followerUri: blog.uri });
    assert.deepEqual(await timeline(id), [String(post._id)]);
    assert.deepEqual(ids((await client.get("/api/v1/timelines/home")).body), []);
  });

  it("lose who is muted, and have them again when the mute ends", async () => {
    const id = await make();
    const post = await storePost(api.site, ada);
    await add(id, [ada]);
    await client.post(`/api/v1/accounts/${ada._id}/mute`);
    assert.deepEqual(await timeline(id), []);
    await client.put(`/api/v1/lists/${id}`, { replies_policy: "none" });
    assert.deepEqual(await timeline(id), []);
    await client.post(`/api/v1/accounts/${ada._id}/unmute`);
    assert.equal((await timeline(id))[0], String(post._id));
  });

  it("with another policy about answers are filled anew", async () => {
    const id = await make({ replies_policy: "none" });
    const parent = await storePost(api.site, ben);
    const answer = await storePost(api.site, ada, { parent });
    await add(id, [ada]);
    assert.equal((await timeline(id)).includes(String(answer._id)), false);
    await client.put(`/api/v1/lists/${id}`, { replies_policy: "followed" });
    assert.ok((await timeline(id)).includes(String(answer._id)));
  });
});
