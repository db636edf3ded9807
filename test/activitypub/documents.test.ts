import assert from "node:assert/strict";
import express4 from "express4";
import request from "supertest";
import { insertRow } from "../../src/database/native.ts";
import type { PostRow } from "../../src/database/rows.ts";
import { receivePost } from "../../src/domain/receive.ts";
import { receiveInteraction } from "../../src/domain/interactions.ts";
import { removePost, updatePost } from "../../src/domain/posts.ts";
import { drainOutgoing } from "../../src/domain/outgoing.ts";
import { hideComment } from "../../src/domain/comments.ts";
import { snowflake } from "../../src/support/ids.ts";
import { makeSite, type HandMadeSite } from "../support/make-site.ts";
import { noteBy, storePerson } from "../support/people.ts";
import { ACTIVITY, BROWSER, publish, serve } from "./serving.ts";

const PUBLIC = "https://www.w3.org/ns/activitystreams#Public";

for (const [version, make] of [
  ["Express 5", undefined],
  ["Express 4", express4],
] as const) {
  describe(`documents under ${version}`, () => {
    let made: HandMadeSite;
    let app: ReturnType<typeof serve>;
    const get = (url: string, accept = ACTIVITY) =>
      request(app).get(url.replace("https://blog.example", "")).set("Accept", accept);

    before(async () => {
      made = await makeSite({
        accounts: [{ username: "blog", summary: "Bread *mostly*" }, { username: "ann" }],
      });
      app = serve(made.site, make);
    });
    after(() => made.close());

    describe("an actor", () => {
      it("is served with everything that readers demand", async () => {
        const { body, headers } = await get("/ap/accounts/blog").expect(200);
        assert.equal(headers["content-type"], "application/activity+json; charset=utf-8");
        assert.equal(headers["vary"], "Accept, Signature");
        assert.equal(headers["cache-control"], "public, max-age=180");
        assert.equal(body.id, "https://blog.example/ap/accounts/blog");
        assert.equal(body.type, "Person");
        assert.match(body.publicKey.publicKeyPem, /^-----BEGIN PUBLIC KEY-----\n/);
        for (const name of ["inbox", "outbox", "followers", "following", "featured", "featuredTags", "url"])
          assert.match(body[name], /^https:\/\/blog\.example\//, name);
      });

      it("is redirected to its one spelling", async () => {
        const { headers } = await get("/ap/accounts/BLOG").expect(301);
        assert.equal(headers["location"], "https://blog.example/ap/accounts/blog");
      });

      it("is an Application for the site itself, with empty collections", async () => {
        const { body } = await get("/ap/actor").expect(200);
        assert.equal(body.type, "Application");
        assert.equal(body.inbox, "https://blog.example/ap/inbox");
        for (const name of ["outbox", "followers", "following"]) {
          const collection = await get(body[name]).expect(200);
          assert.equal(collection.body.totalItems, 0);
        }
      });

      it("is nobody for strangers, the site's inner name, and names that are paths", async () => {
        for (const name of [
          "nobody",
          "*site",
          "%2asite",
          "..%2factor",
          "blog%00",
          "x".repeat(5000),
          "blog.json",
          "%7B%7D",
        ])
          await get(`/ap/accounts/${name}`).expect(404);
        await get("/ap/accounts/%zz").expect(400);
      });
    });

    describe("a post", () => {
      let post: PostRow;
      before(async () => {
        post = await publish(made.site, { markdown: "Bread, *mostly*. #rye" });
      });

      it("is served as an Article with a context, to everybody who does not put HTML first", async () => {
        for (const accept of [
          ACTIVITY,
          "*/*",
          "application/json",
          'application/ld+json; profile="https://www.w3.org/ns/activitystreams"',
        ]) {
          const { body } = await get(post.uri, accept).expect(200);
          assert.equal(body["@context"][0], "https://www.w3.org/ns/activitystreams");
          assert.equal(body.id, post.uri);
          assert.equal(body.type, "Article");
          assert.deepEqual(body.to, [PUBLIC]);
          assert.equal(body.url, post.url);
        }
        await request(app)
          .get(new URL(post.uri).pathname)
          .unset("Accept")
          .expect(200)
          .expect("Content-Type", /activity\+json/);
      });

      it("sends a browser to the page, and says that it depends on Accept", async () => {
        const { headers } = await get(post.uri, BROWSER).expect(303);
        assert.equal(headers["location"], post.url);
        assert.match(headers["vary"] ?? "", /Accept/);
        assert.doesNotMatch(headers["cache-control"] ?? "", /public/);
        const profile = await get("/ap/accounts/blog", BROWSER).expect(303);
        assert.equal(profile.headers["location"], "https://blog.example/@blog");
      });

      it("answers 406 to who takes nothing that there is", async () => {
        const { body } = await get(post.uri, "image/png").expect(406);
        assert.equal(body.reason, "not-acceptable");
        await get(`${post.uri}/likes`, "text/html").expect(406);
        await get(`${post.uri}/likes`, BROWSER).expect(200);
      });

      it("answers 304 to who has it, and 200 after an edit", async () => {
        const first = await get(post.uri).expect(200);
        const { etag = "" } = first.headers;
        assert.match(etag, /^"[\w-]+"$/);
        for (const given of [etag, `W/${etag}`, `"other", ${etag}`, "*"]) {
          const again = await get(post.uri).set("If-None-Match", given).expect(304);
          assert.equal(again.text, "");
          assert.equal(again.headers["etag"], etag);
          assert.equal(again.headers["vary"], "Accept, Signature");
        }
        await updatePost(made.site, post.uri, { markdown: "Bread, only." });
        const edited = await get(post.uri).set("If-None-Match", etag).expect(200);
        assert.notEqual(edited.headers["etag"], etag);
        assert.match(edited.body.content, /only/);
        assert.ok(Date.parse(edited.body.updated) > Date.parse(edited.body.published));
      });

      it("answers HEAD like GET without a body", async () => {
        const whole = await get(post.uri).expect(200);
        const head = await request(app).head(new URL(post.uri).pathname).set("Accept", ACTIVITY).expect(200);
        assert.equal(head.headers["etag"], whole.headers["etag"]);
        assert.equal(head.headers["content-length"], String(Buffer.byteLength(whole.text)));
        assert.equal(head.text, undefined);
      });

      it("refuses to be written to", async () => {
        for (const method of ["post", "put", "patch", "delete"] as const) {
          const { headers } = await request(app)[method](new URL(post.uri).pathname).expect(405);
          assert.equal(headers["allow"], "GET, HEAD, OPTIONS");
        }
        await request(app)
          .options(new URL(post.uri).pathname)
          .expect(204)
          .expect("Access-Control-Allow-Origin", "*");
      });

      it("has one spelling of its number", async () => {
        const path = `/ap/posts/${post._id}`;
        await get(path).expect(200);
        for (const id of [
          `0${post._id}`,
          `${post._id}.0`,
          "1e15",
          "-1",
          "0x1",
          "%20",
          `${post._id}%20`,
          "9".repeat(17),
          "NaN",
          "..%2f..%2fap",
          "%7B%22$gt%22:0%7D",
        ])
          await get(`/ap/posts/${id}`).expect(404);
      });

      it("is counted in its own document as soon as somebody likes it", async () => {
        const fan = await storePerson(made.site, "fan", {
          host: `${version.replace(" ", "").toLowerCase()}.example`,
        });
        await receiveInteraction(made.site, "like", fan, post.uri, `${fan.uri}/likes/1`);
        const { body } = await get(post.uri).expect(200);
        assert.equal(body.likes.totalItems, 1);
        const page = await get(`${post.uri}/likes?page=true`).expect(200);
        assert.deepEqual(page.body.items, [`${fan.uri}/likes/1`]);
        assert.equal((await get(`${post.uri}/shares`).expect(200)).body.totalItems, 0);
      });
    });

    describe("what a stranger may not see", () => {
      for (const visibility of ["followers", "direct"] as const)
        it(`is a ${visibility} post, in any of its addresses, counts or lists`, async () => {
          const before = (await get("/ap/accounts/ann/outbox").expect(200)).body.totalItems as number;
          const secret = await publish(made.site, {
            author: "ann",
            // The option offers no direct posts; one is made from a followers-only one.
            visibility: "followers",
            markdown: "a secret",
          });
          if (visibility === "direct")
            await made.site.models.posts.updateOne({ _id: secret._id }, { $set: { visibility: "direct" } });
          await drainOutgoing(made.site);
          for (const below of [
            "",
            "/replies",
            "/likes",
            "/shares",
            "/context",
            "/activity",
            "/replies?page=true",
          ])
            await get(`${secret.uri}${below}`).expect(404);
          await get(secret.uri, BROWSER).expect(404);
          const page = await get(secret.url).expect(200);
          assert.match(page.text, /^<p>host/, "the host answers its own page");
          assert.equal((await get("/ap/accounts/ann/outbox").expect(200)).body.totalItems, before);
          const outbox = await get("/ap/accounts/ann/outbox?page=true").expect(200);
          assert.doesNotMatch(outbox.text, /a secret/);
          for (const activity of await made.site.models.activities.find({ object: secret.uri }).lean())
            await get(activity.uri).expect(404);
        });

      it("is a post of somebody else", async () => {
        const person = await storePerson(made.site, "eve", {
          host: `eve${version.replace(" ", "")}.example`.toLowerCase(),
        });
        const post = await publish(made.site);
        await receivePost(made.site, person, noteBy(person, { inReplyTo: post.uri }));
        const comment = await made.site.models.posts.findOne({ authorUri: person.uri }).lean();
        await get(`/ap/posts/${comment?._id}`).expect(404);
        await get(`/ap/posts/${comment?._id}/replies`).expect(404);
      });

      it("is a hidden comment, in no list and no count", async () => {
        const person = await storePerson(made.site, "troll", {
          host: `troll${version.replace(" ", "")}.example`.toLowerCase(),
        });
        const post = await publish(made.site);
        const rude = noteBy(person, { inReplyTo: post.uri });
        const secret = noteBy(person, { inReplyTo: post.uri, visibility: "followers", to: [], cc: [] });
        await receivePost(made.site, person, rude);
        await receivePost(made.site, person, secret);
        assert.deepEqual((await get(`${post.uri}/replies?page=true`)).body.items, [rude.uri]);
        assert.equal((await get(`${post.uri}/replies`)).body.totalItems, 1);
        assert.deepEqual((await get(post.uri)).body.replies.first.items, [rude.uri]);
        assert.deepEqual((await get(`${post.uri}/context?page=true`)).body.orderedItems, [
          post.uri,
          rude.uri,
        ]);
        await hideComment(made.site, rude.uri);
        assert.deepEqual((await get(`${post.uri}/replies?page=true`)).body.items, []);
        assert.equal((await get(`${post.uri}/replies`)).body.totalItems, 0);
        assert.deepEqual((await get(post.uri)).body.replies.first.items, []);
        assert.deepEqual((await get(`${post.uri}/context?page=true`)).body.orderedItems, [post.uri]);
      });
    });

    describe("a deleted post", () => {
      it("is a Tombstone everywhere it was known, for good", async () => {
        const post = await publish(made.site);
        await get(post.uri).expect(200);
        await removePost(made.site, post.uri);
        for (const url of [post.uri, post.url]) {
          const { body, headers } = await get(url).expect(410);
          assert.equal(headers["content-type"], "application/activity+json; charset=utf-8");
          assert.equal(headers["cache-control"], "no-cache");
          assert.equal(body.type, "Tombstone");
          assert.equal(body.id, post.uri);
          assert.equal(body.formerType, "Article");
          assert.equal(body.content, undefined);
        }
        await get(`${post.uri}/replies`).expect(410);
        await get(`${post.uri}/activity`).expect(410);
        assert.doesNotMatch((await get("/ap/accounts/blog/outbox?page=true")).text, new RegExp(post.uri));
      });

      it("was never there for strangers where it was for followers only", async () => {
        const post = await publish(made.site, { visibility: "followers" });
        await removePost(made.site, post.uri);
        await get(post.uri).expect(404);
      });

      it("takes the activities that told of it along, but not the Delete", async () => {
        const post = await publish(made.site, { markdown: "soon gone" });
        await drainOutgoing(made.site);
        const create = await made.site.models.activities.findOne({ object: post.uri, type: "Create" }).lean();
        const sent = await get(create?.uri ?? "").expect(200);
        assert.equal(sent.text, create?.body, "the bytes as they were sent");
        await removePost(made.site, post.uri);
        await drainOutgoing(made.site);
        await get(create?.uri ?? "").expect(410);
        const remove = await made.site.models.activities.findOne({ object: post.uri, type: "Delete" }).lean();
        assert.equal((await get(remove?.uri ?? "").expect(200)).body.object.type, "Tombstone");
      });
    });

    describe("an activity", () => {
      it("that was not for everybody is not shown, nor one that never was", async () => {
        const blog = await made.account("blog");
        const _id = snowflake(new Date());
        await insertRow(made.site.models.activities, {
          _id,
          uri: made.site.urls.activity(_id),
          type: "Accept",
          actor: blog._id,
          object: "https://remote.example/follows/1",
          body: "{}",
          digest: "",
          toFollowers: false,
          inboxes: [],
          public: false,
          createdAt: new Date(),
        });
        await get(`/ap/activities/${_id}`).expect(404);
        await get("/ap/activities/1").expect(404);
        await get("/ap/activities/01").expect(404);
      });

      it("shows the text as it is now where an edit took something back", async () => {
        const post = await publish(made.site, { markdown: "my address is 1 Rye Lane" });
        await drainOutgoing(made.site);
        const create = await made.site.models.activities.findOne({ object: post.uri, type: "Create" }).lean();
        await updatePost(made.site, post.uri, { markdown: "come to the bakery" });
        const { text, body } = await get(create?.uri ?? "").expect(200);
        assert.doesNotMatch(text, /Rye Lane/);
        assert.equal(body.id, create?.uri);
        assert.equal(body.type, "Create");
        assert.match(body.object.content, /bakery/);
      });
    });

    it("leaves everything else to the host", async () => {
      for (const path of [
        "/",
        "/ap",
        "/ap/else",
        "/ap/accounts",
        "/ap/accounts/blog/liked",
        "/.well-known/other",
        "/posts/x",
      ]) {
        const { text } = await get(path, BROWSER).expect(200);
        assert.match(text, /^<p>host/, path);
      }
    });
  });
}
