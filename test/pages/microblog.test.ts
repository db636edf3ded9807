import assert from "node:assert/strict";
import request from "supertest";
import { receivePost } from "../../src/domain/receive.ts";
import { receiveInteraction } from "../../src/domain/interactions.ts";
import { removePost, updatePost } from "../../src/domain/posts.ts";
import { MINUTE } from "../../src/support/clock.ts";
import { noteBy, storePerson } from "../support/people.ts";
import { HOSTILE, runsNothing, stage, type Stage } from "./stage.ts";

describe("the microblog", () => {
  let made: Stage;
  beforeEach(async () => {
    made = await stage({
      accounts: [
        {
          username: "blog",
          name: "The Example Blog",
          summary: "Bread, **mostly**.",
          avatar: "https://blog.example/avatar.png",
          header: { url: "https://cdn.example/header.png", alt: "Ears of wheat" },
          fields: [
            { name: "Shop", value: "https://shop.example" },
            { name: "Since", value: "2019" },
          ],
        },
        { username: "shy", discoverable: false },
      ],
    });
  });
  afterEach(() => made.close());

  const get = (path: string) => request(made.app).get(path);

  describe("of an account", () => {
    it("shows who it is", async () => {
      const { text } = await get("/@blog").expect(200).expect("content-type", /html/);
      for (const part of [
        "The Example Blog",
        "@blog@blog.example",
        "<strong>mostly</strong>",
        'alt="Ears of wheat"',
        "<dt>Since</dt><dd>2019</dd>",
        "<strong>0</strong> followers",
      ])
        assert.ok(text.includes(part), part);
      assert.match(text, /href="\/fediverse\/follow\?account&#x3D;blog"/);
    });

    it("takes its name in any capitals, and leaves strangers to the host", async () => {
      await get("/@BLOG").expect(200);
      for (const path of [
        "/@nobody",
        "/@*site",
        "/@blog.evil",
        "/@",
        `/@${"x".repeat(40)}`,
        "/@blog/about",
        "/@blog/1",
      ])
        await get(path).expect(404, "the host");
    });

    it("shows articles by title and excerpt, notes in full", async () => {
      await made.publish({
        url: "https://blog.example/posts/rye",
        title: "In praise of rye",
        markdown: "Everything you learnt about wheat is wrong here.",
        tags: ["rye"],
      });
      made.clock.advance(MINUTE);
      await made.publish({ markdown: "The oven *is* hot." });
      const { text } = await get("/@blog").expect(200);
      assert.match(
        text,
        /<h2[^>]*><a href="https:\/\/blog\.example\/posts\/rye">In praise of rye<\/a><\/h2>/,
      );
      assert.match(text, /Everything you learnt/);
      assert.match(text, /<p>The oven <em>is<\/em> hot\.<\/p>/);
      assert.match(text, /href="\/tags\/rye" rel="tag"/);
      assert.ok(text.indexOf("oven") < text.indexOf("rye"), "newest first");
    });

    it("keeps to itself what is not for everybody", async () => {
      await made.publish({ markdown: "for followers only", visibility: "followers" });
      await made.publish({ markdown: "quietly public", visibility: "unlisted" });
      const { text } = await get("/@blog");
      assert.doesNotMatch(text, /for followers only/);
      assert.match(text, /quietly public/);
    });

    it("is paged, and the pages lead both ways without losing a post", async () => {
      for (let n = 1; n <= 45; n += 1) {
        await made.publish({ markdown: `post number ${n}.` });
        made.clock.advance(MINUTE);
      }
      const seen: number[] = [];
      const paths: string[] = [];
      for (let path: string | undefined = "/@blog"; path !== undefined;) {
        paths.push(path);
        const { text, headers }: { text: string; headers: Record<string, string> } =
          await get(path).expect(200);
        for (const match of text.matchAll(/post number (\d+)\./g)) seen.push(Number(match[1]));
        const next: string | undefined = /<link rel="next" href="([^"]+)"/.exec(text)?.[1];
        if (next !== undefined) assert.match(headers["link"] ?? "", /rel="next"/);
        path = next?.replaceAll("&#x3D;", "=");
      }
      assert.deepEqual(
        seen,
        Array.from({ length: 45 }, (_, n) => 45 - n),
      );
      assert.equal(paths.length, 3);
      const last = (await get(paths[2] ?? "")).text;
      const back = /<a rel="prev" href="([^"]+)"/.exec(last)?.[1]?.replaceAll("&#x3D;", "=") ?? "";
      const { text } = await get(back);
      assert.match(text, /post number 25\./);
      assert.match(text, /post number 6\./);
      assert.doesNotMatch(text, /post number 5\./);
      assert.match(text, /rel="prev"/);
    });

    it("takes cursors that are none for the beginning", async () => {
      await made.publish({ markdown: "hello" });
      for (const query of ["before=abc", "before=-1", "after=1e9", "before=1&before=2", "before[$gt]=1"])
        assert.match((await get(`/@blog?${query}`).expect(200)).text, /hello/, query);
    });

    it("tells programs where its object and feeds are", async () => {
      const { text, headers } = await get("/@blog");
      assert.match(
        text,
        /<link rel="alternate" href="https:\/\/blog\.example\/ap\/accounts\/blog" type="application\/activity\+json">/,
      );
      assert.match(text, /href="\/@blog\/feed\.xml" type="application\/rss\+xml"/);
      assert.match(text, /<link rel="me" href="https:\/\/shop\.example\/?">/);
      assert.match(text, /name="fediverse:creator" content="@blog@blog\.example"/);
      assert.match(text, /property="og:title"/);
      assert.match(headers["link"] ?? "", /<https:\/\/blog\.example\/ap\/accounts\/blog>; rel="alternate"/);
      assert.match(headers["vary"] ?? "", /Accept/i);
      assert.doesNotMatch(text, /noindex/);
      assert.match((await get("/@shy")).text, /<meta name="robots" content="noindex">/);
    });

    it("is not sent again to who has it", async () => {
      const first = await get("/@blog").expect(200);
      const etag = first.headers["etag"] ?? "";
      await get("/@blog").set("If-None-Match", etag).expect(304);
      await made.publish({ markdown: "something new" });
      const { headers } = await get("/@blog").set("If-None-Match", etag).expect(200);
      assert.notEqual(headers["etag"], etag);
    });

    it("allows nothing inline, nothing foreign, no frame around it", async () => {
      const { headers, text } = await get("/@blog");
      const policy = headers["content-security-policy"] ?? "";
      for (const part of [
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "frame-ancestors 'none'",
        "base-uri 'none'",
      ])
        assert.ok(policy.includes(part), part);
      assert.doesNotMatch(policy, /unsafe/);
      assert.equal(headers["x-content-type-options"], "nosniff");
      assert.ok(headers["referrer-policy"]);
      assert.doesNotMatch(text, /\sstyle=/);
      assert.doesNotMatch(
        text.replaceAll(/(?:content|href)="[^"]*"/g, ""),
        /cdn\.example/,
        "pictures come through us",
      );
    });
  });

  describe("of one post", () => {
    const path = (post: { _id: number }): string => `/@blog/${post._id}`;

    it("shows it whole, with its thread, counts and faces", async () => {
      const post = await made.publish({
        title: "Rye",
        markdown: "Stir it like *mortar*.",
        tags: ["rye"],
        published: new Date("2026-01-15"),
      });
      const anna = await storePerson(made.site, "anna", {
        icon: { type: "Image", url: "https://remote.example/anna.png" },
      });
      const ben = await storePerson(made.site, "ben");
      const first = noteBy(anna, { inReplyTo: post.uri, content: "<p>Lovely!</p>" });
      await receivePost(made.site, anna, first);
      await receivePost(
        made.site,
        ben,
        noteBy(ben, {
          inReplyTo: first.uri,
          content: "<p>Indeed.</p>",
          published: new Date("2026-02-28T11:00:00Z"),
        }),
      );
      await receiveInteraction(made.site, "like", ben, post.uri, "https://remote.example/likes/1");
      const { text } = await get(path(post)).expect(200);
      assert.match(text, /<h1 class="p-name">Rye<\/h1>/);
      assert.match(text, /like <em>mortar<\/em>/);
      assert.match(text, /2 comments/);
      assert.match(text, /Lovely![\s\S]*<ol class="fedi-thread">[\s\S]*Indeed\./);
      assert.match(text, /Liked by[\s\S]*@ben@remote\.example/);
      assert.match(text, /\/fediverse\/media\/[\w-]+\/[\w-]+/);
      assert.doesNotMatch(text, /src="https:\/\/remote\.example/);
    });

    it("names the post's own place, not the page, as canonical", async () => {
      const there = await made.publish({
        url: "https://blog.example/posts/rye",
        title: "Rye",
        markdown: "x",
      });
      assert.match(
        (await get(path(there))).text,
        /<link rel="canonical" href="https:\/\/blog\.example\/posts\/rye">/,
      );
      const here = await made.publish({ markdown: "A note." });
      assert.ok(
        (await get(path(here))).text.includes(
          `<link rel="canonical" href="https://blog.example${path(here)}">`,
        ),
      );
    });

    it("is 410 once deleted, and nobody's before it was public", async () => {
      const post = await made.publish({ markdown: "a secret recipe" });
      const hidden = await made.publish({ markdown: "for followers", visibility: "followers" });
      await removePost(made.site, post.uri);
      const { text } = await get(path(post)).expect(410);
      assert.match(text, /has been deleted/);
      assert.doesNotMatch(text, /recipe/);
      await get(path(hidden)).expect(404, "the host");
      await removePost(made.site, hidden.uri);
      await get(path(hidden)).expect(404, "the host");
    });

    it("is not found under another account", async () => {
      const post = await made.publish({ markdown: "mine" });
      await get(`/@shy/${post._id}`).expect(404, "the host");
    });

    it("folds what is behind a warning, and says when it was edited", async () => {
      const post = await made.publish({ markdown: "spiders everywhere", warning: "spiders" });
      made.clock.advance(MINUTE);
      await updatePost(made.site, post.uri, { markdown: "spiders everywhere, still" });
      const { text } = await get(path(post));
      assert.match(
        text,
        /<details class="warning"><summary>spiders<\/summary>\s*<div[^>]*><p>spiders everywhere, still/,
      );
      assert.match(text, /edited <time class="dt-updated"/);
      assert.doesNotMatch(/<head>[\s\S]*<\/head>/.exec(text)?.[0] ?? "", /everywhere/);
    });

    it("keeps unlisted posts out of search engines", async () => {
      const post = await made.publish({ markdown: "quiet", visibility: "unlisted" });
      assert.match((await get(path(post))).text, /noindex/);
    });

    it("shows pictures with their descriptions through our proxy, and foreign films as links", async () => {
      const post = await made.publish({
        markdown: "Look: ![in the text](https://cdn.example/inline.png)",
        attachments: [
          { url: "https://cdn.example/a.png", alt: 'A "loaf"', mediaType: "image/png" },
          { url: "https://cdn.example/film.mp4", alt: "A film", mediaType: "video/mp4" },
          { url: "https://blog.example/own.mp4", alt: "Our film", mediaType: "video/mp4" },
        ],
      });
      const { text } = await get(path(post));
      assert.match(
        text,
        /<img class="u-photo" src="https:\/\/blog\.example\/fediverse\/media\/[^"]+" alt="A &quot;loaf&quot;"/,
      );
      assert.match(text, /<a class="file" href="https:\/\/cdn\.example\/film\.mp4"[^>]*>A film<\/a>/);
      assert.match(text, /<video src="https:\/\/blog\.example\/own\.mp4" controls preload="none"/);
      assert.doesNotMatch(text, /<(?:img|video)[^>]*src="https:\/\/cdn/);
      assert.equal(text.match(/alt="in the text"/g)?.length, 1, "a picture of the text is not shown twice");
    });

    it("counts on the page of an answer only what answers that", async () => {
      const post = await made.publish({ markdown: "Rye." });
      const anna = await storePerson(made.site, "anna");
      const note = noteBy(anna, { inReplyTo: post.uri });
      await receivePost(made.site, anna, note);
      const answer = await made.publish({ markdown: "Thank you.", inReplyTo: note.uri });
      const { text } = await get(path(answer));
      assert.match(text, /No comments yet/);
      assert.match(text, new RegExp(`u-in-reply-to" href="${note.uri}"`));
    });

    it("shows what answers an answer, however much else was said in the thread between", async () => {
      const minute = (count: number): Date => new Date(Date.UTC(2026, 1, 1, 0, count));
      const post = await made.publish({ markdown: "Rye.", published: new Date("2026-01-15") });
      const anna = await storePerson(made.site, "anna");
      const answer = await made.publish({ markdown: "More.", inReplyTo: post.uri, published: minute(0) });
      for (let count = 1; count <= 60; count += 1)
        await receivePost(made.site, anna, noteBy(anna, { inReplyTo: post.uri, published: minute(count) }));
      const first = noteBy(anna, {
        inReplyTo: answer.uri,
        content: "<p>Of what?</p>",
        published: minute(90),
      });
      await receivePost(made.site, anna, first);
      await receivePost(
        made.site,
        anna,
        noteBy(anna, { inReplyTo: first.uri, content: "<p>Of rye!</p>", published: minute(91) }),
      );
      const { text } = await get(path(answer));
      assert.match(text, /2 comments[\s\S]*Of what\?[\s\S]*Of rye!/);
    });
  });

  describe("of a tag", () => {
    it("lists public posts, whatever the capitals", async () => {
      await made.publish({ markdown: "One #RyeBread" });
      await made.publish({ markdown: "Two #ryebread", visibility: "unlisted" });
      const { text } = await get("/tags/ryebread").expect(200);
      assert.match(text, /One/);
      assert.doesNotMatch(text, /Two/);
      await get("/tags/RYEBREAD").expect(200);
      await get("/tags/ryebread/feed.xml").expect(200).expect("content-type", /rss/);
    });

    it("is the host's where we have nothing", async () => {
      for (const path of [
        "/tags/nothing",
        "/tags/%21%21",
        `/tags/${"x".repeat(300)}`,
        "/tags/",
        "/tags/nothing/feed.xml",
      ])
        await get(path).expect(404, "the host");
    });
  });

  describe("full of hostile text", () => {
    it("runs nothing, wherever it stands", async () => {
      const evil = await stage({
        accounts: [
          { username: "blog", name: HOSTILE, summary: HOSTILE, fields: [{ name: HOSTILE, value: HOSTILE }] },
        ],
      });
      const post = await evil.publish({
        title: HOSTILE,
        html: `<p>${HOSTILE}</p><svg onload=alert(1)><a href="javascript:alert(1)">x</a>`,
        summary: HOSTILE,
        tags: [HOSTILE, "ok"],
        warning: HOSTILE,
        attachments: [{ url: 'https://x.example/?"><script>', alt: HOSTILE, mediaType: "image/png" }],
        language: "en",
      });
      const mallory = await storePerson(evil.site, "mallory", {
        name: HOSTILE,
        url: "javascript:alert(1)",
        icon: { type: "Image", url: 'https://x.example/"onerror="alert(1)' },
      });
      await receivePost(
        evil.site,
        mallory,
        noteBy(mallory, {
          inReplyTo: post.uri,
          url: "javascript:alert(document.domain)",
          content: `<p>${HOSTILE}</p><iframe src=//evil.example></iframe>`,
          warning: HOSTILE,
          attachments: [{ type: "Image", url: "javascript:alert(1)", alt: HOSTILE }],
        }),
      );
      await receiveInteraction(evil.site, "boost", mallory, post.uri, "https://remote.example/boosts/1");
      for (const path of [
        "/@blog",
        `/@blog/${post._id}`,
        "/tags/ok",
        "/fediverse/follow?account=blog",
        `/fediverse/comments?url=${encodeURIComponent(post.url)}`,
      ]) {
        const { text } = await request(evil.app).get(path).expect(200);
        assert.ok(runsNothing(text), `${path}\n${text}`);
        assert.doesNotMatch(text, /<iframe|<svg|href="javascript/i, path);
      }
      await evil.close();
    });

    it("is only text in addresses, too", async () => {
      await made.publish({ markdown: "hello #ok" });
      for (const path of [
        `/@blog?before=${encodeURIComponent(HOSTILE)}`,
        `/@blog/${encodeURIComponent(HOSTILE)}`,
        `/tags/${encodeURIComponent(`ok${HOSTILE}`)}`,
        `/tags/ok?x=${encodeURIComponent(HOSTILE)}`,
        "/@blog?%0d%0aSet-Cookie:x=1",
      ]) {
        const { text, headers } = await get(path);
        assert.ok(runsNothing(text), path);
        assert.equal(headers["set-cookie"], undefined, path);
      }
    });
  });
});
