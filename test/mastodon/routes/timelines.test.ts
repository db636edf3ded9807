import assert from "node:assert/strict";
import { insertRow } from "../../../src/database/native.ts";
import type { ActorRow, ListRow, PostRow } from "../../../src/database/rows.ts";
import { publishPost } from "../../../src/domain/posts.ts";
import { snowflake } from "../../../src/support/ids.ts";
import { storePerson } from "../../support/people.ts";
import type { Answer, ApiClient } from "../support/api-client.ts";
import { startApi, type StartedApi } from "../support/start-api.ts";
import { placeAtHome, storeBoost, storePost } from "../support/stored.ts";

const idsOf = (answer: Answer): string[] => answer.body.map((status: { id: string }) => status.id);
const texts = (rows: readonly PostRow[]): string[] => rows.map((row) => String(row._id));

describe("timelines for apps", () => {
  let api: StartedApi;
  let owner: ActorRow;
  let anna: ActorRow;
  let app: ApiClient;
  let stranger: ApiClient;
  beforeEach(async () => {
    api = await startApi({ api: { requestsPer5Minutes: 100_000 } });
    owner = await api.account();
    anna = await storePerson(api.site, "anna");
    app = await api.client();
    stranger = api.stranger();
  });
  afterEach(() => api.close());

  it("at home are walked down by max_id and up by min_id, newest first", async () => {
    const posts: PostRow[] = [];
    for (let at = 0; at < 9; at += 1) posts.unshift(await storePost(api.site, anna));
    await placeAtHome(api.site, owner, posts);
    const pages = await app.pages("/api/v1/timelines/home", { limit: 4 });
    assert.deepEqual(pages.flatMap(idsOf), texts(posts));
    assert.equal(pages.length, 3);
    const up = await app.get(pages[2]?.link.prev ?? "");
    assert.deepEqual(idsOf(up), texts(posts.slice(4, 8)));
    const nothing = await app.get("/api/v1/timelines/home", { limit: 40, min_id: posts[0]?._id });
    assert.deepEqual([nothing.body, nothing.link], [[], {}]);
    await stranger.get("/api/v1/timelines/home", {}, { expect: 401 });
  });

  it("at home show own posts as they are published, and boosts with an id of their own", async () => {
    const own = await publishPost(api.site, { markdown: "Hello" });
    const post = await storePost(api.site, anna);
    const boost = await storeBoost(api.site, anna, post, { publishedAt: new Date(Date.now() + 1000) });
    await placeAtHome(api.site, owner, [boost]);
    const { body } = await app.get("/api/v1/timelines/home");
    assert.deepEqual(
      body.map((status: { id: string; reblog: { id: string } | null }) => [status.id, status.reblog?.id]),
      [
        [String(boost._id), String(post._id)],
        [String(own._id), undefined],
      ],
    );
  });

  it("do not show what was deleted, or whom one has blocked since, and still lead on", async () => {
    const posts: PostRow[] = [];
    for (let at = 0; at < 4; at += 1) posts.unshift(await storePost(api.site, anna));
    const ben = await storePerson(api.site, "ben");
    for (let at = 0; at < 2; at += 1) posts.unshift(await storePost(api.site, ben));
    await placeAtHome(api.site, owner, posts);
    await insertRow(api.site.models.relations, {
      _id: snowflake(new Date()),
      owner: owner._id,
      target: ben._id,
      kind: "block",
      createdAt: new Date(),
    });
    await api.site.models.posts.updateOne({ _id: posts[3]?._id ?? 0 }, { $set: { deletedAt: new Date() } });
    const pages = await app.pages("/api/v1/timelines/home", { limit: 2 });
    assert.deepEqual(
      pages.flatMap(idsOf),
      texts([posts[2], posts[4], posts[5]].filter((row) => row !== undefined)),
    );
    assert.deepEqual(Object.keys(pages[0]?.link ?? {}), ["next"]);
  });

  it("in public are there for anybody: all, local, remote, with media", async () => {
    const own = await storePost(api.site, owner);
    const foreign = await storePost(api.site, anna, {
      attachments: [{ type: "Image", url: "https://remote.example/1.png" }],
    });
    const get = async (parameters: object): Promise<string[]> =>
      idsOf(await stranger.get("/api/v1/timelines/public", parameters));
    assert.deepEqual(await get({}), texts([foreign, own]));
    assert.deepEqual(await get({ local: true }), texts([own]));
    assert.deepEqual(await get({ remote: 1 }), texts([foreign]));
    assert.deepEqual(await get({ only_media: "on" }), texts([foreign]));
    assert.deepEqual(await get({ local: "false", unknown: "x" }), texts([foreign, own]));
  });

  it("of a hashtag take its name in any spelling and percent-encoded", async () => {
    const post = await storePost(api.site, anna, { hashtags: ["Brötchen"] });
    const both = await storePost(api.site, anna, { hashtags: ["brötchen", "Rye"] });
    for (const name of ["brötchen", "BRÖTCHEN", "Bro%CC%88tchen"])
      assert.deepEqual(
        idsOf(
          await stranger.get(`/api/v1/timelines/tag/${name.includes("%") ? name : encodeURIComponent(name)}`),
        ),
        texts([both, post]),
      );
    const all = await stranger.get("/api/v1/timelines/tag/rye", {
      all: ["brötchen"],
      none: ["cake"],
      limit: 1,
    });
    assert.deepEqual(idsOf(all), texts([both]));
    assert.match(decodeURIComponent(all.link.next ?? ""), /all\[\]=brötchen/);
    assert.deepEqual((await stranger.get("/api/v1/timelines/tag/%23%23")).body, []);
  });

  it("of a list are its owner's alone", async () => {
    await insertRow<ListRow>(api.site.models.lists, {
      _id: 7,
      owner: owner._id,
      title: "bakers",
      repliesPolicy: "list",
      exclusive: false,
      createdAt: new Date(),
    });
    const post = await storePost(api.site, anna);
    await insertRow(api.site.models.timelines, {
      _id: `list:7:${post._id}`,
      owner: "list:7",
      post: post._id,
      author: anna._id,
      original: post._id,
    });
    assert.deepEqual(idsOf(await app.get("/api/v1/timelines/list/7")), texts([post]));
    await api.site.models.lists.updateOne({ _id: 7 }, { $set: { owner: anna._id } });
    await app.get("/api/v1/timelines/list/7", {}, { expect: 404 });
    await app.get("/api/v1/timelines/list/8", {}, { expect: 404 });
    await app.get("/api/v1/timelines/list/nonsense", {}, { expect: 404 });
  });

  it("of a link show the post at that address and who quotes it", async () => {
    const article = await publishPost(api.site, {
      url: `${api.origin}/posts/1`,
      title: "One",
      html: "<p>1</p>",
    });
    const quote = await storePost(api.site, anna, {
      publishedAt: new Date(Date.now() + 1000),
      quote: { uri: article.uri, id: article._id, state: "accepted" },
    });
    const get = (url: string): Promise<Answer> => stranger.get("/api/v1/timelines/link", { url });
    assert.deepEqual(idsOf(await get(`${api.origin}/posts/1?utm_source=x#top`)), texts([quote, article]));
    assert.deepEqual((await get("https://nowhere.example/")).body, []);
  });

  it("about a link are whole pages, whatever is not for everybody between", async () => {
    const article = await publishPost(api.site, {
      url: `${api.origin}/posts/quoted`,
      title: "Quoted",
      html: "<p>1</p>",
      published: new Date(Date.now() - 60_000),
    });
    const expected = [article];
    for (let at = 0; at < 12; at += 1) {
      const quote = await storePost(api.site, anna, {
        visibility: at % 3 === 0 ? "unlisted" : "public",
        publishedAt: new Date(Date.now() + at * 1000),
        quote: { uri: article.uri, id: article._id, state: "accepted" },
      });
      if (quote.visibility === "public") expected.unshift(quote);
    }
    const about = { url: article.url, limit: 4 };
    const pages = await stranger.pages("/api/v1/timelines/link", about);
    assert.deepEqual(pages.flatMap(idsOf), texts(expected));
    const upwards = await stranger.get("/api/v1/timelines/link", { ...about, min_id: "1" });
    assert.deepEqual(idsOf(upwards), texts(expected.slice(-4)));
  });

  it("that upstream took away are 404", async () => {
    await app.get("/api/v1/timelines/direct", {}, { expect: 404 });
  });
});
