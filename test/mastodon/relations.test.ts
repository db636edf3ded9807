import assert from "node:assert/strict";
import type { ActivityRow, ActorRow } from "../../src/database/rows.ts";
import { drainDomainBlocks } from "../../src/domain/domain-blocks.ts";
import { receiveAccept } from "../../src/domain/following.ts";
import { receiveFollow } from "../../src/domain/follows.ts";
import { storePerson } from "../support/people.ts";
import { placeAtHome, storeFollow, storeNotification, storePost } from "./support/stored.ts";
import type { ApiClient } from "./support/api-client.ts";
import { startApi, type StartedApi } from "./support/start-api.ts";

type Json = Record<string, unknown>;

describe("what an account decides about others", () => {
  let api: StartedApi;
  let blog: ActorRow;
  let guest: ActorRow;
  let ada: ActorRow;
  let client: ApiClient;
  let people = 0;

  before(async () => {
    api = await startApi({
      accounts: [{ username: "blog" }, { username: "guest" }],
      api: { requestsPer5Minutes: 100_000 },
    });
    blog = await api.account();
    guest = await api.account("guest");
    client = await api.client();
  });
  after(() => api.close());
  beforeEach(async () => {
    ada = await storePerson(api.site, `ada${(people += 1)}`);
    await api.site.models.activities.deleteMany({});
  });

  const path = (name: string, person = ada): string => `/api/v1/accounts/${person._id}/${name}`;
  const sent = async (): Promise<Json[]> =>
    (await api.site.models.activities.find({}).sort({ _id: 1 }).lean<ActivityRow[]>()).map(
      (row) => JSON.parse(row.body) as Json,
    );
  const types = async (): Promise<unknown[]> => (await sent()).map((activity) => activity.type).sort();
  const relationship = async (person = ada): Promise<Json> =>
    (await client.get("/api/v1/accounts/relationships", { id: [person._id] })).body[0] as Json;
  const followed = async (person = ada): Promise<void> => {
    await client.post(path("follow", person));
    await receiveAccept(api.site, person, { followerUri: blog.uri });
    await api.site.models.activities.deleteMany({});
  };

  describe("following", () => {
    it("somebody elsewhere waits for their answer, and shows how", async () => {
      const { body } = await client.post(path("follow"), { reblogs: false, notify: true, languages: ["de"] });
      assert.deepEqual(
        [body.following, body.requested, body.showing_reblogs, body.notifying, body.languages],
        [false, true, false, true, ["de"]],
      );
      assert.deepEqual(await types(), ["Follow"]);
    });

    it("again changes only what is said, in the query as in the body", async () => {
      await followed();
      await client.post(path("follow"), { notify: 1 }, { as: "query" });
      const { body } = await client.post(path("follow"), { reblogs: "false", languages: ["en-GB", "???"] });
      assert.deepEqual(
        [body.following, body.notifying, body.showing_reblogs, body.languages],
        [true, true, false, ["en"]],
      );
      assert.deepEqual(await types(), []);
    });

    it("takes a pending request back, and bears being asked twice", async () => {
      await client.post(path("follow"));
      const { body } = await client.post(path("unfollow"));
      assert.deepEqual([body.following, body.requested], [false, false]);
      await client.post(path("unfollow"));
      assert.deepEqual(await types(), ["Follow", "Undo"]);
    });

    it("is refused for oneself, for nobody and for who is gone or blocked", async () => {
      await client.post(path("follow", blog), {}, { expect: 403 });
      await client.post("/api/v1/accounts/1/follow", {}, { expect: 404 });
      await client.post("/api/v1/accounts/nobody/follow", {}, { expect: 404 });
      const gone = await storePerson(api.site, `gone${people}`, { goneAt: new Date() });
      await client.post(path("follow", gone), {}, { expect: 404 });
      await client.post(path("block"));
      await client.post(path("follow"), {}, { expect: 403 });
      await client.post(path("unblock"));
    });

    it("needs a scope for it, and a person", async () => {
      const reader = await api.client("blog", "read");
      const { body } = await reader.post(path("follow"), {}, { expect: 403 });
      assert.equal(body.error, "This action is outside the authorized scopes");
      await reader.post(path("block"), {}, { expect: 403 });
      await api.stranger().post(path("follow"), {}, { expect: 401 });
      await (await api.client("blog", "follow")).post(path("follow"));
      await (await api.client("blog", "write:blocks")).post(path("follow"), {}, { expect: 403 });
    });
  });

  describe("blocking", () => {
    it("ends follows both ways, empties what they left, and tells their server", async () => {
      await followed();
      await receiveFollow(api.site, ada, blog.uri, `${ada.uri}#follow`);
      const post = await storePost(api.site, ada);
      await placeAtHome(api.site, blog, [post]);
      await storeNotification(api.site, blog, ada, "mention", { post: post._id });
      await api.site.models.activities.deleteMany({});

      const { body } = await client.post(path("block"));
      assert.deepEqual([body.blocking, body.following, body.followed_by], [true, false, false]);
      assert.deepEqual(await types(), ["Block", "Reject", "Undo"]);
      assert.deepEqual((await client.get("/api/v1/timelines/home")).body, []);
      const left = (await client.get("/api/v1/notifications", { account_id: ada._id })).body as unknown[];
      assert.deepEqual(left, []);
      const block = (await sent()).find((activity) => activity.type === "Block");
      assert.deepEqual([block?.object, block?.to], [ada.uri, [ada.uri]]);
    });

    it("twice sends one Block, and the Undo names it", async () => {
      await client.post(path("block"));
      await client.post(path("block"));
      const { body } = await client.post(path("unblock"));
      await client.post(path("unblock"));
      assert.equal(body.blocking, false);
      const [block, undo] = await sent();
      assert.deepEqual(await types(), ["Block", "Undo"]);
      assert.equal((undo?.object as Json).id, block?.id);
    });

    it("keeps out who asks to follow again", async () => {
      await client.post(path("block"));
      await api.site.models.activities.deleteMany({});
      const outcome = await receiveFollow(api.site, ada, blog.uri, `${ada.uri}#again`);
      assert.equal(outcome.done, false);
      assert.deepEqual(await types(), ["Reject"]);
      assert.equal((await relationship()).followed_by, false);
    });

    it("between two accounts of the site is felt at once and sends nothing", async () => {
      await client.post(path("follow", guest));
      await client.post(path("block", guest));
      const other = await api.client("guest");
      const seen = async (): Promise<Json> =>
        (await other.get("/api/v1/accounts/relationships", { id: blog._id })).body[0] as Json;
      assert.deepEqual([(await seen()).blocked_by, (await seen()).followed_by], [true, false]);
      await other.post(path("follow", blog), {}, { expect: 403 });
      await client.post(path("unblock", guest));
      assert.equal((await seen()).blocked_by, false);
      assert.deepEqual(await sent(), []);
      assert.deepEqual(
        [(await api.account("guest")).followersCount, (await api.account("blog")).followingCount < 0],
        [0, false],
      );
    });

    it("oneself does nothing", async () => {
      assert.equal((await client.post(path("block", blog))).body.blocking, false);
      assert.equal((await client.post(path("mute", blog))).body.muting, false);
    });

    it("lists them page by page to the end", async () => {
      await api.site.models.relations.deleteMany({});
      const names: string[] = [];
      for (let at = 0; at < 5; at += 1) {
        const person = await storePerson(api.site, `blocked${at}`);
        await client.post(path("block", person));
        names.unshift(String(person._id));
      }
      const pages = await client.pages("/api/v1/blocks", { limit: 2 });
      const ids = pages.flatMap((page) => (page.body as { id: string }[]).map((one) => one.id));
      assert.deepEqual(ids, names);
      assert.match(pages[0]?.link.prev ?? "", /since_id=/);
      assert.equal((await client.get("/api/v1/blocks", { limit: "-9999999999999999999" })).body.length, 1);
    });
  });

  describe("muting", () => {
    it("covers notifications unless told otherwise, and empties the home timeline", async () => {
      await followed();
      await placeAtHome(api.site, blog, [await storePost(api.site, ada)]);
      const { body } = await client.post(path("mute"));
      assert.deepEqual(
        [body.muting, body.muting_notifications, body.muting_expires_at, body.following],
        [true, true, null, true],
      );
      assert.deepEqual((await client.get("/api/v1/timelines/home")).body, []);
      const again = await client.post(path("mute"), { notifications: false }, { as: "form" });
      assert.equal(again.body.muting_notifications, false);
      assert.deepEqual(await types(), []);
    });

    it("taken back brings what is stored home again", async () => {
      await followed();
      const post = await storePost(api.site, ada);
      await client.post(path("mute"));
      assert.equal((await client.post(path("unmute"))).body.muting, false);
      const home = (await client.get("/api/v1/timelines/home")).body as { id: string }[];
      assert.deepEqual(
        home.map((one) => one.id),
        [String(post._id)],
      );
      await client.post(path("unmute"));
      await client.post(path("unfollow"));
    });

    it("for a while ends by itself, and is listed with its end until then", async () => {
      await api.site.models.relations.deleteMany({});
      await client.post(path("mute"), { duration: 3600 });
      const [muted] = (await client.get("/api/v1/mutes")).body as Json[];
      assert.match(String(muted?.mute_expires_at), /^\d{4}-.*\.\d{3}Z$/);
      await api.site.models.relations.updateOne({ target: ada._id }, { $set: { until: new Date(0) } });
      assert.deepEqual((await client.get("/api/v1/mutes")).body, []);
      assert.equal((await relationship()).muting, false);
    });

    it("takes nonsense for no duration, and a huge one for the longest", async () => {
      assert.equal((await client.post(path("mute"), { duration: "soon" })).body.muting_expires_at, null);
      assert.equal((await client.post(path("mute"), { duration: -5 })).body.muting_expires_at, null);
      const { body } = await client.post(path("mute"), { duration: "99999999999999999999" });
      assert.match(body.muting_expires_at, /^21\d\d-/);
      const [muted] = (await client.get("/api/v1/mutes", { limit: 1 })).body as Json[];
      assert.equal(muted?.id, String(ada._id));
    });
  });

  describe("followers", () => {
    it("who wait are listed, let in, or turned away", async () => {
      await api.site.models.actors.updateOne(
        { _id: blog._id },
        { $set: { manuallyApprovesFollowers: true } },
      );
      const ben = await storePerson(api.site, `ben${people}`);
      for (const one of [ada, ben]) await receiveFollow(api.site, one, blog.uri, `${one.uri}#follow`);
      const waiting = async (): Promise<unknown[]> =>
        ((await client.get("/api/v1/follow_requests")).body as { id: string }[]).map((one) => one.id);
      assert.deepEqual(await waiting(), [String(ben._id), String(ada._id)]);
      assert.equal((await relationship()).requested_by, true);

      const { body } = await client.post(`/api/v1/follow_requests/${ada._id}/authorize`);
      assert.equal(body.followed_by, true);
      await client.post(`/api/v1/follow_requests/${ada._id}/authorize`, {}, { expect: 404 });
      await client.post(`/api/v1/follow_requests/${ada._id}/reject`, {}, { expect: 404 });
      const rejected = await client.post(`/api/v1/follow_requests/${ben._id}/reject`);
      assert.deepEqual([rejected.body.followed_by, rejected.body.requested_by], [false, false]);
      assert.deepEqual(await types(), ["Accept", "Reject"]);
      assert.deepEqual(await waiting(), []);
      await api.site.models.actors.updateOne({ _id: blog._id }, { $unset: { manuallyApprovesFollowers: 1 } });
    });

    it("of this site who wait begin to follow when they are let in", async () => {
      await api.site.models.actors.updateOne(
        { _id: guest._id },
        { $set: { manuallyApprovesFollowers: true } },
      );
      await client.post(path("follow", guest));
      const other = await api.client("guest");
      await other.post(`/api/v1/follow_requests/${blog._id}/authorize`);
      assert.equal((await relationship(guest)).following, true);
      assert.deepEqual(await sent(), []);
      await other.post(path("remove_from_followers", blog));
      assert.equal((await relationship(guest)).following, false);
      await api.site.models.actors.updateOne(
        { _id: guest._id },
        { $unset: { manuallyApprovesFollowers: 1 } },
      );
    });

    it("are removed with a Reject, once", async () => {
      await receiveFollow(api.site, ada, blog.uri, `${ada.uri}#follow`);
      await api.site.models.activities.deleteMany({});
      assert.equal((await client.post(path("remove_from_followers"))).body.followed_by, false);
      await client.post(path("remove_from_followers"));
      assert.deepEqual(await types(), ["Reject"]);
    });
  });

  describe("notes and endorsements", () => {
    it("a note is kept, changed and taken away", async () => {
      assert.equal((await client.post(path("note"), { comment: "bakes" })).body.note, "bakes");
      assert.equal((await client.post(path("note"), { comment: "bakes well" })).body.note, "bakes well");
      assert.equal((await client.post(path("note"))).body.note, "");
      await client.post(path("note"), { comment: "x".repeat(2001) }, { expect: 422 });
    });

    it("only people followed can be endorsed, under the old names and the new", async () => {
      await client.post(path("endorse"), {}, { expect: 422 });
      await followed();
      assert.equal((await client.post(path("pin"))).body.endorsed, true);
      assert.equal((await client.post(path("endorse"))).body.endorsed, true);
      for (const at of ["/api/v1/endorsements", path("endorsements", blog)])
        assert.deepEqual(
          ((await client.get(at)).body as { id: string }[]).map((one) => one.id),
          [String(ada._id)],
        );
      assert.equal((await client.post(path("unpin"))).body.endorsed, false);
      assert.equal((await client.post(path("unendorse"))).body.endorsed, false);
    });
  });

  describe("whole servers", () => {
    it("blocked, lose their followers and are no longer followed", async () => {
      const eve = await storePerson(api.site, "eve", { host: "social.evil.example" });
      const fay = await storePerson(api.site, "fay", { host: "notevil.example" });
      for (const one of [eve, fay]) await storeFollow(api.site, one, blog);
      await followed(eve);
      const { body } = await client.post("/api/v1/domain_blocks", { domain: "Evil.Example" });
      assert.deepEqual(body, {});
      await client.post("/api/v1/domain_blocks", { domain: "evil.example" });
      const before = await relationship(eve);
      assert.deepEqual([before.domain_blocking, before.followed_by], [true, true]);
      assert.deepEqual(await sent(), []);
      await drainDomainBlocks(api.site);
      const seen = await relationship(eve);
      assert.deepEqual([seen.domain_blocking, seen.followed_by, seen.following], [true, false, false]);
      assert.equal((await relationship(fay)).followed_by, true);
      assert.deepEqual(await types(), ["Reject", "Undo"]);
      assert.deepEqual((await client.get("/api/v1/domain_blocks")).body, ["evil.example"]);
      await client.post(path("follow", eve), {}, { expect: 403 });

      assert.deepEqual(
        (await client.delete("/api/v1/domain_blocks", { domain: "evil.example" }, { as: "form" })).body,
        {},
      );
      await client.delete("/api/v1/domain_blocks", { domain: "evil.example" });
      assert.equal((await relationship(eve)).domain_blocking, false);
    });

    it("blocked, are parted from by the next process where the first has died over it", async () => {
      const gil = await storePerson(api.site, "gil", { host: "late.example" });
      await storeFollow(api.site, gil, blog);
      await client.post("/api/v1/domain_blocks", { domain: "late.example" });
      // Claimed by somebody who never came back.
      const blocks = api.site.models.domainBlocks;
      const later = new Date(Date.now() + 60_000);
      await blocks.updateOne({ domain: "late.example" }, { $set: { nextAt: later } });
      await drainDomainBlocks(api.site);
      assert.equal((await relationship(gil)).followed_by, true);
      await blocks.updateOne({ domain: "late.example" }, { $set: { nextAt: new Date(0) } });
      const ended = new AbortController();
      ended.abort();
      await drainDomainBlocks(api.site, { signal: ended.signal });
      assert.equal((await relationship(gil)).followed_by, true);
      await Promise.all([drainDomainBlocks(api.site), drainDomainBlocks(api.site)]);
      assert.equal((await relationship(gil)).followed_by, false);
      assert.deepEqual(await types(), ["Reject"]);
      assert.equal(await blocks.countDocuments({ nextAt: { $exists: true } }), 0);
    });

    it("must be servers, and others than this one", async () => {
      for (const domain of ["", "not a domain", "https://evil.example/", "x".repeat(300), api.site.urls.host])
        await client.post("/api/v1/domain_blocks", { domain }, { expect: 422 });
      await client.post("/api/v1/domain_blocks", {}, { expect: 422 });
      await client.delete("/api/v1/domain_blocks", { domain: "???" });
    });
  });
});
