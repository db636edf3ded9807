import assert from "node:assert/strict";
import { insertRow } from "../../../src/database/native.ts";
import type { ActorRow, TagRelationRow } from "../../../src/database/rows.ts";
import { publishPost } from "../../../src/domain/posts.ts";
import { startRemote, type FakeRemote } from "../../support/fake-remote.ts";
import { storePerson } from "../../support/people.ts";
import type { Answer, ApiClient } from "../support/api-client.ts";
import { startApi, type StartedApi } from "../support/start-api.ts";
import { storeFollow, storeNotification, storePost } from "../support/stored.ts";

const names = (answer: Answer): string[] =>
  answer.body.accounts.map((account: { acct: string }) => account.acct);
const idsOf = (answer: Answer): string[] => answer.body.statuses.map((status: { id: string }) => status.id);
const tagsOf = (answer: Answer): string[] => answer.body.hashtags.map((tag: { name: string }) => tag.name);

describe("searching", () => {
  let api: StartedApi;
  let remote: FakeRemote;
  let owner: ActorRow;
  let anna: ActorRow;
  let app: ApiClient;
  let stranger: ApiClient;
  before(async () => {
    remote = await startRemote({ host: "127.0.0.6" });
    api = await startApi({ api: { requestsPer5Minutes: 100_000 } });
    owner = await api.account();
    anna = await storePerson(api.site, "anna", { name: "Anna Baker (she.her)" });
    app = await api.client();
    stranger = api.stranger();
  });
  after(async () => {
    await api.close();
    await remote.close();
  });

  const search = (q: string, parameters: object = {}, by = app): Promise<Answer> =>
    by.get("/api/v2/search", { q, ...parameters });

  it("answers three lists, whatever was asked", async () => {
    for (const q of [
      "",
      " ",
      "@",
      "#",
      "@@@",
      "a".repeat(5000),
      "\u0000",
      "$where",
      ".*+?^${}()|[]\\",
      "from:",
    ]) {
      const { body } = await search(q);
      for (const list of ["accounts", "statuses", "hashtags"]) assert.ok(Array.isArray(body[list]), q);
    }
  });

  describe("for accounts", () => {
    it("finds the beginning of a handle, and words of names of one's own and followed people", async () => {
      assert.deepEqual(names(await search("ann")), ["anna@remote.example"]);
      assert.deepEqual(names(await search("@anna@remote.example")), ["anna@remote.example"]);
      assert.deepEqual(names(await search("@ANNA")), ["anna@remote.example"]);
      assert.deepEqual(names(await search("baker")), []);
      await storeFollow(api.site, owner, anna);
      assert.deepEqual(names(await search("baker anna")), ["anna@remote.example"]);
      assert.deepEqual(names(await search("(she.her)")), ["anna@remote.example"]);
      assert.deepEqual(names(await search("the blog")), ["blog"]);
      assert.deepEqual(names(await search(`@blog@${api.site.urls.host}`)), ["blog"]);
    });

    it("puts people followed first, and finds only them where that is wanted", async () => {
      const annalise = await storePerson(api.site, "aaanna", { handle: "anna.a@remote.example" });
      assert.equal(names(await search("anna"))[0], "anna@remote.example");
      assert.equal(names(await search("anna")).length, 2);
      assert.deepEqual(names(await search("anna", { following: true })), ["anna@remote.example"]);
      assert.equal(names(await search("anna", { limit: 1 })).length, 1);
      assert.equal(names(await search("anna", { offset: 1 })).length, 1);
      assert.ok(annalise._id > 0);
    });

    it("answers those who type a mention", async () => {
      const { body } = await app.get("/api/v1/accounts/search", { q: "an", limit: 1 });
      assert.equal(body[0].acct, "anna@remote.example");
      for (const q of ["", "a\0n", "an\0"])
        assert.deepEqual((await app.get("/api/v1/accounts/search", { q })).body, []);
      await stranger.get("/api/v1/accounts/search", { q: "an" }, { expect: 401 });
    });
  });

  describe("for what is elsewhere", () => {
    it("asks the other server where it is told to: handles, profiles, posts by id and by page", async () => {
      const carl = remote.character("carl");
      assert.deepEqual(names(await search(`@${carl.handle}`)), []);
      assert.deepEqual(names(await search(`@${carl.handle}`, { resolve: true })), [carl.handle]);
      const dora = remote.character("dora");
      assert.deepEqual(names(await search(dora.uri, { resolve: "true" })), [dora.handle]);
      const eve = remote.character("eve");
      assert.deepEqual(names(await search(`${remote.origin}/@eve`, { resolve: 1 })), [eve.handle]);

      const note = carl.note("Rye elsewhere") as { id: string; url: string };
      assert.deepEqual(idsOf(await search(note.id)), []);
      const [id] = idsOf(await search(note.id, { resolve: true }));
      assert.ok(id);
      const { body } = await app.get(`/api/v1/statuses/${id}`);
      assert.equal(body.content, "<p>Rye elsewhere</p>");
      assert.deepEqual(idsOf(await search(note.url)), [id]);
    });

    it("finds nothing where the other server tells nothing, and does not fail", async () => {
      for (const q of [
        `${remote.origin}/nothing`,
        `@nobody@${remote.host}`,
        "https://127.0.0.1:1/post",
        "@x@127.0.0.1:1",
      ]) {
        const { body } = await search(q, { resolve: true });
        assert.deepEqual([body.accounts, body.statuses], [[], []], q);
      }
    });

    it("asks nobody for a stranger, who may not page either", async () => {
      const asked = remote.requests.length;
      await search(`${remote.origin}/users/frank`, { resolve: true }, stranger).then(
        () => assert.fail("a stranger made us ask"),
        (error: unknown) => assert.match(String(error), /401/),
      );
      await stranger.get("/api/v2/search", { q: "anna", offset: 20 }, { expect: 401 });
      assert.equal(remote.requests.length, asked);
      assert.ok(names(await search("anna", {}, stranger)).includes("anna@remote.example"));
    });
  });

  describe("for statuses", () => {
    it("finds posts of one's own and those one has to do with, by all words; not what strangers say", async () => {
      const own = await publishPost(api.site, { markdown: "Sourdough with **walnuts**" });
      const liked = await storePost(api.site, anna, { content: "<p>sourdough, walnuts</p>" });
      const toMe = await storePost(api.site, anna, { content: "<p>Walnuts in sourdough?</p>" });
      await storePost(api.site, anna, { content: "<p>sourdough walnuts, to nobody</p>" });
      await insertRow(api.site.models.interactions, {
        _id: 5,
        kind: "like",
        actor: owner._id,
        post: liked._id,
        uri: "https://remote.example/l",
        createdAt: new Date(),
      });
      await storeNotification(api.site, owner, anna, "mention", { post: toMe._id });
      const wanted = [own, toMe, liked].map((row) => String(row._id));
      assert.deepEqual(idsOf(await search("WALNUTS sourdough")), wanted);
      assert.deepEqual(idsOf(await search("sourdough rye")), []);
      assert.deepEqual(idsOf(await search("sourdough from:me")), wanted.slice(0, 1));
      assert.deepEqual(idsOf(await search("from:@anna@remote.example walnuts")), wanted.slice(1));
      assert.deepEqual(idsOf(await search("walnuts", { account_id: anna._id })), wanted.slice(1));
      assert.deepEqual(idsOf(await search("walnuts", { limit: 1, offset: 1 })), wanted.slice(1, 2));
      assert.deepEqual(idsOf(await search("walnuts", { max_id: own._id })), wanted.slice(1));
      assert.deepEqual(idsOf(await search("walnuts", {}, stranger)), []);
    });

    it("finds a post by its address, in any spelling, if one may see it", async () => {
      const post = await publishPost(api.site, {
        url: `${api.origin}/posts/one`,
        title: "One",
        html: "<p>1</p>",
      });
      for (const q of [post.uri, post.url, `${post.url}/?utm_source=x#comments`])
        assert.deepEqual(idsOf(await search(q, {}, stranger)), [String(post._id)], q);
      const secret = await storePost(api.site, anna, { visibility: "direct" });
      assert.deepEqual(idsOf(await search(secret.uri)), []);
    });
  });

  describe("for hashtags", () => {
    it("finds names by their beginning, the whole word first, with a week's history", async () => {
      for (const hashtags of [["Ryebread"], ["Ryebread", "Rye"], ["ryelands"]])
        await storePost(api.site, anna, { hashtags, publishedAt: new Date() });
      await storePost(api.site, anna, { hashtags: ["ryesecret"], visibility: "direct" });
      assert.deepEqual(tagsOf(await search("#rye")), ["rye", "ryebread", "ryelands"]);
      const { body } = await search("ryebread", { type: "hashtags" });
      assert.deepEqual([body.accounts, body.statuses], [[], []]);
      assert.equal(body.hashtags[0].history.length, 7);
      assert.equal(body.hashtags[0].history[0].uses, "2");
      assert.equal(body.hashtags[0].history[0].accounts, "1");
      assert.equal(body.hashtags[0].following, false);
      assert.deepEqual(tagsOf(await search("#NeverUsed")), ["neverused"]);
      assert.deepEqual((await app.get("/api/v1/search", { q: "ryebread" })).body.hashtags, ["ryebread"]);
    });

    it("gives a tag that nobody has used, too, with and without a slash at the end", async () => {
      await insertRow<TagRelationRow>(api.site.models.tagRelations, {
        _id: 9,
        owner: owner._id,
        kind: "follow",
        tag: "spelt",
        name: "Spelt",
        createdAt: new Date(),
      });
      for (const path of ["/api/v1/tags/Spelt", "/api/v1/tags/spelt/"]) {
        const { body } = await app.get(path);
        assert.equal(body.following, true, path);
        assert.equal(body.history.length, 7);
        assert.ok(!("following" in (await stranger.get(path)).body));
      }
      await app.get("/api/v1/tags/%3F%3F", {}, { expect: 404 });
    });
  });
});
