import assert from "node:assert/strict";
import request from "supertest";
import { insertRow } from "../../src/database/native.ts";
import { receivePost } from "../../src/domain/receive.ts";
import { receiveInteraction } from "../../src/domain/interactions.ts";
import { drainOutgoing } from "../../src/domain/outgoing.ts";
import { makeSite, type HandMadeSite } from "../support/make-site.ts";
import { noteBy, storePerson } from "../support/people.ts";
import { ACTIVITY, BROWSER, publish, serve } from "./serving.ts";

describe("collections", () => {
  let made: HandMadeSite;
  let app: ReturnType<typeof serve>;
  const get = (url: string, accept = ACTIVITY) =>
    request(app).get(url.replace("https://blog.example", "")).set("Accept", accept).expect(200);

  before(async () => {
    made = await makeSite();
    app = serve(made.site);
  });
  after(() => made.close());

  /** Reads a collection as another server does: the root, then page after page. */
  async function walk(url: string): Promise<{ root: Record<string, unknown>; pages: unknown[][] }> {
    const { body: root } = await get(url);
    assert.equal(root.id, url);
    assert.equal(root.orderedItems ?? root.items, undefined, "the root holds no items");
    const pages: unknown[][] = [];
    for (let next = root.first as string | undefined; next !== undefined && pages.length < 20;) {
      const { body: page } = await get(next);
      assert.equal(page.id, next);
      assert.equal(page.partOf, url);
      assert.equal(page.type, `${root.type}Page`);
      pages.push(page.orderedItems ?? page.items);
      next = page.next;
    }
    return { root, pages };
  }

  it("of followers and followed count, and page by twenty, newest first", async () => {
    const blog = await made.account("blog");
    for (let id = 1; id <= 45; id += 1)
      for (const [follower, followed, way] of [
        [1000 + id, blog._id, "in"],
        [blog._id, 2000 + id, "out"],
      ] as const)
        await insertRow(made.site.models.follows, {
          _id: id * 10 + (way === "in" ? 1 : 2),
          follower,
          followed,
          state: id === 45 ? "pending" : "accepted",
          uri: `https://remote.example/follows/${way}/${id}`,
          followerUri: `https://remote.example/users/${id}`,
          followedUri: `https://other.example/users/${id}`,
          deliverTo: "https://remote.example/inbox",
          deliverHost: "remote.example",
          createdAt: new Date(),
        });
    await made.site.models.actors.updateOne(
      { _id: blog._id },
      { $set: { followersCount: 44, followingCount: 44 } },
    );
    const followers = await walk("https://blog.example/ap/accounts/blog/followers");
    assert.equal(followers.root.totalItems, 44);
    assert.deepEqual(
      followers.pages.map((page) => page.length),
      [20, 20, 4],
    );
    assert.equal(followers.pages[0]?.[0], "https://remote.example/users/44");
    assert.equal(new Set(followers.pages.flat()).size, 44);
    const following = await walk("https://blog.example/ap/accounts/blog/following");
    assert.equal(following.pages.flat().length, 44);
    assert.equal(following.pages[0]?.[0], "https://other.example/users/44");
  });

  it("of an outbox hold each post in the Create that was sent, or in one that can be fetched", async () => {
    for (let count = 0; count < 23; count += 1) await publish(made.site, { markdown: `loaf ${count}` });
    await drainOutgoing(made.site);
    await publish(made.site, { published: new Date("2001-01-01T00:00:00Z"), markdown: "from before" });
    const { root, pages } = await walk("https://blog.example/ap/accounts/blog/outbox");
    assert.equal(root.totalItems, 24);
    const creates = pages.flat() as { id: string; type: string; object: { id: string; published: string } }[];
    assert.equal(creates.length, 24);
    assert.ok(creates.every((create) => create.type === "Create" && !("@context" in create)));
    const old = creates.at(-1);
    assert.equal(old?.id, `${old?.object.id}/activity`, "never sent: the id lies beneath the post");
    for (const create of [creates[0], old]) {
      const { body } = await get(create?.id ?? "");
      assert.equal(body.id, create?.id);
      assert.equal(body.object.id, create?.object.id);
    }
    assert.match(creates[0]?.id ?? "", /\/ap\/activities\/\d+$/);
  });

  it("of replies, likes, boosts and the whole conversation page too", async () => {
    const post = await publish(made.site);
    for (let count = 0; count < 22; count += 1) {
      const person = await storePerson(made.site, `reader${count}`);
      await receivePost(made.site, person, noteBy(person, { inReplyTo: post.uri }));
      await receiveInteraction(made.site, "like", person, post.uri, `${person.uri}/likes/1`);
      await receiveInteraction(made.site, "boost", person, post.uri, `${person.uri}/boosts/1`);
    }
    for (const name of ["replies", "likes", "shares"]) {
      const { root, pages } = await walk(`${post.uri}/${name}`);
      assert.equal(root.totalItems, 22, name);
      assert.deepEqual(
        pages.map((page) => page.length),
        [20, 2],
        name,
      );
      assert.equal(new Set(pages.flat()).size, 22, name);
    }
    const { root, pages } = await walk(`${post.uri}/context`);
    assert.equal(root.totalItems, undefined, "no counter, no count");
    assert.equal(pages.flat()[0], post.uri);
    assert.equal(new Set(pages.flat()).size, 23);
    assert.equal((await get(post.uri)).body.replies.first.items.length, 5);
  });

  it("with a cursor of nobody are empty, and with nonsense for one begin at the beginning", async () => {
    const { body } = await get("/ap/accounts/blog/followers?page=true&before=1");
    assert.deepEqual(body.orderedItems, []);
    assert.equal(body.next, undefined);
    for (const cursor of ["abc", "-1", "1e5", "9".repeat(40), "%00", "{}", "1&before=2"]) {
      const page = await get(`/ap/accounts/blog/followers?page=true&before=${cursor}`);
      assert.ok(Array.isArray(page.body.orderedItems));
    }
    await get("/ap/accounts/blog/followers?page[]=1&page=2");
  });

  it("of featured posts and tags are there and empty; inboxes show nothing to strangers", async () => {
    for (const path of ["featured", "tags", "inbox"]) {
      const { body } = await get(`/ap/accounts/blog/${path}`, BROWSER);
      assert.deepEqual(body.orderedItems ?? body.items, []);
      assert.equal(body.id, `https://blog.example/ap/accounts/blog/${path}`);
    }
    assert.equal((await get("/ap/inbox")).body.type, "OrderedCollection");
    const refused = await request(app).put("/ap/inbox").expect(405);
    assert.equal(refused.headers["allow"], "GET, HEAD, OPTIONS, POST");
  });
});
