import assert from "node:assert/strict";
import { insertRow } from "../../src/database/native.ts";
import type { ActorRow, PostRow } from "../../src/database/rows.ts";
import { accountPage, publicPage, quotesPage, tagPage } from "../../src/domain/listings.ts";
import type { Site } from "../../src/site.ts";
import { snowflake } from "../../src/support/ids.ts";
import { storeBoost, storeFollow, storePost } from "../mastodon/support/stored.ts";
import { makeSite, type HandMadeSite } from "../support/make-site.ts";
import { storePerson } from "../support/people.ts";

const PAGE = { limit: 20 };
const idsOf = (rows: readonly PostRow[]): number[] => rows.map((row) => row._id);

describe("lists of posts", () => {
  let made: HandMadeSite;
  let site: Site;
  let owner: ActorRow;
  let anna: ActorRow;
  let ben: ActorRow;
  beforeEach(async () => {
    made = await makeSite();
    site = made.site;
    owner = await made.account("blog");
    anna = await storePerson(site, "anna");
    ben = await storePerson(site, "ben");
  });
  afterEach(() => made.close());

  const relate = (kind: "block" | "mute", target: ActorRow, until?: Date): Promise<void> =>
    insertRow(site.models.relations, {
      _id: snowflake(new Date()),
      owner: owner._id,
      target: target._id,
      kind,
      createdAt: new Date(),
      ...(until === undefined ? {} : { until }),
    });

  describe("public", () => {
    it("hold what is public, newest first: no unlisted, closed, hidden or deleted post, no answer, no boost", async () => {
      const first = await storePost(site, owner);
      const second = await storePost(site, anna);
      for (const visibility of ["unlisted", "followers", "direct"] as const)
        await storePost(site, anna, { visibility });
      await storePost(site, anna, { hiddenAt: new Date() });
      await storePost(site, anna, { deletedAt: new Date() });
      await storePost(site, ben, { parent: first });
      await storeBoost(site, ben, first);
      assert.deepEqual(idsOf(await publicPage(site, {}, PAGE)), idsOf([second, first]));
      assert.deepEqual(idsOf(await publicPage(site, { local: true }, PAGE)), idsOf([first]));
      assert.deepEqual(idsOf(await publicPage(site, { remote: true }, PAGE)), idsOf([second]));
    });

    it("find media among attachments and lead pictures", async () => {
      await storePost(site, anna);
      const picture = { type: "Image" as const, url: "https://remote.example/1.png" };
      const attached = await storePost(site, anna, { attachments: [picture] });
      const led = await storePost(site, owner, { type: "Article", image: picture });
      assert.deepEqual(idsOf(await publicPage(site, { onlyMedia: true }, PAGE)), idsOf([led, attached]));
    });

    it("leave out whom the viewer blocks or mutes, until the mute is over", async () => {
      await storePost(site, anna);
      const bens = await storePost(site, ben);
      await relate("block", anna);
      await relate("mute", ben, new Date(Date.now() - 1000));
      assert.deepEqual(idsOf(await publicPage(site, {}, PAGE, owner)), idsOf([bens]));
      assert.equal((await publicPage(site, {}, PAGE)).length, 2);
    });

    it("go on below max_id, directly above min_id, and at the newest above since_id", async () => {
      const posts: PostRow[] = [];
      for (let at = 0; at < 5; at += 1) posts.unshift(await storePost(site, anna));
      const [newest, fourth, third, second, oldest] = idsOf(posts);
      const at = async (page: object): Promise<number[]> =>
        idsOf(await publicPage(site, {}, { limit: 2, ...page }));
      assert.deepEqual(await at({ maxId: third }), [second, oldest]);
      assert.deepEqual(await at({ minId: oldest }), [third, second]);
      assert.deepEqual(await at({ sinceId: oldest }), [newest, fourth]);
      assert.deepEqual(await at({ minId: oldest, sinceId: third }), [third, second]);
      assert.deepEqual(await at({ minId: oldest, maxId: third }), [second]);
      assert.deepEqual(await at({ maxId: Number.MAX_SAFE_INTEGER }), [newest, fourth]);
      assert.deepEqual(await at({ minId: Number.MAX_SAFE_INTEGER }), []);
    });
  });

  describe("of a tag", () => {
    it("find it in any spelling, with any, all and none of others", async () => {
      const rye = await storePost(site, anna, { hashtags: ["Rye"] });
      const both = await storePost(site, anna, { hashtags: ["rye", "Bread"] });
      const cake = await storePost(site, owner, { hashtags: ["cake"] });
      const ids = async (name: string, filter = {}): Promise<number[]> =>
        idsOf(await tagPage(site, name, filter, PAGE));
      assert.deepEqual(await ids("RYE"), idsOf([both, rye]));
      assert.deepEqual(await ids("#rye"), idsOf([both, rye]));
      assert.deepEqual(await ids("rye", { any: ["Cake"] }), idsOf([cake, both, rye]));
      assert.deepEqual(await ids("rye", { all: ["BREAD"] }), idsOf([both]));
      assert.deepEqual(await ids("rye", { none: ["bread"] }), idsOf([rye]));
      assert.deepEqual(await ids("rye", { any: ["cake"], local: true }), idsOf([cake]));
      assert.deepEqual(await ids("?!"), []);
      assert.deepEqual(
        await ids("rye", { any: Array.from({ length: 5000 }, (_, at) => `t${at}`) }),
        idsOf([both, rye]),
      );
    });
  });

  describe("of an account", () => {
    it("show each viewer what is theirs to see", async () => {
      const posts: PostRow[] = [];
      for (const visibility of ["public", "unlisted", "followers", "direct"] as const)
        posts.unshift(await storePost(site, anna, { visibility }));
      assert.equal((await accountPage(site, anna, {}, PAGE)).length, 2);
      assert.equal((await accountPage(site, anna, {}, PAGE, owner)).length, 2);
      await storeFollow(site, owner, anna);
      assert.equal((await accountPage(site, anna, {}, PAGE, owner)).length, 3);
      assert.deepEqual(idsOf(await accountPage(site, anna, {}, PAGE, anna)), idsOf(posts));
      assert.equal((await accountPage(site, anna, { excludeDirect: true }, PAGE, anna)).length, 3);
    });

    it("leave out answers to others but not to oneself, boosts, and what has no media", async () => {
      const start = await storePost(site, anna, { hashtags: ["Rye"] });
      const goesOn = await storePost(site, anna, { parent: start });
      const answer = await storePost(site, anna, { parent: await storePost(site, ben) });
      const boost = await storeBoost(site, anna, answer);
      const ids = async (filter: object): Promise<number[]> =>
        idsOf(await accountPage(site, anna, filter, PAGE));
      assert.deepEqual(await ids({}), idsOf([boost, answer, goesOn, start]));
      assert.deepEqual(await ids({ excludeReplies: true }), idsOf([boost, goesOn, start]));
      assert.deepEqual(await ids({ excludeBoosts: true }), idsOf([answer, goesOn, start]));
      assert.deepEqual(
        await ids({ excludeReplies: true, excludeBoosts: true, tagged: "RYE" }),
        idsOf([start]),
      );
      assert.deepEqual(await ids({ onlyMedia: true, excludeReplies: true }), []);
    });

    it("give pinned posts by the time of pinning", async () => {
      const early = await storePost(site, owner, { pinnedAt: new Date("2026-02-02T00:00:00Z") });
      const late = await storePost(site, owner, { pinnedAt: new Date("2026-02-01T00:00:00Z") });
      await storePost(site, owner);
      await storePost(site, anna, { pinnedAt: new Date() });
      assert.deepEqual(idsOf(await accountPage(site, owner, { pinned: true }, PAGE)), idsOf([early, late]));
    });
  });

  it("hold quotes that their author was allowed to make", async () => {
    const post = await storePost(site, owner);
    const quote = { uri: post.uri, id: post._id };
    const accepted = await storePost(site, anna, { quote: { ...quote, state: "accepted" } });
    await storePost(site, anna, { quote: { ...quote, state: "pending" } });
    assert.deepEqual(idsOf(await quotesPage(site, post, PAGE)), idsOf([accepted]));
  });
});
