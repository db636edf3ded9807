import assert from "node:assert/strict";
import type { ActivityRow, ActorRow } from "../../src/database/rows.ts";
import { storePerson } from "../support/people.ts";
import type { ApiClient } from "./support/api-client.ts";
import { startApi, type StartedApi } from "./support/start-api.ts";
import { storePost } from "./support/stored.ts";

describe("what is done with a status", () => {
  let api: StartedApi;
  let app: ApiClient;
  let anna: ActorRow;

  before(async () => {
    api = await startApi();
    app = await api.client("blog");
    anna = await storePerson(api.site, "anna");
  });
  after(() => api.close());

  const sent = async (type: string): Promise<Record<string, unknown>[]> =>
    (await api.site.models.activities.find({ type }).sort({ _id: 1 }).lean<ActivityRow[]>()).map(
      (row) => JSON.parse(row.body) as Record<string, unknown>,
    );

  for (const [one, other, flag, count] of [
    ["favourite", "unfavourite", "favourited", "favourites_count"],
    ["bookmark", "unbookmark", "bookmarked", undefined],
    ["mute", "unmute", "muted", undefined],
  ] as const) {
    it(`${one} and ${other} answer the status as it is then, however often`, async () => {
      const { _id } = await storePost(api.site, anna);
      for (const [verb, is] of [
        [one, true],
        [one, true],
        [other, false],
        [other, false],
      ] as const) {
        const { body } = await app.post(`/api/v1/statuses/${_id}/${verb}`);
        assert.equal(body[flag], is);
        if (count !== undefined) assert.equal(body[count], Number(is));
      }
    });
  }

  it("reblog answers a boost with an id of its own, the same when repeated; unreblog the original", async () => {
    const { _id } = await storePost(api.site, anna);
    const { body } = await app.post(`/api/v1/statuses/${_id}/reblog`, { visibility: "private" });
    assert.equal(body.reblog.id, String(_id));
    assert.notEqual(body.id, String(_id));
    assert.deepEqual(
      [body.visibility, body.reblog.reblogged, body.reblog.reblogs_count],
      ["private", true, 1],
    );
    assert.equal((await app.post(`/api/v1/statuses/${_id}/reblog`)).body.id, body.id);
    // An action on the boost is one on what it boosts.
    assert.equal((await app.post(`/api/v1/statuses/${body.id}/favourite`)).body.id, String(_id));
    const { body: original } = await app.post(`/api/v1/statuses/${_id}/unreblog`);
    assert.deepEqual([original.id, original.reblogged, original.reblogs_count], [String(_id), false, 0]);
  });

  it("a post for followers cannot be boosted, one that may not be seen not even named", async () => {
    const mine = (await app.post("/api/v1/statuses", { status: "x", visibility: "direct" })).body
      .id as string;
    await app.post(`/api/v1/statuses/${mine}/reblog`, {}, { expect: 422 });
    const hidden = await storePost(api.site, anna, { visibility: "followers" });
    for (const verb of [
      "reblog",
      "favourite",
      "bookmark",
      "mute",
      "pin",
      "unreblog",
      "unfavourite",
      "unbookmark",
      "unmute",
      "unpin",
    ])
      for (const id of [String(hidden._id), "12", "nonsense"])
        await app.post(`/api/v1/statuses/${id}/${verb}`, {}, { expect: 404 });
  });

  it("needs the scope of each", async () => {
    const { _id } = await storePost(api.site, anna);
    const writer = await api.client("blog", "read write:statuses");
    for (const verb of ["favourite", "bookmark", "mute", "pin"])
      await writer.post(`/api/v1/statuses/${_id}/${verb}`, {}, { expect: 403 });
    await api.stranger().post(`/api/v1/statuses/${_id}/favourite`, {}, { expect: 401 });
  });

  it("a pin stands in the featured collection, and followers hear of it", async () => {
    const { body } = await app.post("/api/v1/statuses", { status: "my best" });
    assert.equal((await app.post(`/api/v1/statuses/${body.id}/pin`)).body.pinned, true);
    await app.post(`/api/v1/statuses/${body.id}/pin`);
    const featured = `${api.origin}/ap/accounts/blog/featured`;
    const collection = async (): Promise<{ totalItems: number; orderedItems: { id: string }[] }> => {
      const answer = await fetch(featured, { headers: { accept: "application/activity+json" } });
      return (await answer.json()) as { totalItems: number; orderedItems: { id: string }[] };
    };
    const list = await collection();
    assert.deepEqual(
      list.orderedItems.map((item) => item.id),
      [body.uri],
    );
    const added = await sent("Add");
    assert.equal(added.length, 1);
    assert.deepEqual([added[0]?.["object"], added[0]?.["target"]], [body.uri, featured]);
    assert.equal((await app.post(`/api/v1/statuses/${body.id}/unpin`)).body.pinned, false);
    assert.equal((await collection()).totalItems, 0);
    assert.equal((await sent("Remove"))[0]?.["target"], featured);
  });

  it("five posts can be pinned, of one's own only, neither boosts nor private ones", async () => {
    const ids: string[] = [];
    for (let at = 0; at < 6; at += 1)
      ids.push((await app.post("/api/v1/statuses", { status: `pin ${at}` })).body.id as string);
    for (const id of ids.slice(0, 5)) await app.post(`/api/v1/statuses/${id}/pin`);
    const { body } = await app.post(`/api/v1/statuses/${ids[5]}/pin`, {}, { expect: 422 });
    assert.match(body.error, /maximum number/);
    await app.delete(`/api/v1/statuses/${ids[0]}`);
    await app.post(`/api/v1/statuses/${ids[5]}/pin`);
    const other = await storePost(api.site, anna);
    const boosted = (await app.post(`/api/v1/statuses/${other._id}/reblog`)).body.id as string;
    const direct = (await app.post("/api/v1/statuses", { status: "x", visibility: "direct" })).body
      .id as string;
    for (const id of [String(other._id), boosted, direct])
      await app.post(`/api/v1/statuses/${id}/pin`, {}, { expect: 422 });
  });

  it("a followers-only pin is nobody else's business", async () => {
    await api.site.models.posts.updateMany({}, { $unset: { pinnedAt: 1 } });
    const before = (await sent("Add")).length;
    const { body } = await app.post("/api/v1/statuses", { status: "for few", visibility: "private" });
    await app.post(`/api/v1/statuses/${body.id}/pin`);
    assert.equal((await sent("Add")).length, before);
    const answer = await fetch(`${api.origin}/ap/accounts/blog/featured`, {
      headers: { accept: "application/activity+json" },
    });
    assert.doesNotMatch(await answer.text(), /for few/);
  });

  it("who may quote a post can be changed, and others are told", async () => {
    const { body } = await app.post("/api/v1/statuses", { status: "mine" });
    const { body: closed } = await app.put(`/api/v1/statuses/${body.id}/interaction_policy`, {
      quote_approval_policy: "nobody",
    });
    assert.deepEqual(closed.quote_approval.automatic, []);
    assert.equal(closed.edited_at, null);
    const answer = await fetch(body.uri, { headers: { accept: "application/activity+json" } });
    const document = (await answer.json()) as {
      interactionPolicy: { canQuote: { automaticApproval: string[] } };
    };
    assert.deepEqual(document.interactionPolicy.canQuote.automaticApproval, [
      `${api.origin}/ap/accounts/blog`,
    ]);
    await app.put(
      `/api/v1/statuses/${body.id}/interaction_policy`,
      { quote_approval_policy: "friends" },
      { expect: 422 },
    );
    const other = await storePost(api.site, anna);
    await app.put(
      `/api/v1/statuses/${other._id}/interaction_policy`,
      { quote_approval_policy: "nobody" },
      { expect: 404 },
    );
  });

  it("there is no translation", async () => {
    const { _id } = await storePost(api.site, anna);
    await app.post(`/api/v1/statuses/${_id}/translate`, { lang: "de" }, { expect: 404 });
  });
});
