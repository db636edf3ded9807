import assert from "node:assert/strict";
import request from "supertest";
import { alternateLink } from "../../src/activitypub/alternate-link.ts";
import { removePost } from "../../src/domain/posts.ts";
import { makeSite, type HandMadeSite } from "../support/make-site.ts";
import { ACTIVITY, BROWSER, publish, serve } from "./serving.ts";

describe("pages asked for as objects", () => {
  let made: HandMadeSite;
  let app: ReturnType<typeof serve>;
  const get = (path: string, accept = ACTIVITY) => request(app).get(path).set("Accept", accept);

  before(async () => {
    made = await makeSite({
      accounts: [{ username: "blog" }, { username: "ann", url: "https://blog.example/about/ann" }],
    });
    app = serve(made.site);
  });
  after(() => made.close());

  it("answer the same bytes as the id, to every program that asks for them", async () => {
    const post = await publish(made.site);
    const { text } = await get(new URL(post.uri).pathname).expect(200);
    for (const accept of [
      ACTIVITY,
      'application/ld+json; profile="https://www.w3.org/ns/activitystreams", text/html;q=0.1',
    ]) {
      const page = await get(new URL(post.url).pathname, accept).expect(200);
      assert.equal(page.text, text);
      assert.equal(page.headers["content-type"], "application/activity+json; charset=utf-8");
      assert.match(page.headers["vary"] ?? "", /\bAccept\b/);
      assert.equal(
        page.headers["cache-control"],
        "private, max-age=180",
        "no shared cache may show it to a browser",
      );
    }
  });

  it("stay pages for browsers, bots and everybody who takes anything", async () => {
    const post = await publish(made.site);
    for (const accept of [BROWSER, "*/*", "application/json", "text/html, application/activity+json"]) {
      const { text, headers } = await get(new URL(post.url).pathname, accept).expect(200);
      assert.match(text, /^<p>host/);
      assert.match(headers["vary"] ?? "", /\bAccept\b/);
    }
  });

  it("find the post through tracking parameters, a slash at the end, and our own page of it", async () => {
    const post = await publish(made.site);
    const { pathname } = new URL(post.url);
    for (const path of [`${pathname}/`, `${pathname}?utm_source=x`, `/@blog/${post._id}`]) {
      const { body } = await get(path).expect(200);
      assert.equal(body.id, post.uri, path);
    }
    assert.match((await get(`${pathname}?page=2`)).text, /^<p>host/, "another query is another page");
  });

  it("of profiles answer the actor, also on a page of the host's own", async () => {
    assert.equal((await get("/@blog").expect(200)).body.id, "https://blog.example/ap/accounts/blog");
    assert.equal((await get("/@BLOG").expect(200)).body.id, "https://blog.example/ap/accounts/blog");
    assert.equal((await get("/about/ann").expect(200)).body.id, "https://blog.example/ap/accounts/ann");
    assert.match((await get("/@nobody")).text, /^<p>host/);
  });

  it("of followers-only posts are the host's, as if there were no post", async () => {
    const post = await publish(made.site, { visibility: "followers" });
    for (const path of [new URL(post.url).pathname, `/@blog/${post._id}`]) {
      const { text } = await get(path).expect(200);
      assert.match(text, /^<p>host/);
    }
  });

  it("of deleted posts are Tombstones, until something new stands there", async () => {
    const post = await publish(made.site, { url: "https://blog.example/posts/again" });
    await removePost(made.site, post.uri);
    assert.equal((await get("/posts/again").expect(410)).body.type, "Tombstone");
    const second = await publish(made.site, { url: "https://blog.example/posts/again" });
    assert.equal((await get("/posts/again").expect(200)).body.id, second.uri);
    assert.equal((await get(new URL(post.uri).pathname).expect(410)).body.id, post.uri);
  });

  it("touch neither other methods nor addresses that are too long", async () => {
    const post = await publish(made.site);
    const { text } = await request(app).post(new URL(post.url).pathname).set("Accept", ACTIVITY).expect(200);
    assert.match(text, /^<p>host/);
    assert.match((await get(`/${"x".repeat(5000)}`)).text, /^<p>host/);
    await request(app)
      .head(new URL(post.url).pathname)
      .set("Accept", ACTIVITY)
      .expect(200)
      .expect("Content-Type", /activity\+json/);
  });

  it("survive odd paths and hosts", async () => {
    for (const path of ["/%zz", "/%00", "//evil.example/x", "/..%2f..", "/?%E0%A4%A", "/posts/%F0%9F%8D%9E"])
      assert.match((await get(path)).text, /^<p>host|cannot be understood/, path);
    const post = await publish(made.site);
    const forged = await get(new URL(post.url).pathname).set("Host", "evil.example").expect(200);
    assert.equal(forged.body.id, post.uri, "ids come from the options, never from the request");
  });

  it("name their object in a link, unless a stranger may not see it", async () => {
    const post = await publish(made.site);
    assert.deepEqual(alternateLink(post), {
      html: `<link rel="alternate" type="application/activity+json" href="${post.uri}">`,
      header: `<${post.uri}>; rel="alternate"; type="application/activity+json"`,
    });
    assert.equal(alternateLink(await publish(made.site, { visibility: "followers" })), undefined);
    assert.equal(alternateLink({ ...post, deletedAt: new Date() }), undefined);
    assert.equal(alternateLink({ ...post, local: false }), undefined);
  });
});
