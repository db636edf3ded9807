import assert from "node:assert/strict";
import { firstStart } from "../../src/domain/first-start.ts";
import { findPost, postsOf, postsTagged } from "../../src/domain/find-post.ts";
import { publishPost, removePost, updatePost } from "../../src/domain/posts.ts";
import { seenByAnyone } from "../../src/domain/visibility.ts";
import { DAY, MINUTE } from "../../src/support/clock.ts";
import { FediverseError, InvalidInput, NotFound } from "../../src/support/errors.ts";
import { makeSite, type HandMadeSite } from "../support/make-site.ts";
import { TestClock } from "../support/test-clock.ts";

describe("posts of ours", () => {
  let made: HandMadeSite;
  let clock: TestClock;

  beforeEach(async () => {
    clock = new TestClock();
    made = await makeSite({ clock, accounts: [{ username: "blog" }, { username: "Ann" }] });
    clock.advance(MINUTE);
  });
  afterEach(() => made.close());

  const bread = {
    url: "https://blog.example/posts/bread",
    title: "Bread",
    markdown: "Flour, #water and *time*.",
  };

  it("are stored together with the intent to send them, and only then is somebody woken", async () => {
    const post = await publishPost(made.site, bread);
    const stored = await made.site.models.posts.findById(post._id).lean();
    assert.equal(stored?.outgoing?.length, 1);
    assert.equal(stored?.outgoing?.[0]?.type, "Create");
    assert.deepEqual(stored?.outgoingAt, clock.now());
    assert.deepEqual(made.woken, ["outgoing"]);
  });

  it("are an Article with a title and a Note without, unless the option or the post decides otherwise", async () => {
    assert.equal((await publishPost(made.site, bread)).type, "Article");
    assert.equal((await publishPost(made.site, { markdown: "Just a thought" })).type, "Note");
    assert.equal(
      (await publishPost(made.site, { title: "Short", markdown: "x", type: "Note" })).type,
      "Note",
    );
  });

  it("are rendered, with tags from the list and from the text, each once", async () => {
    const post = await publishPost(made.site, { ...bread, tags: ["Bread Baking", "WATER"] });
    assert.match(post.content, /<em>time<\/em>/);
    assert.deepEqual(post.hashtags, ["BreadBaking", "WATER"]);
    assert.deepEqual(post.tagKeys, ["breadbaking", "water"]);
  });

  it("lose their scripts on the way in", async () => {
    const post = await publishPost(made.site, { html: '<p onclick="x()">Hi<script>alert(1)</script></p>' });
    assert.equal(post.content, "<p>Hi</p>");
  });

  it("carry the pictures of their text as attachments, the lead picture not twice", async () => {
    const post = await publishPost(made.site, {
      url: "https://blog.example/posts/crumb",
      title: "Crumb",
      markdown: "![A loaf](/loaf.jpg)\n\n![The oven](/oven.jpg)",
      image: { url: "https://blog.example/loaf.jpg", alt: "A loaf" },
    });
    assert.equal(post.image?.url, "https://blog.example/loaf.jpg");
    assert.deepEqual(
      post.attachments.map((media) => [media.url, media.alt]),
      [["https://blog.example/oven.jpg", "The oven"]],
    );
  });

  it("are one post however often the same permalink is saved, spelt this way or that", async () => {
    const first = await publishPost(made.site, bread);
    const again = await publishPost(made.site, { ...bread, url: "https://blog.example/posts/bread/#top" });
    assert.equal(again._id, first._id);
    assert.equal(await made.site.models.posts.countDocuments({}), 1);
  });

  it("are one post when saved ten times at once", async () => {
    const rows = await Promise.all(Array.from({ length: 10 }, () => publishPost(made.site, bread)));
    assert.equal(new Set(rows.map((row) => row._id)).size, 1);
    assert.equal(await made.site.models.posts.countDocuments({}), 1);
    assert.equal((await made.account("blog")).postsCount, 1);
  });

  it("saved ten times at once as an answer are counted once beneath what they answer", async () => {
    const parent = await publishPost(made.site, bread);
    const answer = { url: "https://blog.example/posts/crust", markdown: "And crust.", inReplyTo: parent.uri };
    await Promise.all(Array.from({ length: 10 }, () => publishPost(made.site, answer)));
    assert.equal((await findPost(made.site, bread.url))?.repliesCount, 1);
  });

  it("saved unchanged send nothing more; changed after sending they send one Update, with a later time", async () => {
    const post = await publishPost(made.site, bread);
    await made.site.models.posts.updateOne({ _id: post._id }, { $unset: { outgoing: 1, outgoingAt: 1 } });
    assert.equal((await publishPost(made.site, bread)).outgoing, undefined);
    const edited = await publishPost(made.site, { ...bread, markdown: "Flour, water, salt." });
    assert.deepEqual(
      edited.outgoing?.map((intent) => intent.type),
      ["Update"],
    );
    assert.ok(edited.updatedAt !== undefined && edited.updatedAt > edited.publishedAt);
    assert.equal(edited.publishedAt.getTime(), post.publishedAt.getTime());
  });

  it("changed before the Create is composed need no Update: the Create will carry the change", async () => {
    await publishPost(made.site, bread);
    const edited = await publishPost(made.site, { ...bread, markdown: "Flour, water, salt." });
    assert.deepEqual(
      edited.outgoing?.map((intent) => intent.type),
      ["Create"],
    );
  });

  it("older than the site's first start are stored and not sent, nor are their edits and removal", async () => {
    const old = { ...bread, published: new Date("2020-01-01T00:00:00Z") };
    const post = await publishPost(made.site, old);
    assert.equal(post.federated, false);
    assert.equal(post.outgoing, undefined);
    assert.equal((await publishPost(made.site, { ...old, title: "Bread, again" })).outgoing, undefined);
    assert.equal((await removePost(made.site, post.uri)).outgoing, undefined);
    assert.deepEqual(made.woken, []);
  });

  it("of the day of the first start are sent, where their date names no time; of the day before not", async () => {
    const start = await firstStart(made.site);
    const day = start.toISOString().slice(0, 10);
    const before = new Date(Date.parse(day) - DAY).toISOString().slice(0, 10);
    assert.ok(start > new Date(day));
    for (const [published, isSent] of [
      [day, true],
      [before, false],
      [new Date(start.getTime() - 1000).toISOString(), false],
    ] as const) {
      const post = await publishPost(made.site, { ...bread, url: `${bread.url}/${published}`, published });
      assert.equal(post.federated, isSent, published);
    }
  });

  it("older ones are sent when the owner says so", async () => {
    const post = await publishPost(made.site, {
      ...bread,
      published: new Date("2020-01-01T00:00:00Z"),
      federate: true,
    });
    assert.equal(post.outgoing?.[0]?.type, "Create");
  });

  it("keep what an update does not name", async () => {
    const post = await publishPost(made.site, {
      ...bread,
      summary: "How to wait",
      language: "en",
      tags: ["Yeast"],
    });
    const edited = await updatePost(made.site, bread.url, { title: "Better bread" });
    assert.equal(edited.title, "Better bread");
    assert.equal(edited.content, post.content);
    assert.equal(edited.summary, "How to wait");
    assert.equal(edited.language, "en");
    assert.deepEqual(edited.hashtags, ["Yeast", "water"]);
  });

  it("lose a title or a warning that is taken away", async () => {
    await publishPost(made.site, { ...bread, warning: "gluten" });
    const edited = await publishPost(made.site, { url: bread.url, markdown: bread.markdown, type: "Note" });
    assert.equal(edited.title, undefined);
    assert.equal(edited.warning, undefined);
    assert.equal(edited.sensitive, false);
  });

  it("leave a Tombstone when removed, without their text, and tell those who got them", async () => {
    const post = await publishPost(made.site, bread);
    await made.site.models.posts.updateOne({ _id: post._id }, { $unset: { outgoing: 1, outgoingAt: 1 } });
    const gone = await removePost(made.site, bread.url);
    assert.equal(gone.content, "");
    assert.equal(gone.title, undefined);
    assert.equal(gone.source, undefined);
    assert.deepEqual(
      gone.outgoing?.map((intent) => intent.type),
      ["Delete"],
    );
    assert.equal(seenByAnyone(gone), false);
    assert.equal((await made.account("blog")).postsCount, 0);
  });

  it("removed before they were sent tell nobody", async () => {
    await publishPost(made.site, bread);
    const gone = await removePost(made.site, bread.url);
    assert.equal(gone.outgoing, undefined);
    assert.equal(gone.outgoingAt, undefined);
  });

  it("published again at the same address after a removal are a new post with a new id", async () => {
    const first = await publishPost(made.site, bread);
    await removePost(made.site, bread.url);
    const second = await publishPost(made.site, bread);
    assert.notEqual(second.uri, first.uri);
    assert.equal((await findPost(made.site, bread.url))?._id, second._id);
    assert.ok((await findPost(made.site, first.uri))?.deletedAt);
  });

  it("are found by id, page, and page with fragment or tracking", async () => {
    const post = await publishPost(made.site, bread);
    for (const name of [
      post.uri,
      bread.url,
      `${bread.url}/`,
      `${bread.url}#comments`,
      `${bread.url}?utm_source=x`,
      `https://blog.example/@blog/${post._id}`,
    ]) {
      assert.equal((await findPost(made.site, name))?._id, post._id, name);
    }
  });

  it("belong to the account named, to several, or to the first", async () => {
    assert.equal((await publishPost(made.site, bread)).authorUri, "https://blog.example/ap/accounts/blog");
    assert.equal(
      (await publishPost(made.site, { markdown: "x", author: "ann" })).authorUri,
      "https://blog.example/ap/accounts/Ann",
    );
    const both = await publishPost(made.site, { markdown: "y", authors: ["A Guest", "ann", "blog"] });
    assert.equal(both.authorUri, "https://blog.example/ap/accounts/Ann");
    assert.equal(both.coauthors?.length, 1);
  });

  it("are listed newest first, by pages in both directions, without answers, drafts of others or followers-only ones", async () => {
    const account = await made.account("blog");
    const posts = [];
    for (const day of [1, 2, 3, 4, 5]) {
      clock.advance(DAY);
      posts.push(await publishPost(made.site, { markdown: `day ${day}` }));
    }
    await publishPost(made.site, { markdown: "quiet", visibility: "followers" });
    await publishPost(made.site, { markdown: "an answer", inReplyTo: "https://remote.example/notes/1" });
    const ids = posts.map((post) => post._id).reverse();
    const first = await postsOf(made.site, account, { limit: 2 });
    assert.deepEqual(
      first.map((post) => post._id),
      ids.slice(0, 2),
    );
    const second = await postsOf(made.site, account, { limit: 2, before: first[1]?._id ?? 0 });
    assert.deepEqual(
      second.map((post) => post._id),
      ids.slice(2, 4),
    );
    const back = await postsOf(made.site, account, { limit: 2, after: second[0]?._id ?? 0 });
    assert.deepEqual(
      back.map((post) => post._id),
      ids.slice(0, 2),
    );
    assert.equal((await postsOf(made.site, account, { limit: 20 }, { withReplies: true })).length, 6);
  });

  it("that are unlisted stay out of the lists of a tag", async () => {
    await publishPost(made.site, { markdown: "#rye in public" });
    await publishPost(made.site, { markdown: "#rye, quietly", visibility: "unlisted" });
    assert.equal((await postsTagged(made.site, "rye", { limit: 20 })).length, 1);
  });

  describe("are refused, with nothing stored, when", () => {
    const wrong: [string, object, RegExp][] = [
      ["they say nothing", {}, /needs html, markdown or text/],
      ["they have both html and markdown", { html: "a", markdown: "b" }, /not several/],
      ["the url is none", { url: "/posts/1", markdown: "x" }, /"url": an absolute http/],
      ["the url is a script", { url: "javascript:alert(1)", markdown: "x" }, /"url"/],
      ["the date is none", { markdown: "x", published: "yesterday-ish" }, /"published"/],
      ["the date lies ahead", { markdown: "x", published: new Date("2027-01-01T00:00:00Z") }, /lies ahead/],
      ["a field is misspelt", { markdown: "x", titel: "y" }, /titel/],
      ["the author is unknown", { markdown: "x", author: "nobody" }, /no account "nobody"/],
      ["the visibility is unknown", { markdown: "x", visibility: "direct" }, /"visibility"/],
      ["the language is none", { markdown: "x", language: "Klingon, please" }, /language tag/],
      ["the text is endless", { markdown: "x".repeat(400_001) }, /"markdown"/],
    ];
    for (const [what, post, reason] of wrong) {
      it(what, async () => {
        await assert.rejects(
          publishPost(made.site, post),
          (error) => error instanceof InvalidInput && error.status === 422 && reason.test(error.message),
        );
        assert.equal(await made.site.models.posts.countDocuments({}), 0);
        assert.deepEqual(made.woken, []);
      });
    }
  });

  it("that are not there, or somebody else's, can be neither changed nor removed", async () => {
    await assert.rejects(updatePost(made.site, "https://blog.example/nothing", { title: "x" }), NotFound);
    await assert.rejects(removePost(made.site, "https://blog.example/nothing"), NotFound);
    await publishPost(made.site, bread);
    await removePost(made.site, bread.url);
    await assert.rejects(
      removePost(made.site, bread.url),
      (error) => error instanceof FediverseError && error.status === 404,
    );
  });
});
