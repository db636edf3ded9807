import assert from "node:assert/strict";
import request from "supertest";
import type { ActorRow, PostRow } from "../../src/database/rows.ts";
import { hideComment } from "../../src/domain/comments.ts";
import { receivePost } from "../../src/domain/receive.ts";
import { receiveInteraction } from "../../src/domain/interactions.ts";
import { removePost } from "../../src/domain/posts.ts";
import { noteBy, storePerson } from "../support/people.ts";
import { stage, type Stage } from "./stage.ts";

const PAGE = "https://blog.example/posts/rye";

describe("comments for any site", () => {
  let made: Stage;
  let post: PostRow;
  let anna: ActorRow;
  beforeEach(async () => {
    made = await stage();
    post = await made.publish({
      url: PAGE,
      title: "Rye",
      markdown: "Stir.",
      published: new Date("2026-01-15"),
    });
    anna = await storePerson(made.site, "anna", {
      icon: { type: "Image", url: "https://remote.example/anna.png" },
    });
  });
  afterEach(() => made.close());

  const ask = (url: string, more = "") =>
    request(made.app).get(`/fediverse/comments?url=${encodeURIComponent(url)}${more}`);
  const reply = async (more: Parameters<typeof noteBy>[1] = {}) => {
    const note = noteBy(anna, { inReplyTo: PAGE, ...more });
    await receivePost(made.site, anna, note);
    return note;
  };
  const minute = (n: number): Date => new Date(Date.UTC(2026, 1, 1, 0, n));

  it("are a fragment of HTML with absolute addresses", async () => {
    await reply({ content: "<p>Lovely.</p>" });
    const { text, headers } = await ask(PAGE)
      .expect(200)
      .expect("content-type", /text\/html/);
    assert.doesNotMatch(text, /<html|<head>|<script/);
    assert.match(text, /1 comment<\/h2>/);
    assert.match(text, /<p>Lovely\.<\/p>/);
    for (const [, address = ""] of text.matchAll(/(?:href|src)="([^"]*)"/g))
      assert.match(address, /^https:\/\//);
    assert.equal(headers["access-control-allow-origin"], "*");
    assert.match(headers["vary"] ?? "", /Accept/i);
    assert.match(headers["content-security-policy"] ?? "", /sandbox/);
  });

  it("are JSON by Accept, and at an address of their own", async () => {
    const note = await reply({
      content: "<p>Lovely.</p>",
      attachments: [{ type: "Image", url: "https://remote.example/loaf.png", alt: "A loaf" }],
    });
    await receiveInteraction(made.site, "like", anna, post.uri, "https://remote.example/likes/1");
    const byAccept = await ask(PAGE).set("Accept", "application/json").expect("content-type", /json/);
    const { body } = await request(made.app).get(`/fediverse/comments.json?url=${PAGE}`).expect(200);
    assert.deepEqual(body, byAccept.body);
    assert.equal(body.total, 1);
    assert.equal(body.post.uri, post.uri);
    assert.equal(body.comments[0].uri, note.uri);
    assert.equal(body.comments[0].author.handle, "@anna@remote.example");
    assert.match(body.comments[0].author.avatar, /^https:\/\/blog\.example\/fediverse\/media\//);
    assert.match(body.comments[0].attachments[0].preview, /^https:\/\/blog\.example\/fediverse\/media\//);
    assert.deepEqual([body.reactions.likes, body.reactions.likers.length], [1, 1]);
  });

  it("are HTML for a browser's Accept", async () => {
    await ask(PAGE)
      .set("Accept", "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8")
      .expect("content-type", /html/);
  });

  it("ask for an address", async () => {
    for (const query of [
      "",
      "?url=",
      "?url=rye",
      "?url=/posts/rye",
      "?url=a&url=b",
      "?url[x]=1",
      `?url=https://x.example/${"x".repeat(3000)}`,
    ])
      await request(made.app)
        .get(`/fediverse/comments.json${query}`)
        .expect(400)
        .expect("access-control-allow-origin", "*")
        .expect(({ body }) => assert.match(body.error, /\?url=/));
    const { text } = await request(made.app)
      .get("/fediverse/comments")
      .set("Accept", "text/html")
      .expect(400);
    assert.match(text, /Something is missing/);
  });

  it("are none for a page of ours that is no post yet, and 404 for others' pages", async () => {
    const { body } = await request(made.app)
      .get("/fediverse/comments.json?url=https://blog.example/posts/new")
      .expect(200);
    assert.deepEqual([body.post, body.total, body.comments], [null, 0, []]);
    await request(made.app).get("/fediverse/comments.json?url=https://other.example/posts/rye").expect(404);
    await request(made.app)
      .get("/fediverse/comments.json?url=https://blog.example.evil.example/")
      .expect(404);
  });

  it("are known for a post whose page is on another host", async () => {
    const there = await made.publish({ url: "https://static.example/rye/", title: "Rye", markdown: "x" });
    await receivePost(made.site, anna, noteBy(anna, { inReplyTo: there.uri }));
    const { body } = await request(made.app)
      .get("/fediverse/comments.json?url=https://static.example/rye")
      .expect(200);
    assert.equal(body.total, 1);
  });

  it("are threaded, folded behind warnings, and marked where the author answers", async () => {
    const note = await reply({ published: minute(1) });
    await reply({ published: minute(2), content: "<p>Spoiler!</p>", warning: "the ending" });
    await made.publish({ markdown: "Thank you.", inReplyTo: note.uri, published: minute(3) });
    const { text } = await ask(PAGE);
    assert.match(
      text,
      /Lovely crumb[\s\S]*<ol class="fedi-thread">[\s\S]*fedi-badge[\s\S]*Thank you\.[\s\S]*<\/ol>[\s\S]*<summary>the ending/,
    );
    assert.match(
      text,
      /<details class="fedi-warning"><summary>the ending<\/summary>\s*<div[^>]*><p>Spoiler!/,
    );
  });

  it("cover sensitive pictures", async () => {
    await reply({
      sensitive: true,
      attachments: [{ type: "Image", url: "https://remote.example/x.png", alt: "Something" }],
    });
    assert.match(
      (await ask(PAGE)).text,
      /<details class="fedi-warning"><summary>Sensitive picture: Something<\/summary>/,
    );
  });

  it("are neither the hidden nor the private nor the deleted ones", async () => {
    const hidden = await reply({ content: "<p>HIDDEN</p>" });
    await hideComment(made.site, hidden.uri);
    await reply({ content: "<p>PRIVATE</p>", visibility: "direct" });
    await reply({ content: "<p>FRIENDS</p>", visibility: "followers" });
    assert.doesNotMatch((await ask(PAGE)).text, /HIDDEN|PRIVATE|FRIENDS/);
    await removePost(made.site, post.uri);
    const { body } = await ask(PAGE).set("Accept", "application/json").expect(200);
    assert.deepEqual(body.comments, []);
  });

  it("are paged", async () => {
    for (let n = 0; n < 7; n += 1) await reply({ content: `<p>number ${n}.</p>`, published: minute(n) });
    const seen: string[] = [];
    let path: string | undefined = `/fediverse/comments?url=${encodeURIComponent(PAGE)}&limit=3`;
    while (path !== undefined) {
      const { text }: { text: string } = await request(made.app).get(path).expect(200);
      seen.push(...[...text.matchAll(/number (\d)\./g)].map(([, n = ""]) => n));
      const more: string | undefined = /rel="next" href="https:\/\/blog\.example([^"]+)"/.exec(text)?.[1];
      path =
        more === undefined ? undefined : `${more.replaceAll("&#x3D;", "=").replaceAll("&amp;", "&")}&limit=3`;
    }
    assert.deepEqual(seen, ["0", "1", "2", "3", "4", "5", "6"]);
    for (const limit of ["0", "-5", "abc", "1e9", "2.5"])
      assert.equal(
        (await request(made.app).get(`/fediverse/comments.json?url=${PAGE}&limit=${limit}`)).body.total,
        7,
        limit,
      );
  });

  it("stay readable where somebody answers themselves a hundred times over", async () => {
    let parent = PAGE;
    for (let n = 0; n < 45; n += 1) {
      const note = await reply({ inReplyTo: parent, published: minute(n), content: `<p>level ${n}.</p>` });
      parent = note.uri;
    }
    const { text } = await ask(PAGE);
    let deepest = 0;
    let depth = 0;
    for (const [tag] of text.matchAll(/<ol class="fedi-thread">|<\/ol>/g)) {
      depth += tag === "</ol>" ? -1 : 1;
      deepest = Math.max(deepest, depth);
    }
    assert.equal(deepest, 4);
    const order = [...text.matchAll(/level (\d+)\./g)].map(([, n]) => Number(n));
    assert.deepEqual(
      order,
      Array.from({ length: 45 }, (_, n) => n),
    );
  });

  it("are not sent again to who has them", async () => {
    await reply();
    const { headers } = await ask(PAGE);
    await ask(PAGE)
      .set("If-None-Match", headers["etag"] ?? "")
      .expect(304);
    await reply();
    await ask(PAGE)
      .set("If-None-Match", headers["etag"] ?? "")
      .expect(200);
  });
});
