import assert from "node:assert/strict";
import type { ActivityRow, ActorRow, PostRow } from "../../src/database/rows.ts";
import { placeInTimelines } from "../../src/domain/fill-timelines.ts";
import { publishPost } from "../../src/domain/posts.ts";
import { storePerson } from "../support/people.ts";
import { storeFollow, storePost } from "./support/stored.ts";
import type { ApiClient } from "./support/api-client.ts";
import { startApi, type StartedApi } from "./support/start-api.ts";

type Json = Record<string, unknown>;

describe("hashtags, reports and what else apps ask about others", () => {
  let api: StartedApi;
  let blog: ActorRow;
  let ada: ActorRow;
  let client: ApiClient;

  before(async () => {
    api = await startApi({
      accounts: [{ username: "blog" }, { username: "guest" }],
      api: { requestsPer5Minutes: 100_000 },
    });
    blog = await api.account();
    client = await api.client();
    ada = await storePerson(api.site, "ada");
  });
  after(() => api.close());
  beforeEach(async () => {
    await api.site.models.tagRelations.deleteMany({});
    await api.site.models.activities.deleteMany({});
  });

  const names = (body: unknown): unknown[] => (body as Json[]).map((one) => one.name);
  const home = async (): Promise<unknown[]> =>
    ((await client.get("/api/v1/timelines/home")).body as Json[]).map((one) => one.id);
  const arrives = async (more: Partial<PostRow>): Promise<string> => {
    const post = await storePost(api.site, ada, more);
    await placeInTimelines(api.site, post);
    return String(post._id);
  };

  describe("followed", () => {
    it("bring home what strangers tag, and take it along when they are left", async () => {
      const { body } = await client.post("/api/v1/tags/Brötchen/follow");
      assert.deepEqual([body.name, body.following], ["Brötchen", true]);
      await client.post("/api/v1/tags/rye/follow");
      const both = await arrives({ hashtags: ["BRÖTCHEN", "rye"] });
      const one = await arrives({ hashtags: ["brötchen"] });
      assert.deepEqual(await home(), [one, both]);
      assert.deepEqual(names((await client.get("/api/v1/followed_tags")).body), ["rye", "Brötchen"]);
      const left = await client.post("/api/v1/tags/br%C3%B6tchen/unfollow");
      assert.equal(left.body.following, false);
      assert.deepEqual(await home(), [both]);
      await client.post("/api/v1/tags/rye/unfollow");
      assert.deepEqual(await home(), []);
    });

    it("leave at home what is there for another reason", async () => {
      await client.post("/api/v1/tags/rye/follow");
      await storeFollow(api.site, blog, ada);
      const post = await arrives({ hashtags: ["rye"] });
      await client.post("/api/v1/tags/rye/unfollow");
      assert.deepEqual(await home(), [post]);
      await client.post(`/api/v1/accounts/${ada._id}/unfollow`);
    });

    it("are there once however often they are asked for, and listed to the end", async () => {
      for (const name of ["one", "two", "three", "ONE", "#two".replace("#", "%23")])
        await client.post(`/api/v1/tags/${name}/follow`);
      const pages = await client.pages("/api/v1/followed_tags", { limit: 2 });
      assert.deepEqual(
        pages.flatMap((page) => names(page.body)),
        ["three", "two", "one"],
      );
    });

    it("must be tags", async () => {
      for (const name of ["2024", "%20", "two%20words", "x".repeat(101), "%3Cb%3E"])
        await client.post(`/api/v1/tags/${name}/follow`, {}, { expect: 404 });
      await (await api.client("blog", "read")).post("/api/v1/tags/rye/follow", {}, { expect: 403 });
    });
  });

  describe("on the profile", () => {
    it("are featured, counted, listed for everybody and in ActivityPub, and taken off", async () => {
      await publishPost(api.site, { text: "Rye again #Rye", author: "blog" });
      const { body } = await client.post("/api/v1/featured_tags", { name: "Rye" });
      assert.deepEqual([body.name, body.statuses_count], ["Rye", "1"]);
      await client.post("/api/v1/featured_tags", { name: "#rye" }, { expect: 422 });
      assert.equal((await client.get("/api/v1/tags/rye")).body.featuring, true);
      assert.deepEqual(names((await client.get("/api/v1/featured_tags", { limit: 80 })).body), ["Rye"]);
      const shown = await api.stranger().get(`/api/v1/accounts/${blog._id}/featured_tags`);
      assert.deepEqual(names(shown.body), ["Rye"]);
      const answer = await fetch(`${api.origin}/ap/accounts/blog/tags`, {
        headers: { accept: "application/activity+json" },
      });
      const collection = (await answer.json()) as { items: Json[] };
      assert.deepEqual(collection.items, [
        { type: "Hashtag", href: `${api.site.urls.origin}/tags/rye`, name: "#Rye" },
      ]);
      assert.deepEqual((await client.delete(`/api/v1/featured_tags/${body.id}`)).body, {});
      await client.delete(`/api/v1/featured_tags/${body.id}`, {}, { expect: 404 });
    });

    it("come and go before the eyes of followers, in the words that Mastodon reads", async () => {
      const { body } = await client.post("/api/v1/featured_tags", { name: "Millet" });
      await client.post("/api/v1/tags/millet/feature");
      await client.delete(`/api/v1/featured_tags/${body.id}`);
      await client.post("/api/v1/tags/millet/unfeature");
      await client.post("/api/v1/tags/Millet/feature");
      await client.post("/api/v1/tags/millet/unfeature");
      const rows = await api.site.models.activities.find({}).sort({ _id: 1 }).lean<ActivityRow[]>();
      const told = rows.map((row) => JSON.parse(row.body) as Json);
      assert.deepEqual(
        told.map(({ type }) => type),
        ["Add", "Remove", "Add", "Remove"],
      );
      const object = { type: "Hashtag", href: `${api.origin}/tags/millet`, name: "#Millet" };
      assert.deepEqual(
        [told[0]?.object, told[0]?.target, told[0]?.actor],
        [object, `${blog.uri}/featured`, blog.uri],
      );
      assert.deepEqual(told[1]?.object, object);
      assert.ok(rows.every((row) => row.toFollowers && row.public));
    });

    it("by the newer methods bear being repeated, up to ten", async () => {
      assert.equal((await client.post("/api/v1/tags/oat/feature")).body.featuring, true);
      await client.post("/api/v1/tags/oat/feature");
      for (let at = 1; at < 10; at += 1) await client.post(`/api/v1/tags/tag${at}/feature`);
      await client.post("/api/v1/tags/eleventh/feature", {}, { expect: 422 });
      assert.equal((await client.post("/api/v1/tags/oat/unfeature")).body.featuring, false);
      await client.post("/api/v1/featured_tags", { name: "" }, { expect: 422 });
      await client.post("/api/v1/featured_tags", { name: "2024" }, { expect: 422 });
    });

    it("are suggested from what one writes, without those that are there", async () => {
      for (const text of ["#spelt", "#spelt again", "#barley"])
        await publishPost(api.site, { text, author: "blog" });
      await client.post("/api/v1/tags/barley/feature");
      const suggested = names((await client.get("/api/v1/featured_tags/suggestions")).body);
      assert.equal(suggested[0], "spelt");
      assert.equal(suggested.includes("barley"), false);
    });
  });

  describe("reports", () => {
    const report = (more: Json = {}, expect = 200) =>
      client.post("/api/v1/reports", { account_id: String(ada._id), ...more }, { expect });

    it("are kept with the posts of that account alone, and tell nobody", async () => {
      const mine = await publishPost(api.site, { text: "mine", author: "blog" });
      const post = await storePost(api.site, ada);
      const { body } = await report({
        status_ids: [String(post._id), String(mine._id), "1"],
        comment: "spam & <b>ham</b>",
        category: "spam",
      });
      assert.deepEqual(body.status_ids, [String(post._id)]);
      assert.deepEqual(
        [body.category, body.forwarded, body.comment, body.target_account.id],
        ["spam", false, "spam & <b>ham</b>", String(ada._id)],
      );
      assert.equal(await api.site.models.activities.countDocuments({}), 0);
    });

    it("go to their server in the name of the site if that is wished", async () => {
      const post = await storePost(api.site, ada);
      const { body } = await client.post(
        "/api/v1/reports",
        { account_id: ada._id, "status_ids[]": post._id, comment: "rude", forward: true },
        { as: "query" },
      );
      assert.equal(body.forwarded, true);
      const [row] = await api.site.models.activities.find({}).lean<ActivityRow[]>();
      const flag = JSON.parse(row?.body ?? "{}") as Json;
      assert.deepEqual(
        [flag.type, flag.actor, flag.object, flag.content],
        ["Flag", api.site.urls.siteActor, [ada.uri, post.uri], "rude"],
      );
      assert.deepEqual(row?.inboxes, [ada.sharedInbox]);
      assert.equal(row?.body.includes(blog.uri), false);
    });

    it("of an account of this site are not sent anywhere", async () => {
      const guest = await api.account("guest");
      assert.equal((await report({ account_id: guest._id, forward: true })).body.forwarded, false);
    });

    it("are refused for nobody, oneself, endless comments and unknown categories", async () => {
      await report({ account_id: "1" }, 404);
      await client.post("/api/v1/reports", {}, { expect: 404 });
      await report({ account_id: String(blog._id) }, 422);
      await report({ comment: "x".repeat(1001) }, 422);
      await report({ category: "boring" }, 422);
      await (await api.client("blog", "read")).post("/api/v1/reports", {}, { expect: 403 });
    });
  });

  describe("suggestions", () => {
    it("are people whom friends follow, until they are waved away", async () => {
      const eve = await storePerson(api.site, "eve");
      const fay = await storePerson(api.site, "fay");
      const guest = await api.account("guest");
      assert.deepEqual((await client.get("/api/v2/suggestions")).body, []);
      await client.post(`/api/v1/accounts/${guest._id}/follow`);
      for (const one of [eve, fay, blog]) await storeFollow(api.site, guest, one);
      const suggested = async (): Promise<unknown[]> =>
        ((await client.get("/api/v1/suggestions")).body as Json[]).map((one) => one.id);
      assert.deepEqual(await suggested(), [String(eve._id), String(fay._id)]);
      assert.deepEqual((await client.get("/api/v2/suggestions", { limit: 1, offset: 1 })).body[0].sources, [
        "friends_of_friends",
      ]);
      assert.deepEqual((await client.delete(`/api/v1/suggestions/${eve._id}`)).body, {});
      await client.delete("/api/v1/suggestions/1", {}, { expect: 404 });
      await client.post(`/api/v1/accounts/${fay._id}/mute`);
      assert.deepEqual(await suggested(), []);
      assert.deepEqual((await client.get("/api/v1/directory")).body, []);
    });
  });

  describe("oembed", () => {
    it("shows a post of ours by its page, as text", async () => {
      const post = await publishPost(api.site, { text: '5 < 6 & "so" on', author: "blog" });
      const { body } = await api.stranger().get("/api/oembed", { url: post.url, maxwidth: 300 });
      assert.deepEqual([body.type, body.width, body.provider_url], ["rich", 300, api.site.urls.origin]);
      assert.ok(body.html.includes("5 &lt; 6 &amp;"));
      assert.ok(body.html.includes(`cite="${post.url}"`));
      assert.equal(/<(script|iframe)/.test(body.html), false);
    });

    it("shows nothing of others, of followers only, or of nothing", async () => {
      const closed = await publishPost(api.site, { text: "hush", author: "blog", visibility: "followers" });
      const theirs = await storePost(api.site, ada);
      for (const url of [closed.url, theirs.url, "nonsense", ""])
        await api.stranger().get("/api/oembed", { url }, { expect: 404 });
    });
  });
});
