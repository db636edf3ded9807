import assert from "node:assert/strict";
import { insertRow } from "../../../src/database/native.ts";
import type { ActorRow } from "../../../src/database/rows.ts";
import { publishPost, updatePost } from "../../../src/domain/posts.ts";
import { snowflake } from "../../../src/support/ids.ts";
import { storePerson } from "../../support/people.ts";
import type { ApiClient } from "../support/api-client.ts";
import { startApi, type StartedApi } from "../support/start-api.ts";
import { storePost } from "../support/stored.ts";

describe("reading statuses", () => {
  let api: StartedApi;
  let owner: ActorRow;
  let anna: ActorRow;
  let app: ApiClient;
  let stranger: ApiClient;
  before(async () => {
    api = await startApi({ api: { requestsPer5Minutes: 100_000 } });
    owner = await api.account();
    anna = await storePerson(api.site, "anna");
    app = await api.client();
    stranger = api.stranger();
  });
  after(() => api.close());

  it("shows an article of the host with its title on top, all of its text and its address", async () => {
    const post = await publishPost(api.site, {
      url: `${api.origin}/posts/rye`,
      title: "Rye & <b>water</b>",
      html: '<p>Mix.</p><table><tr><td>flour</td></tr></table><img src="/loaf.jpg" alt="A loaf"><script>x()</script>',
      tags: ["Rye Bread"],
      warning: "flour dust",
    });
    const { body } = await stranger.get(`/api/v1/statuses/${post._id}`);
    assert.ok(body.content.startsWith("<p><strong>Rye &amp; "), body.content);
    assert.match(body.content, /<p>Mix\.<\/p>/);
    assert.doesNotMatch(body.content, /<table|<img|<script|x\(\)/);
    assert.ok(body.content.includes(`href="${api.origin}/posts/rye"`));
    assert.equal(body.url, `${api.origin}/posts/rye`);
    assert.equal(body.spoiler_text, "flour dust");
    assert.equal(body.sensitive, true);
    assert.equal(body.tags[0].name, "ryebread");
    assert.equal(body.media_attachments[0].description, "A loaf");
    assert.equal(body.media_attachments[0].url, `${api.origin}/loaf.jpg`);
    assert.equal(body.account.acct, "blog");
    assert.equal(body.card, null);
  });

  it("gives the beginning and the address of what is too long for a timeline", async () => {
    const post = await publishPost(api.site, {
      url: `${api.origin}/posts/long`,
      title: "Long",
      html: `<p>Beginning.</p><p>${"flour ".repeat(20_000)}</p>`,
    });
    const { body } = await stranger.get(`/api/v1/statuses/${post._id}`);
    assert.ok(body.content.length < 2000);
    assert.match(body.content, /Beginning\./);
    assert.ok(body.content.includes(`${api.origin}/posts/long`));
  });

  it("is 404 for what is not here, not for the viewer, deleted or hidden, and for boosts of such", async () => {
    const rows = [
      await storePost(api.site, anna, { visibility: "direct" }),
      await storePost(api.site, anna, { visibility: "followers" }),
      await storePost(api.site, anna, { deletedAt: new Date() }),
      await storePost(api.site, anna, { hiddenAt: new Date() }),
    ];
    const boost = await storePost(api.site, anna, { type: "Announce", boostOf: rows[2]?._id ?? 0 });
    for (const id of [...rows, boost].map((row) => row._id))
      for (const method of [
        "",
        "/context",
        "/source",
        "/history",
        "/favourited_by",
        "/reblogged_by",
        "/quotes",
      ])
        await app.get(`/api/v1/statuses/${id}${method}`, {}, { expect: 404 });
    for (const id of ["0", "-7", "abc", "18446744073709551616", "1".repeat(100)])
      await app.get(`/api/v1/statuses/${id}`, {}, { expect: 404 });
  });

  it("gives several at once without those one may not see; more than twenty are too many", async () => {
    const seen = await storePost(api.site, anna);
    const secret = await storePost(api.site, anna, { visibility: "direct" });
    const { body } = await stranger.get("/api/v1/statuses", { id: [secret._id, seen._id, 5] });
    assert.deepEqual(
      body.map((status: { id: string }) => status.id),
      [String(seen._id)],
    );
    await stranger.get(
      "/api/v1/statuses",
      { id: Array.from({ length: 21 }, (_, at) => at + 1) },
      { expect: 422 },
    );
  });

  it("gives the thread around a status: deleted parents away, their answers still there", async () => {
    const root = await storePost(api.site, owner);
    const gone = await storePost(api.site, anna, { parent: root, deletedAt: new Date(), content: "" });
    const answer = await storePost(api.site, anna, { parent: gone });
    const whisper = await storePost(api.site, anna, { parent: root, visibility: "direct" });
    const { body } = await stranger.get(`/api/v1/statuses/${root._id}/context`);
    assert.deepEqual(
      body.descendants.map((status: { id: string }) => status.id),
      [String(answer._id)],
    );
    assert.equal(body.descendants[0].in_reply_to_id, String(gone._id));
    const above = await app.get(`/api/v1/statuses/${answer._id}/context`);
    assert.deepEqual(
      above.body.ancestors.map((status: { id: string }) => status.id),
      [String(root._id)],
    );
    assert.ok(!JSON.stringify(body).includes(String(whisper._id)));
  });

  it("gives every text a status has had, and what its author typed", async () => {
    const post = await publishPost(api.site, { markdown: "First *try*", type: "Note" });
    const path = `/api/v1/statuses/${post._id}`;
    const before = (await stranger.get(`${path}/history`)).body;
    assert.equal(before.length, 1);
    assert.match(before[0].content, /First <em>try<\/em>/);
    await updatePost(api.site, post.uri, { markdown: "Second try", warning: "again" });
    const history = (await stranger.get(`${path}/history`)).body;
    assert.equal(history.length, 2);
    assert.match(history[0].content, /First/);
    assert.equal(history[0].spoiler_text, "");
    assert.match(history[1].content, /Second/);
    assert.equal(history[1].spoiler_text, "again");
    const { body } = await stranger.get(path);
    assert.equal(body.edited_at, history[1].created_at);
    assert.deepEqual((await app.get(`${path}/source`)).body, {
      id: String(post._id),
      text: "Second try",
      spoiler_text: "again",
    });
    await stranger.get(`${path}/source`, {}, { expect: 401 });
  });

  it("lists who liked and who boosted, by the hidden row's id", async () => {
    const post = await storePost(api.site, owner, { likesCount: 3 });
    const rows: number[] = [];
    for (let at = 0; at < 3; at += 1) {
      const fan = await storePerson(api.site, `fan${at}`);
      const _id = snowflake(new Date(Date.now() + at * 1000));
      rows.unshift(_id);
      const row = {
        _id,
        actor: fan._id,
        post: post._id,
        uri: `${fan.uri}/likes/${at}`,
        createdAt: new Date(),
      };
      await insertRow(api.site.models.interactions, { ...row, kind: "like" });
      await insertRow(api.site.models.interactions, { ...row, _id: _id + 5000, kind: "boost" });
    }
    for (const method of ["favourited_by", "reblogged_by"]) {
      const pages = await stranger.pages(`/api/v1/statuses/${post._id}/${method}`, { limit: 2 });
      assert.deepEqual(
        pages.flatMap((page) => page.body.map((account: { username: string }) => account.username)),
        ["fan2", "fan1", "fan0"],
      );
      assert.match(pages[0]?.link.prev ?? "", /since_id=/);
    }
  });

  it("lists accepted quotes", async () => {
    const post = await storePost(api.site, owner);
    const quoting = await storePost(api.site, anna, {
      quote: { uri: post.uri, id: post._id, state: "accepted" },
    });
    const { body } = await app.get(`/api/v1/statuses/${post._id}/quotes`);
    assert.equal(body[0].id, String(quoting._id));
    assert.equal(body[0].quote.quoted_status.id, String(post._id));
  });

  it("says who may quote", async () => {
    const said = async (row: { _id: number }, by = app): Promise<unknown> =>
      (await by.get(`/api/v1/statuses/${row._id}`)).body.quote_approval;
    const own = await storePost(api.site, owner);
    assert.deepEqual(await said(own), { automatic: ["public"], manual: [], current_user: "automatic" });
    assert.deepEqual(await said(own, stranger), {
      automatic: ["public"],
      manual: [],
      current_user: "denied",
    });
    const closed = await storePost(api.site, owner, { quotePolicy: "nobody" });
    assert.deepEqual(await said(closed), { automatic: [], manual: [], current_user: "automatic" });
    const foreign = await storePost(api.site, anna);
    assert.deepEqual(await said(foreign), { automatic: [], manual: [], current_user: "unknown" });
    const follows = await storePost(api.site, anna, { quotePolicy: "followers" });
    assert.deepEqual(await said(follows), { automatic: ["followers"], manual: [], current_user: "denied" });
  });

  it("gives a poll by the status's id, with own votes for a person", async () => {
    const post = await storePost(api.site, anna, {
      type: "Question",
      poll: {
        options: [
          { title: "rye", votes: 2 },
          { title: "wheat", votes: 1 },
        ],
        multiple: true,
        endsAt: new Date(Date.now() + 60_000),
        voters: 2,
        hideTotals: true,
      },
    });
    await insertRow(api.site.models.votes, {
      _id: 1,
      post: post._id,
      actor: owner._id,
      choice: 1,
      key: "v1",
    });
    const { body } = await app.get(`/api/v1/polls/${post._id}`);
    assert.equal(body.id, String(post._id));
    assert.equal(body.expired, false);
    assert.equal(body.votes_count, 3);
    assert.equal(body.options[0].votes_count, null);
    assert.equal(body.voted, true);
    assert.deepEqual(body.own_votes, [1]);
    const open = await stranger.get(`/api/v1/polls/${post._id}`);
    assert.ok(!("voted" in open.body) && !("own_votes" in open.body));
    await api.site.models.posts.updateOne({ _id: post._id }, { $set: { "poll.endsAt": new Date(0) } });
    const ended = await stranger.get(`/api/v1/polls/${post._id}`);
    assert.equal(ended.body.expired, true);
    assert.equal(ended.body.options[0].votes_count, 2);
    const secret = await storePost(api.site, anna, {
      visibility: "direct",
      poll: { options: [], multiple: false },
    });
    await app.get(`/api/v1/polls/${secret._id}`, {}, { expect: 404 });
    const none = await storePost(api.site, anna);
    await app.get(`/api/v1/polls/${none._id}`, {}, { expect: 404 });
  });
});
