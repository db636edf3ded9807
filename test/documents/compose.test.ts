import assert from "node:assert/strict";
import { addressing } from "../../src/documents/addressing.ts";
import { composeCollection, composePage } from "../../src/documents/collections.ts";
import { CONTEXT, composeActivity, withContext } from "../../src/documents/compose-activity.ts";
import { composeActor } from "../../src/documents/compose-actor.ts";
import { composeMedia } from "../../src/documents/compose-media.ts";
import { composePost, composeTombstone } from "../../src/documents/compose-post.ts";
import { readActivity } from "../../src/documents/read-activity.ts";
import { readActor } from "../../src/documents/read-actor.ts";
import { readPost } from "../../src/documents/read-post.ts";
import { account, article, author, groupUri, key, note, urls } from "./samples.ts";

const PUBLIC = "https://www.w3.org/ns/activitystreams#Public";
const followers = "https://blog.example/ap/accounts/blog/followers";
const alice = "https://remote.example/users/alice";

describe("addressing", () => {
  const mentions = [alice, alice, "https://other.example/bob"];
  const unique = [alice, "https://other.example/bob"];
  const cases = {
    public: { to: [PUBLIC], cc: [followers, ...unique] },
    unlisted: { to: [followers], cc: [PUBLIC, ...unique] },
    followers: { to: [followers], cc: unique },
    direct: { to: unique, cc: [] },
  } as const;
  for (const [visibility, expected] of Object.entries(cases))
    it(`of a ${visibility} post says so in Mastodon's way`, () => {
      const made = addressing(visibility as keyof typeof cases, { followers, mentions });
      assert.deepEqual(made, expected);
      const read = readPost({ ...composePost(urls, note(), author), ...made });
      assert.equal(read.ok && read.post.visibility, visibility);
    });

  it("lets nobody be mentioned into the public", () => {
    assert.deepEqual(addressing("direct", { followers, mentions: [PUBLIC, followers, alice] }).to, [alice]);
  });
});

describe("composing a post", () => {
  it("makes an Article with title, summary, both pictures and a preview", () => {
    const post = composePost(urls, article(), author);
    assert.equal(post.name, "Rye & wheat");
    assert.equal(post.summary, "Rye is heavier.");
    assert.deepEqual(post.contentMap, { en: post.content });
    assert.deepEqual(post.source, { content: "Rye is *heavier*.", mediaType: "text/markdown" });
    assert.equal((post.image as { url: string }).url, "https://blog.example/rye.jpg");
    assert.deepEqual(
      (post.attachment as { url: string }[]).map((one) => one.url),
      ["https://blog.example/rye.jpg", "https://blog.example/crumb.png"],
    );
    const preview = post.preview as Record<string, unknown>;
    assert.equal(preview.type, "Note");
    assert.equal(
      preview.content,
      '<p><strong>Rye &amp; wheat</strong></p><p>Rye is heavier.</p><p><a href="https://blog.example/posts/rye">https://blog.example/posts/rye</a></p>',
    );
  });

  it("names only people who have been found", () => {
    assert.deepEqual(composePost(urls, article(), author).tag, [
      { type: "Hashtag", href: "https://blog.example/tags/rye", name: "#Rye" },
      { type: "Hashtag", href: "https://blog.example/tags/brot", name: "#Brot" },
      { type: "Mention", href: alice, name: "@alice@remote.example" },
    ]);
  });

  it("puts in the summary that the option asks for, as HTML, at most 500 characters", () => {
    const summaryOf = (more: Parameters<typeof article>[0], articleSummary?: "excerpt" | "own" | "none") =>
      composePost(urls, article(more), author, articleSummary === undefined ? {} : { articleSummary })
        .summary;
    assert.equal(summaryOf({}), "Rye is heavier.");
    assert.equal(summaryOf({ summary: "Own <b>" }), "Own &lt;b&gt;");
    assert.equal(summaryOf({ summary: "Own" }, "own"), "Own");
    assert.equal(summaryOf({}, "own"), undefined);
    assert.equal(summaryOf({ summary: "Own" }, "none"), undefined);
    assert.equal(summaryOf({ excerpt: "" }), undefined);
    const long = summaryOf({ excerpt: `${"a".repeat(498)}🍞🍞` }) as string;
    assert.equal(long, `${"a".repeat(498)}…`, "no half of an emoji");
  });

  it("says that it was edited only after an edit, and only later than it was published", () => {
    const publishedAt = new Date("2026-03-01T10:00:00Z");
    assert.equal("updated" in composePost(urls, article(), author), false);
    assert.equal("updated" in composePost(urls, article({ updatedAt: publishedAt }), author), false);
    const edited = composePost(urls, article({ updatedAt: new Date("2026-03-01T10:00:01Z") }), author);
    assert.equal(edited.updated, "2026-03-01T10:00:01.000Z");
    assert.equal(edited.published, "2026-03-01T10:00:00.000Z");
  });

  it("warns before a Note by its summary, before an Article by its subject", () => {
    const warned = composePost(urls, note({ warning: "flour & dust", sensitive: true }), author);
    assert.equal(warned.summary, "flour &amp; dust");
    assert.equal(warned.sensitive, true);
    const long = composePost(urls, article({ warning: "flour", sensitive: true }), author);
    assert.equal(long["dcterms:subject"], "flour");
    assert.equal(long.summary, "Rye is heavier.");
    assert.equal((long.preview as { summary: string }).summary, "flour");
    assert.equal(
      composePost(urls, note(), author).summary,
      undefined,
      "an excerpt would be a warning on a Note",
    );
  });

  it("puts a Note's title into its text, for a name on a reply would be a vote", () => {
    const reply = composePost(
      urls,
      note({ title: "Rye <3", inReplyTo: "https://remote.example/notes/1" }),
      author,
    );
    assert.equal(reply.name, undefined);
    assert.equal(reply.content, "<p><strong>Rye &lt;3</strong></p><p>Rye is <em>heavier</em>.</p>");
    assert.equal(reply.inReplyTo, "https://remote.example/notes/1");
    assert.deepEqual(reply.contentMap, { en: reply.content });
  });

  it("names the blog beside the author of an Article only", () => {
    assert.deepEqual(composePost(urls, article(), { ...author, groupUri }).attributedTo, [
      author.uri,
      groupUri,
    ]);
    assert.equal(composePost(urls, note(), { ...author, groupUri }).attributedTo, author.uri);
    assert.equal(composePost(urls, article(), author).attributedTo, author.uri);
  });

  it("permits quotes of what is open, and of nothing else", () => {
    const policy = (visibility: "public" | "unlisted" | "followers" | "direct") =>
      (
        composePost(urls, note({ visibility }), author).interactionPolicy as {
          canQuote: { automaticApproval: string[] };
        }
      ).canQuote.automaticApproval;
    assert.deepEqual([policy("public"), policy("unlisted")], [[PUBLIC], [PUBLIC]]);
    assert.deepEqual([policy("followers"), policy("direct")], [[author.uri], [author.uri]]);
  });

  it("belongs to the conversation of its root", () => {
    assert.equal(composePost(urls, note(), author).context, "https://blog.example/ap/posts/4711/context");
    assert.equal(
      composePost(urls, note({ thread: 12 }), author).context,
      "https://blog.example/ap/posts/12/context",
    );
  });

  it("is read back as it was meant", () => {
    const read = readPost(composePost(urls, article(), { ...author, groupUri }));
    assert.ok(read.ok);
    const { post } = read;
    assert.deepEqual(
      [
        post.authorUri,
        post.title,
        post.language,
        post.visibility,
        post.hashtags,
        post.mentions.length,
        post.url,
      ],
      [author.uri, "Rye & wheat", "en", "public", ["Rye", "Brot"], 1, "https://blog.example/posts/rye"],
    );
    assert.deepEqual(post.attachments[0], { ...article().image, mediaType: "image/jpeg" });
  });

  it("leaves a Tombstone with nothing of the text", () => {
    assert.deepEqual(composeTombstone({ ...article(), deletedAt: new Date("2026-04-01T00:00:00Z") }), {
      id: "https://blog.example/ap/posts/4711",
      type: "Tombstone",
      formerType: "Article",
      deleted: "2026-04-01T00:00:00.000Z",
    });
  });
});

describe("composing media", () => {
  it("tells the media type from the address where nobody has told it, or not at all", () => {
    const mediaTypeOf = (url: string) => composeMedia({ type: "Image", url }).mediaType;
    assert.equal(mediaTypeOf("https://blog.example/a.JPG?w=100"), "image/jpeg");
    assert.equal(mediaTypeOf("https://blog.example/a.webp"), "image/webp");
    assert.equal(mediaTypeOf("https://blog.example/a"), undefined);
    assert.equal(mediaTypeOf("https://blog.example/.exe"), undefined);
  });

  it("leaves out sizes and blurhashes that Pixelfed would refuse everything for", () => {
    const url = "https://blog.example/a.png";
    for (const more of [
      { width: 6000, height: 10 },
      { width: 10.5, height: 10 },
      { width: 10 },
      { width: 0, height: 0 },
    ])
      assert.equal("width" in composeMedia({ type: "Image", url, ...more }), false);
    assert.equal(composeMedia({ type: "Image", url, width: 5000, height: 5000 }).height, 5000);
    assert.equal("blurhash" in composeMedia({ type: "Image", url, blurhash: "short" }), false);
    assert.equal("blurhash" in composeMedia({ type: "Image", url, blurhash: "x".repeat(165) }), false);
    assert.equal("name" in composeMedia({ type: "Image", url, alt: "" }), false);
  });
});

describe("composing an actor", () => {
  it("is read back as it was meant", () => {
    const read = readActor(composeActor(urls, account(), key));
    assert.ok(read.ok, JSON.stringify(read));
    assert.deepEqual(read.actor, {
      ...Object.fromEntries(
        Object.entries(account()).filter(([name]) => name !== "host" && name !== "summarySource"),
      ),
      image: { type: "Image", url: "https://blog.example/header.jpg", mediaType: "image/jpeg" },
      webfinger: "blog@blog.example",
      keys: [{ id: key.id, owner: author.uri, pem: key.pem }],
    });
  });

  it("always has a name, and has pictures, a date and a new address only where there are some", () => {
    const { icon: _, image: __, publishedAt: ___, ...bare } = account({ name: "" });
    const doc = composeActor(urls, bare, key);
    assert.equal(doc.name, "blog");
    for (const name of ["icon", "image", "published", "movedTo"]) assert.equal(name in doc, false, name);
    assert.equal(composeActor(urls, account({ movedTo: alice }), key).movedTo, alice);
  });

  it("of the site has no pinned posts", () => {
    const doc = composeActor(urls, account({ uri: urls.siteActor, type: "Application" }), key);
    assert.equal("featured" in doc || "featuredTags" in doc, false);
  });
});

describe("composing an activity", () => {
  const parts = {
    id: "https://blog.example/ap/activities/1",
    type: "Create",
    actor: author.uri,
    to: [PUBLIC],
    cc: [followers],
    published: new Date("2026-03-01T10:00:00Z"),
  };

  it("has the context once, outside", () => {
    const activity = composeActivity({ ...parts, object: withContext(composePost(urls, note(), author)) });
    assert.equal(activity["@context"], CONTEXT);
    assert.equal(CONTEXT[0], "https://www.w3.org/ns/activitystreams");
    assert.equal("@context" in (activity.object as object), false);
    assert.equal(Object.keys(activity)[0], "@context");
  });

  it("keeps a bare id bare, and audiences as lists even when empty", () => {
    const like = composeActivity({
      id: parts.id,
      type: "Like",
      actor: author.uri,
      object: alice,
      to: [],
      cc: [],
    });
    assert.equal(like.object, alice);
    assert.deepEqual([like.to, like.cc], [[], []]);
    assert.equal("published" in like, false);
  });

  it("is read back as it was meant", () => {
    const read = readActivity(composeActivity({ ...parts, object: composePost(urls, note(), author) }));
    assert.ok(read.ok);
    assert.equal(read.activity.objectId, "https://blog.example/ap/posts/4711");
    assert.deepEqual(read.activity.published, parts.published);
  });
});

describe("composing a collection", () => {
  it("has a count and a beginning, and items only when it is short", () => {
    assert.deepEqual(
      composeCollection({
        id: "https://blog.example/c",
        totalItems: 5,
        first: "https://blog.example/c?page=true",
      }),
      {
        id: "https://blog.example/c",
        type: "OrderedCollection",
        totalItems: 5,
        first: "https://blog.example/c?page=true",
      },
    );
    assert.deepEqual(composeCollection({ id: "https://blog.example/c", type: "Collection", items: [1] }), {
      id: "https://blog.example/c",
      type: "Collection",
      items: [1],
    });
  });

  it("has pages that know where they belong", () => {
    assert.deepEqual(
      composePage({ id: "https://blog.example/c?page=true", partOf: "https://blog.example/c", items: ["a"] }),
      {
        id: "https://blog.example/c?page=true",
        type: "OrderedCollectionPage",
        partOf: "https://blog.example/c",
        orderedItems: ["a"],
      },
    );
    assert.deepEqual(
      Object.keys(
        composePage({ id: "x", partOf: "c", items: [], type: "CollectionPage", next: "n", prev: "p" }),
      ),
      ["id", "type", "partOf", "next", "prev", "items"],
    );
  });
});
