import assert from "node:assert/strict";
import type { ActivityRow, ActorRow, PostRow } from "../../src/database/rows.ts";
import { drainOutgoing } from "../../src/domain/outgoing.ts";
import { storePerson } from "../support/people.ts";
import type { ApiClient } from "./support/api-client.ts";
import { startApi, type StartedApi } from "./support/start-api.ts";
import { storePost } from "./support/stored.ts";

describe("writing a status", () => {
  let api: StartedApi;
  let app: ApiClient;
  let anna: ActorRow;

  before(async () => {
    api = await startApi({
      accounts: [
        { username: "blog", name: "The Blog" },
        { username: "baker", name: "The Baker" },
      ],
    });
    app = await api.client("blog");
    anna = await storePerson(api.site, "anna");
  });
  after(() => api.close());

  const rowOf = async (id: string): Promise<PostRow> => {
    const row = await api.site.models.posts.findById(Number(id)).lean<PostRow | null>();
    assert.ok(row);
    return row;
  };
  const write = async (parameters: object, expect = 200) =>
    app.post("/api/v1/statuses", parameters, { expect });
  const refused = async (parameters: object, reason: RegExp, status = 422): Promise<void> => {
    const before = await api.site.models.posts.countDocuments({});
    const { body } = await write(parameters, status);
    assert.match(body.error, reason);
    assert.equal(await api.site.models.posts.countDocuments({}), before, "nothing was stored");
  };

  it("answers it as it stands, and federates it like any other post", async () => {
    const { body } = await write({ status: "Rye tonight\nat *eight* #Rye", language: "en" });
    assert.match(body.content, /^<p>Rye tonight<br \/>at \*eight\* <a href="[^"]*\/tags\/Rye"/i);
    assert.deepEqual(
      [body.visibility, body.language, body.sensitive, body.spoiler_text],
      ["public", "en", false, ""],
    );
    assert.equal(body.application.name, "Test App");
    await drainOutgoing(api.site);
    const created = await api.site.models.activities
      .findOne({ type: "Create" })
      .sort({ _id: -1 })
      .lean<ActivityRow>();
    const { object } = JSON.parse(created?.body ?? "") as { object: Record<string, unknown> };
    assert.equal(object["id"], body.uri);
    assert.deepEqual(object["source"], { content: "Rye tonight\nat *eight* #Rye", mediaType: "text/plain" });
  });

  it("gives the text back as it was typed", async () => {
    const text = "  <b>1.</b> *no* markup\n\n\n> quoted\t";
    const { body } = await write({ status: text });
    assert.equal((await app.get(`/api/v1/statuses/${body.id}/source`)).body.text, text);
  });

  for (const as of ["json", "form", "multipart", "query"] as const) {
    it(`takes it as ${as}`, async () => {
      const parameters = {
        status: `sent as ${as}`,
        sensitive: true,
        spoiler_text: "odd",
        visibility: "unlisted",
      };
      const { body } = await app.post("/api/v1/statuses", parameters, { as });
      assert.deepEqual([body.visibility, body.sensitive, body.spoiler_text], ["unlisted", true, "odd"]);
    });
  }

  it("takes null for what is not said", async () => {
    const nothing = { media_ids: null, poll: null, in_reply_to_id: null, spoiler_text: null, language: null };
    const { body } = await write({
      status: "nulls",
      ...nothing,
      scheduled_at: null,
      visibility: null,
      sensitive: null,
    });
    assert.equal(body.visibility, "public");
  });

  for (const [visibility, stored] of [
    ["private", "followers"],
    ["direct", "direct"],
    ["unlisted", "unlisted"],
  ] as const) {
    it(`keeps a ${visibility} one to its audience`, async () => {
      const { body } = await write({ status: "for few", visibility });
      assert.equal(body.visibility, visibility);
      const row = await rowOf(body.id);
      assert.equal(row.visibility, stored);
      assert.equal(
        [...row.to, ...row.cc].some((uri) => uri.endsWith("#Public")),
        visibility === "unlisted",
      );
    });
  }

  it("puts an answer under what it answers", async () => {
    const parent = await storePost(api.site, anna);
    const { body } = await write({ status: "indeed", in_reply_to_id: String(parent._id) });
    assert.equal(body.in_reply_to_id, String(parent._id));
    assert.equal(body.in_reply_to_account_id, String(anna._id));
    assert.equal((await rowOf(body.id)).inReplyTo, parent.uri);
  });

  it("answers a private message privately where the app names no visibility", async () => {
    const { uri } = await api.account("blog");
    const parent = await storePost(api.site, anna, { visibility: "direct", to: [uri] });
    const { body } = await write({ status: "between us", in_reply_to_id: String(parent._id) });
    assert.equal(body.visibility, "direct");
  });

  it("answers with the people mentioned whom the site knows, linked, before anybody is asked about the others", async () => {
    const cora = await storePerson(api.site, "cora", { host: "far.example" });
    const { body } = await write({ status: "hello @cora@far.example and @nobody@far.example" });
    assert.deepEqual(
      body.mentions.map((mention: { acct: string; id: string }) => [mention.acct, mention.id]),
      [["cora@far.example", String(cora._id)]],
    );
    assert.match(body.content, new RegExp(`<a href="${cora.url}"`));
    const row = await rowOf(body.id);
    assert.ok([...row.to, ...row.cc].includes(cora.uri));
    const edited = await app.put(`/api/v1/statuses/${body.id}`, {
      status: "hello @nobody@far.example, and @Cora@far.example",
    });
    assert.deepEqual(
      edited.body.mentions.map((mention: { acct: string }) => mention.acct),
      ["cora@far.example"],
    );
  });

  it("mentions neighbours without their host", async () => {
    const { body } = await write({ status: "hello @baker" });
    assert.deepEqual(
      (await rowOf(body.id)).mentions.map((mention) => mention.handle),
      [`baker@${api.site.urls.host}`],
    );
    await drainOutgoing(api.site);
    const [told] = await api.site.models.notifications.find({ type: "mention" }).lean();
    assert.equal(told?.owner, (await api.account("baker"))._id);
  });

  it("refuses to speak to others than were allowed, and names them", async () => {
    const { body } = await write({ status: "hello @baker", allowed_mentions: [String(anna._id)] }, 422);
    assert.deepEqual(
      body.unexpected_accounts.map((account: { acct: string }) => account.acct),
      ["baker"],
    );
    const baker = await api.account("baker");
    await write({ status: "hello again @baker", allowed_mentions: [String(baker._id)] });
  });

  it("takes a warning above nothing for the text", async () => {
    const { body } = await write({ status: "", spoiler_text: "only this" });
    assert.deepEqual([body.content, body.spoiler_text], ["<p>only this</p>", ""]);
  });

  it("takes five thousand characters, a link counting 23, and not one more", async () => {
    const link = `https://a.example/${"x".repeat(200)}`;
    await write({ status: `${"x".repeat(5000 - 24)} ${link}` });
    await refused({ status: `${"x".repeat(5000 - 23)} ${link}` }, /character limit of 5000 exceeded/);
    await refused({ status: "x".repeat(4999), spoiler_text: "xx" }, /character limit/);
  });

  it("begins with what the account has set as usual", async () => {
    await app.patch("/api/v1/accounts/update_credentials", {
      source: { privacy: "unlisted", sensitive: true, language: "de", quote_policy: "followers" },
    });
    const { body } = await write({ status: "as usual" });
    assert.deepEqual([body.visibility, body.sensitive, body.language], ["unlisted", true, "de"]);
    assert.deepEqual(body.quote_approval.automatic, ["followers"]);
    await app.patch("/api/v1/accounts/update_credentials", {
      source: { privacy: "public", sensitive: false, language: "", quote_policy: "public" },
    });
  });

  describe("is refused when", () => {
    const wrong: [string, object, RegExp, number?][] = [
      ["it says nothing", { status: " \n " }, /Text can't be blank/],
      ["it has no members", {}, /Text can't be blank/],
      ["it answers nobody's post", { status: "x", in_reply_to_id: "999999999999" }, /not found/, 404],
      ["what it answers is no id", { status: "x", in_reply_to_id: "../../etc" }, /not found/, 404],
      ["it quotes nobody's post", { status: "x", quoted_status_id: "12" }, /not found/, 404],
      ["a file is nobody's", { status: "x", media_ids: ["12"] }, /no file 12 of yours/],
      ["a file is no id", { status: "x", media_ids: ["../x"] }, /no ids of files/],
      [
        "it has more files than can be",
        { status: "x", media_ids: Array.from({ length: 17 }, (_, at) => `${at}`) },
        /more than 16 files/,
      ],
      [
        "it has files and a poll",
        { status: "x", media_ids: ["1"], poll: { options: ["a", "b"], expires_in: 600 } },
        /files to a status with a poll/,
      ],
      [
        "its poll has one option",
        { status: "x", poll: { options: ["a"], expires_in: 600 } },
        /more than one item/,
      ],
      [
        "its poll has eleven options",
        { status: "x", poll: { options: [..."abcdefghijk"], expires_in: 600 } },
        /more than 10 items/,
      ],
      [
        "its poll has ten thousand options",
        {
          status: "x",
          poll: { options: Array.from({ length: 10_000 }, (_, at) => `${at}`), expires_in: 600 },
        },
        /10000 items/,
      ],
      [
        "two options of its poll are one",
        { status: "x", poll: { options: ["a", " a"], expires_in: 600 } },
        /duplicate/,
      ],
      [
        "an option of its poll is empty",
        { status: "x", poll: { options: ["a", " "], expires_in: 600 } },
        /blank/,
      ],
      [
        "an option of its poll is endless",
        { status: "x", poll: { options: ["a", "b".repeat(201)], expires_in: 600 } },
        /longer than 200/,
      ],
      ["its poll never ends", { status: "x", poll: { options: ["a", "b"], expires_in: 1e12 } }, /too far/],
      [
        "its poll ends before it begins",
        { status: "x", poll: { options: ["a", "b"], expires_in: -5 } },
        /too soon/,
      ],
      ["its poll has no end", { status: "x", poll: { options: ["a", "b"] } }, /too soon/],
    ];
    for (const [what, parameters, reason, status] of wrong)
      it(what, () => refused(parameters, reason, status));
  });

  it("refuses a form with ten thousand poll options", async () => {
    const form = Array.from({ length: 10_000 }, (_, at) => `poll[options][]=o${at}`).join("&");
    const answer = await fetch(`${api.origin}/api/v1/statuses`, {
      method: "POST",
      headers: {
        authorization: `Bearer ${app.token ?? ""}`,
        "content-type": "application/x-www-form-urlencoded",
      },
      body: `status=x&${form}`,
    });
    assert.equal(answer.status, 422);
    assert.match(await answer.text(), /Too many parameters/);
  });

  it("is 404 for answers to what may not be seen, as for what is not there", async () => {
    const hidden = await storePost(api.site, anna, { visibility: "direct" });
    const { body } = await write({ status: "x", in_reply_to_id: String(hidden._id) }, 404);
    assert.match(body.error, /not found/);
  });

  it("needs the scope, and a person", async () => {
    const reader = await api.client("blog", "read");
    await reader.post("/api/v1/statuses", { status: "x" }, { expect: 403 });
    await api.stranger().post("/api/v1/statuses", { status: "x" }, { expect: 401 });
  });

  describe("with an Idempotency-Key", () => {
    const send = (key: string, status = "once", client = app) =>
      client.post("/api/v1/statuses", { status }, { headers: { "idempotency-key": key } });

    it("makes one status of a repeated request", async () => {
      const [first, second] = [await send("k1"), await send("k1")];
      assert.equal(first.body.id, second.body.id);
      assert.notEqual((await send("k2")).body.id, first.body.id);
    });

    it("makes one status of twins that come at the same time", async () => {
      const twins = await Promise.all(Array.from({ length: 5 }, () => send("twins")));
      assert.equal(new Set(twins.map((twin) => twin.body.id)).size, 1);
      assert.equal(await api.site.models.idempotency.countDocuments({ _id: /twins$/ }), 1);
    });

    it("makes one status though the store failed after it was stored", async () => {
      const { collection } = api.site.models.actors;
      const updateOne = collection.updateOne.bind(collection);
      collection.updateOne = () => {
        collection.updateOne = updateOne;
        throw new Error("the store is away");
      };
      const first = await send("away", "stored at once");
      assert.equal((await send("away", "stored at once")).body.id, first.body.id);
      assert.equal(await api.site.models.posts.countDocuments({ content: /stored at once/ }), 1);
    });

    it("finds the status of a process that ended before it could say so", async () => {
      const first = await send("ended", "said by another");
      const { idempotency } = api.site.models;
      const row = await idempotency.findOne({ _id: /ended$/ }).lean();
      assert.ok(row);
      const { _id, expiresAt } = row;
      await idempotency.collection.replaceOne({ _id } as never, { until: new Date(0), expiresAt });
      assert.equal((await send("ended", "said by another")).body.id, first.body.id);
    });

    it("does again what a process had not come to", async () => {
      await send("began");
      const { idempotency, posts } = api.site.models;
      const made = await posts.findOneAndDelete({ idempotency: /began$/ }).lean();
      await idempotency.updateOne(
        { _id: String(made?.idempotency) },
        { $set: { until: new Date(0) }, $unset: { post: 1 } },
      );
      assert.notEqual((await send("began")).body.id, String(made?._id));
    });

    it("keeps apps apart", async () => {
      const other = await api.client("blog");
      assert.notEqual((await send("shared")).body.id, (await send("shared", "once", other)).body.id);
    });

    it("lets what was refused be tried again, and takes keys as long as a status", async () => {
      const key = "x".repeat(4000);
      const headers = { "idempotency-key": key };
      await app.post("/api/v1/statuses", { status: "" }, { headers, expect: 422 });
      const { body } = await app.post("/api/v1/statuses", { status: "now" }, { headers });
      assert.match(body.content, /now/);
    });
  });
});

describe("editing a status", () => {
  let api: StartedApi;
  let app: ApiClient;

  before(async () => {
    api = await startApi();
    app = await api.client("blog");
  });
  after(() => api.close());

  const edit = (id: string, parameters: object, expect = 200) =>
    app.put(`/api/v1/statuses/${id}`, parameters, { expect });

  it("leaves the language as it was where none is said", async () => {
    await app.patch("/api/v1/accounts/update_credentials", { source: { language: "en" } });
    const { body } = await app.post("/api/v1/statuses", { status: "guten Tag", language: "de" });
    for (const more of [{}, { language: "" }, { language: null }, { language: "???" }]) {
      const { body: after } = await edit(body.id, { status: `guten Abend ${JSON.stringify(more)}`, ...more });
      assert.equal(after.language, "de");
    }
    assert.equal((await edit(body.id, { status: "hello", language: "fr" })).body.language, "fr");
  });

  it("replaces all of it, and keeps what it was in the history", async () => {
    const { body } = await app.post("/api/v1/statuses", {
      status: "frist #typo",
      spoiler_text: "cw",
      language: "en",
    });
    const { body: after } = await edit(body.id, { status: "first", spoiler_text: "" });
    assert.equal(after.content, "<p>first</p>");
    assert.deepEqual([after.spoiler_text, after.tags, after.language], ["", [], "en"]);
    assert.ok(after.edited_at !== null);
    const { body: history } = await app.get(`/api/v1/statuses/${body.id}/history`);
    assert.equal(history.length, 2);
    assert.match(history[0].content, /frist/);
    assert.equal(history[1].content, "<p>first</p>");
  });

  it("that changes nothing changes nothing", async () => {
    const { body } = await app.post("/api/v1/statuses", { status: "same", spoiler_text: "cw" });
    const { body: after } = await edit(body.id, { status: "same", spoiler_text: "cw", sensitive: true });
    assert.equal(after.edited_at, null);
  });

  it("keeps the votes of the same poll, and forgets those of another", async () => {
    const poll = { options: ["rye", "oat"], expires_in: 600 };
    const { body } = await app.post("/api/v1/statuses", { status: "which?", poll });
    await api.site.models.posts.updateOne(
      { _id: Number(body.id) },
      { $set: { "poll.options.0.votes": 3, "poll.voters": 3 } },
    );
    const { body: kept } = await edit(body.id, { status: "which bread?", poll });
    assert.deepEqual([kept.poll.votes_count, kept.poll.expires_at], [3, body.poll.expires_at]);
    const { body: other } = await edit(body.id, {
      status: "which bread?",
      poll: { ...poll, options: ["rye", "corn"] },
    });
    assert.equal(other.poll.votes_count, 0);
    const { body: none } = await edit(body.id, { status: "which bread?" });
    assert.equal(none.poll, null);
  });

  it("is refused for what stands on the host's pages", async () => {
    const post = await api.fedi.publish({
      url: `${api.origin}/posts/bread`,
      title: "Bread",
      html: "<table></table>",
    });
    const { body } = await edit(String(post._id), { status: "gone" }, 422);
    assert.match(body.error, /own pages/);
  });

  it("keeps Markdown for what was written in it", async () => {
    const post = await api.fedi.publish({ markdown: "plain" });
    const { body } = await edit(String(post._id), { status: "now **bold**" });
    assert.match(body.content, /<strong>bold<\/strong>/);
  });

  it("is 404 for other people's posts, and for nobody's", async () => {
    const anna = await storePerson(api.site, "anna");
    const post = await storePost(api.site, anna);
    for (const id of [String(post._id), "12", "nonsense"]) await edit(id, { status: "mine now" }, 404);
  });

  it("refuses what a new status would be refused for", async () => {
    const { body } = await app.post("/api/v1/statuses", { status: "fine" });
    await edit(body.id, { status: "" }, 422);
    await edit(body.id, { status: "x".repeat(5001) }, 422);
    assert.equal((await app.get(`/api/v1/statuses/${body.id}`)).body.content, "<p>fine</p>");
  });
});

describe("deleting a status", () => {
  let api: StartedApi;
  let app: ApiClient;

  before(async () => {
    api = await startApi();
    app = await api.client("blog");
  });
  after(() => api.close());

  it("answers it with its source, for a new draft", async () => {
    const poll = { options: ["rye", "oat"], expires_in: 600 };
    const { body } = await app.post("/api/v1/statuses", { status: "draft *me*", spoiler_text: "cw", poll });
    const { body: deleted } = await app.delete(`/api/v1/statuses/${body.id}`);
    assert.equal(deleted.text, "draft *me*");
    assert.deepEqual([deleted.spoiler_text, deleted.poll.options[0].title], ["cw", "rye"]);
    await app.get(`/api/v1/statuses/${body.id}`, {}, { expect: 404 });
    await app.delete(`/api/v1/statuses/${body.id}`, {}, { expect: 404 });
  });

  it("takes a boost back by its own id", async () => {
    const anna = await storePerson(api.site, "anna");
    const post = await storePost(api.site, anna);
    const { body } = await app.post(`/api/v1/statuses/${post._id}/reblog`);
    await app.delete(`/api/v1/statuses/${body.id}`);
    assert.equal((await app.get(`/api/v1/statuses/${post._id}`)).body.reblogged, false);
  });

  it("leaves nothing of its history behind", async () => {
    const { body } = await app.post("/api/v1/statuses", { status: "secret" });
    await app.put(`/api/v1/statuses/${body.id}`, { status: "public" });
    await app.delete(`/api/v1/statuses/${body.id}`);
    assert.equal(await api.site.models.edits.countDocuments({ post: Number(body.id) }), 0);
  });

  it("is refused for what a feed would only bring back", async () => {
    const post = await api.fedi.publish({ url: `${api.origin}/posts/rye`, title: "Rye", markdown: "x" });
    await api.site.models.posts.updateOne(
      { _id: post._id },
      { $set: { origin: "feed https://blog.example/feed.xml" } },
    );
    const { body } = await app.delete(`/api/v1/statuses/${post._id}`, {}, { expect: 422 });
    assert.match(body.error, /comes from feed/);
  });

  it("is 404 for other people's posts", async () => {
    const bea = await storePerson(api.site, "bea");
    const post = await storePost(api.site, bea);
    await app.delete(`/api/v1/statuses/${post._id}`, {}, { expect: 404 });
  });
});
