import assert from "node:assert/strict";
import { insertRow } from "../../../src/database/native.ts";
import type { ActorRow, ListRow, TagRelationRow } from "../../../src/database/rows.ts";
import { snowflake } from "../../../src/support/ids.ts";
import { storePerson } from "../../support/people.ts";
import type { ApiClient } from "../support/api-client.ts";
import { startApi, type StartedApi } from "../support/start-api.ts";
import { storeBoost, storeFollow, storePost } from "../support/stored.ts";

describe("accounts for apps", () => {
  let api: StartedApi;
  let owner: ActorRow;
  let anna: ActorRow;
  let app: ApiClient;
  let stranger: ApiClient;
  before(async () => {
    api = await startApi({
      accounts: [
        {
          username: "Blog",
          name: "The Blog",
          summary: "Bread, *mostly*.",
          fields: [{ name: "Site", value: "https://bread.example" }],
        },
        { username: "second", name: "Second", type: "Service" },
      ],
      api: { requestsPer5Minutes: 100_000 },
      language: "de",
    });
    owner = await api.account("blog");
    anna = await storePerson(api.site, "anna", { lastPostAt: new Date("2026-02-03T04:05:06.789Z") });
    app = await api.client("blog");
    stranger = api.stranger();
  });
  after(() => api.close());

  it("tell an app who it is logged in as", async () => {
    const waiting = await storePerson(api.site, "waiting");
    await storeFollow(api.site, waiting, owner, "pending");
    const { body } = await app.get("/api/v1/accounts/verify_credentials");
    assert.equal(body.id, String(owner._id));
    assert.equal(body.acct, "Blog");
    assert.equal(body.display_name, "The Blog");
    assert.match(body.note, /<em>mostly<\/em>/);
    assert.equal(body.source.note, "Bread, *mostly*.");
    assert.equal(body.source.fields[0].value, "https://bread.example");
    assert.match(body.fields[0].value, /<a href/);
    assert.equal(body.source.follow_requests_count, 1);
    assert.equal(body.source.privacy, "public");
    assert.equal(body.source.language, "de");
    assert.equal(body.role.permissions, "0");
    assert.equal(body.last_status_at, null);
  });

  it("need a token that covers it, of a person", async () => {
    await stranger.get("/api/v1/accounts/verify_credentials", {}, { expect: 401 });
    const narrow = await api.client("blog", "read:statuses");
    await narrow.get("/api/v1/accounts/verify_credentials", {}, { expect: 403 });
    const profile = await api.client("blog", "profile");
    await profile.get("/api/v1/accounts/verify_credentials");
    await profile.get("/api/v1/accounts/relationships", { id: [anna._id] }, { expect: 403 });
  });

  it("are found by id, by anybody; ids of nobody and nonsense are not", async () => {
    const { body } = await stranger.get(`/api/v1/accounts/${anna._id}`);
    assert.equal(body.acct, "anna@remote.example");
    assert.equal(body.last_status_at, "2026-02-03");
    const pictures = await fetch(body.avatar);
    assert.equal(pictures.status, 200);
    assert.equal(pictures.headers.get("content-type"), "image/png");
    for (const id of [
      "1",
      "0",
      "-1",
      "9223372036854775807",
      "99999999999999999999999",
      "abc",
      "507f1f77bcf86cd799439011",
    ])
      await app.get(`/api/v1/accounts/${id}`, {}, { expect: 404 });
    const site = await api.site.models.actors.findOne({ localName: "*site" }).lean();
    await app.get(`/api/v1/accounts/${site?._id}`, {}, { expect: 404 });
  });

  it("are found by handle: bare, with our host, in other capitals, and others' as far as they are here", async () => {
    for (const acct of ["blog", "@Blog", `BLOG@${api.site.urls.host}`, "acct:blog"]) {
      const { body } = await stranger.get("/api/v1/accounts/lookup", { acct });
      assert.equal(body.id, String(owner._id), acct);
    }
    const { body } = await stranger.get("/api/v1/accounts/lookup", { acct: "Anna@Remote.example" });
    assert.equal(body.id, String(anna._id));
    for (const acct of ["", "nobody", "nobody@remote.example", "*site", "a@b@c", "x".repeat(5000)])
      await stranger.get("/api/v1/accounts/lookup", { acct }, { expect: 404 });
  });

  it("come several at once, without those who are not here; not too many", async () => {
    const { body } = await stranger.get("/api/v1/accounts", { id: [anna._id, owner._id, 17, "nonsense"] });
    assert.deepEqual(
      new Set(body.map((account: { id: string }) => account.id)),
      new Set([String(anna._id), String(owner._id)]),
    );
    const many = Array.from({ length: 41 }, (_, at) => at + 1);
    await stranger.get("/api/v1/accounts", { id: many }, { expect: 422 });
    assert.deepEqual((await stranger.get("/api/v1/accounts")).body, []);
  });

  it("show names that are an attack as the text they are", async () => {
    const name = `<script>alert(1)</script>\u202e"'&lt; \u0000${"💥".repeat(100)}`;
    const evil = await storePerson(api.site, "evil", { name, summary: "<p>ok</p>" });
    const { body } = await stranger.get(`/api/v1/accounts/${evil._id}`);
    assert.equal(body.display_name, name);
  });

  it("tell where somebody has moved, what a bot is, and who is gone", async () => {
    const moved = await storePerson(api.site, "moved", { movedTo: anna.uri, goneAt: new Date() });
    const { body } = await stranger.get(`/api/v1/accounts/${moved._id}`);
    assert.equal(body.moved.id, String(anna._id));
    assert.equal(body.suspended, true);
    const second = await api.account("second");
    assert.equal((await stranger.get(`/api/v1/accounts/${second._id}`)).body.bot, true);
  });

  describe("relationships", () => {
    it("say everything between two, and skip who is not here", async () => {
      const cleo = await storePerson(api.site, "cleo");
      await storeFollow(api.site, owner, cleo);
      await storeFollow(api.site, cleo, owner, "pending");
      const relation = { owner: owner._id, target: cleo._id, createdAt: new Date() };
      await insertRow(api.site.models.relations, { ...relation, _id: 1, kind: "note", comment: "baker" });
      await insertRow(api.site.models.relations, {
        ...relation,
        _id: 2,
        kind: "mute",
        until: new Date(Date.now() + 60_000),
        notifications: false,
      });
      const { body } = await app.get("/api/v1/accounts/relationships", { id: [cleo._id, anna._id, 17] });
      assert.equal(body.length, 2);
      const [toCleo, toAnna] = [cleo, anna].map((row) =>
        body.find((each: { id: string }) => each.id === String(row._id)),
      );
      assert.equal(toCleo.following, true);
      assert.equal(toCleo.showing_reblogs, true);
      assert.equal(toCleo.requested_by, true);
      assert.equal(toCleo.followed_by, false);
      assert.equal(toCleo.note, "baker");
      assert.equal(toCleo.muting, true);
      assert.equal(toCleo.muting_notifications, false);
      assert.match(toCleo.muting_expires_at, /Z$/);
      assert.equal(toAnna.following, false);
      assert.equal(toAnna.showing_reblogs, false);
      assert.equal(toAnna.languages, null);
      assert.equal((await app.get(`/api/v1/accounts/relationships?id=${anna._id}`)).body.length, 1);
      assert.deepEqual((await app.get("/api/v1/accounts/relationships")).body, []);
    });
  });

  describe("statuses of an account", () => {
    it("are walked to the end by their links, and back by min_id", async () => {
      const writer = await storePerson(api.site, "writer");
      const posts = [];
      for (let at = 0; at < 7; at += 1) posts.unshift(await storePost(api.site, writer));
      const path = `/api/v1/accounts/${writer._id}/statuses`;
      const pages = await app.pages(path, { limit: 3, exclude_replies: "1" });
      assert.deepEqual(
        pages.flatMap((page) => page.body.map((status: { id: string }) => status.id)),
        posts.map((post) => String(post._id)),
      );
      assert.ok(pages[0]?.link.next?.includes("exclude_replies=1"));
      assert.equal(pages.at(-1)?.link.next, undefined);
      const back = await app.get(pages[1]?.link.prev ?? "");
      assert.deepEqual(
        back.body.map((status: { id: string }) => status.id),
        posts.slice(0, 3).map((post) => String(post._id)),
      );
      assert.deepEqual((await app.get(pages[0]?.link.prev ?? "")).link, {});
    });

    it("survive limits that are huge, negative or no number", async () => {
      const writer = await storePerson(api.site, "prolific");
      for (let at = 0; at < 42; at += 1) await storePost(api.site, writer);
      const path = `/api/v1/accounts/${writer._id}/statuses`;
      for (const [limit, wanted] of [
        [1e9, 40],
        [-5, 1],
        ["abc", 20],
        ["1e3", 20],
      ] as const)
        assert.equal((await app.get(path, { limit })).body.length, wanted, String(limit));
      for (const cursor of ["nonsense", "-1", "", "99999999999999999999"])
        await app.get(path, { max_id: cursor });
    });

    it("with pinned=true are the pinned ones alone, without links; flags come in any spelling", async () => {
      const pinned = await storePost(api.site, owner, { pinnedAt: new Date() });
      await storePost(api.site, owner);
      for (const flag of ["true", "1", "True"]) {
        const { body, link } = await app.get(`/api/v1/accounts/${owner._id}/statuses`, { pinned: flag });
        assert.deepEqual(
          body.map((status: { id: string }) => status.id),
          [String(pinned._id)],
        );
        assert.equal(body[0].pinned, true);
        assert.deepEqual(link, {});
      }
    });

    it("show boosts with ids of their own, and not to strangers what is for followers", async () => {
      const writer = await storePerson(api.site, "closed");
      const post = await storePost(api.site, anna);
      const boost = await storeBoost(api.site, writer, post);
      const secret = await storePost(api.site, writer, { visibility: "followers" });
      const path = `/api/v1/accounts/${writer._id}/statuses`;
      const [status, ...others] = (await stranger.get(path)).body;
      assert.equal(others.length, 0);
      assert.equal(status.id, String(boost._id));
      assert.equal(status.reblog.id, String(post._id));
      await storeFollow(api.site, owner, writer);
      const [first] = (await app.get(path)).body;
      assert.equal(first.id, String(secret._id));
      assert.equal(first.visibility, "private");
    });
  });

  describe("people around an account", () => {
    it("are walked by the hidden row's id, with since_id backwards", async () => {
      const star = await storePerson(api.site, "star");
      const rows: number[] = [];
      const names: string[] = [];
      for (let at = 0; at < 5; at += 1) {
        const fan = await storePerson(api.site, `fan${at}`);
        rows.unshift(await storeFollow(api.site, fan, star));
        names.unshift(`fan${at}@remote.example`);
        await storeFollow(api.site, star, fan);
      }
      for (const list of ["followers", "following"]) {
        const pages = await stranger.pages(`/api/v1/accounts/${star._id}/${list}`, { limit: 2 });
        assert.deepEqual(
          pages.flatMap((page) => page.body.map((account: { acct: string }) => account.acct)),
          names,
        );
        assert.match(pages[0]?.link.prev ?? "", /since_id=\d+/);
      }
      const first = await stranger.get(`/api/v1/accounts/${star._id}/followers`, { limit: 2 });
      assert.ok(first.link.next?.endsWith(`max_id=${rows[1]}`));
      const empty = await stranger.get(`/api/v1/accounts/${star._id}/followers`, { max_id: 1 });
      assert.deepEqual(empty.body, []);
      assert.deepEqual(empty.link, {});
    });

    it("are hidden from others where the account says so", async () => {
      const second = await api.account("second");
      await storeFollow(api.site, anna, second);
      await api.site.models.actors.updateOne({ _id: second._id }, { $set: { hidesCollections: true } });
      assert.deepEqual((await app.get(`/api/v1/accounts/${second._id}/followers`)).body, []);
      const own = await api.client("second");
      assert.equal((await own.get(`/api/v1/accounts/${second._id}/followers`)).body.length, 1);
    });

    it("who are familiar are named for every account asked about", async () => {
      const [dora, eve] = [await storePerson(api.site, "dora"), await storePerson(api.site, "eve")];
      await storeFollow(api.site, owner, dora);
      await storeFollow(api.site, dora, eve);
      await storeFollow(api.site, anna, eve);
      const { body } = await app.get("/api/v1/accounts/familiar_followers", { id: [eve._id, dora._id, 17] });
      assert.deepEqual(
        body.map((each: { id: string; accounts: { acct: string }[] }) => [
          each.id,
          each.accounts.map((account) => account.acct),
        ]),
        [
          [String(eve._id), ["dora@remote.example"]],
          [String(dora._id), []],
          ["17", []],
        ],
      );
    });

    it("who are featured are listed", async () => {
      await insertRow(api.site.models.relations, {
        _id: snowflake(new Date()),
        owner: owner._id,
        target: anna._id,
        kind: "endorse",
        createdAt: new Date(),
      });
      const { body } = await stranger.get(`/api/v1/accounts/${owner._id}/endorsements`);
      assert.deepEqual(
        body.map((account: { id: string }) => account.id),
        [String(anna._id)],
      );
    });
  });

  it("tell which of one's lists somebody is in, and nothing of others' lists", async () => {
    const second = await api.account("second");
    for (const [at, list] of [owner, second].entries()) {
      await insertRow<ListRow>(api.site.models.lists, {
        _id: 100 + at,
        owner: list._id,
        title: `list ${at}`,
        repliesPolicy: "list",
        exclusive: false,
        createdAt: new Date(),
      });
      await insertRow(api.site.models.listMembers, {
        _id: 200 + at,
        list: 100 + at,
        owner: list._id,
        account: anna._id,
      });
    }
    const { body } = await app.get(`/api/v1/accounts/${anna._id}/lists`);
    assert.deepEqual(body, [{ id: "100", title: "list 0", replies_policy: "list", exclusive: false }]);
    assert.deepEqual((await app.get(`/api/v1/accounts/${owner._id}/lists`)).body, []);
  });

  it("show featured hashtags with text for numbers", async () => {
    await insertRow<TagRelationRow>(api.site.models.tagRelations, {
      _id: 300,
      owner: owner._id,
      kind: "feature",
      tag: "rye",
      name: "Rye",
      createdAt: new Date(),
    });
    await storePost(api.site, owner, { hashtags: ["RYE"], publishedAt: new Date("2026-01-05T10:00:00Z") });
    const { body } = await stranger.get(`/api/v1/accounts/${owner._id}/featured_tags`);
    assert.equal(body[0].name, "Rye");
    assert.equal(body[0].statuses_count, "1");
    assert.equal(body[0].last_status_at, "2026-01-05");
    assert.deepEqual((await stranger.get(`/api/v1/accounts/${anna._id}/featured_tags`)).body, []);
  });

  it("say 404 in JSON for what no server offers any more", async () => {
    await app.get(`/api/v1/accounts/${anna._id}/identity_proofs`, {}, { expect: 404 });
  });
});
