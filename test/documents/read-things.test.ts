import assert from "node:assert/strict";
import { readActivity } from "../../src/documents/read-activity.ts";
import { readActor } from "../../src/documents/read-actor.ts";
import { readPost } from "../../src/documents/read-post.ts";

const PUBLIC = "https://www.w3.org/ns/activitystreams#Public";
const alice = "https://remote.example/users/alice";

const note = (more: Record<string, unknown> = {}): Record<string, unknown> => ({
  id: "https://remote.example/notes/1",
  type: "Note",
  attributedTo: alice,
  content: "<p>Good bread!</p>",
  to: [PUBLIC],
  ...more,
});
const person = (more: Record<string, unknown> = {}): Record<string, unknown> => ({
  id: alice,
  type: "Person",
  preferredUsername: "alice",
  inbox: `${alice}/inbox`,
  ...more,
});
function post(doc: unknown, envelope?: { to: string[]; cc: string[] }) {
  const read = readPost(doc, envelope);
  assert.ok(read.ok, JSON.stringify(read));
  return read.post;
}
function actor(doc: unknown) {
  const read = readActor(doc);
  assert.ok(read.ok, JSON.stringify(read));
  return read.actor;
}

describe("reading an activity", () => {
  const like = {
    id: "https://remote.example/likes/1",
    type: "Like",
    actor: alice,
    object: "https://blog.example/ap/posts/1",
  };

  it("unwraps lists of one and keeps longer ones", () => {
    const one = readActivity({ ...like, actor: [{ id: alice, type: "Person" }], object: [like.object] });
    assert.ok(one.ok);
    assert.equal(one.activity.actor, alice);
    assert.equal(one.activity.object, like.object);
    const flag = readActivity({
      ...like,
      type: "Flag",
      object: ["https://blog.example/a", "https://blog.example/b"],
    });
    assert.ok(flag.ok && Array.isArray(flag.activity.object));
    assert.equal(flag.activity.objectId, "https://blog.example/a");
  });

  it("takes the known type among several, and an unknown one where there is no other", () => {
    const several = readActivity({ ...like, type: ["https://x.example/Odd", "Like"] });
    assert.ok(several.ok && several.activity.type === "Like");
    const unknown = readActivity({ ...like, type: "Story:Reaction" });
    assert.ok(unknown.ok && unknown.activity.type === "Story:Reaction");
  });

  it("makes an id up for an activity without one: the same for the same words, on the actor's host", () => {
    const { id: _, ...rest } = like;
    const [first, again, other] = [
      rest,
      { ...rest },
      { ...rest, object: "https://blog.example/ap/posts/2" },
    ].map((doc) => {
      const read = readActivity(doc);
      assert.ok(read.ok);
      return read.activity.id;
    });
    assert.equal(first, again);
    assert.notEqual(first, other);
    assert.ok(first?.startsWith(`${alice}#Like/`));
  });

  it("refuses an id that another host would have to mint", () => {
    assert.deepEqual(readActivity({ ...like, id: "https://victim.example/likes/1" }), {
      ok: false,
      reason: "actor-on-another-host",
    });
  });

  it("refuses what is no activity, with the reason", () => {
    const reasons = (doc: unknown): string => {
      const read = readActivity(doc);
      return read.ok ? "ok" : read.reason;
    };
    assert.equal(reasons("x"), "not-an-object");
    assert.equal(reasons([like]), "not-an-object");
    assert.equal(reasons({ ...like, type: undefined }), "no-type");
    assert.equal(reasons({ ...note(), actor: alice }), "not-an-activity");
    assert.equal(reasons({ ...like, actor: "acct:alice@remote.example" }), "no-actor");
    assert.equal(reasons({ ...like, actor: {} }), "no-actor");
    assert.equal(reasons({ ...like, id: "not a url" }), "no-id");
    assert.equal(reasons({ ...like, id: 7 }), "no-id");
    assert.equal(reasons({ ...like, object: 23 }), "no-object");
    assert.equal(reasons({ ...like, object: null }), "no-object");
  });
});

describe("reading an actor", () => {
  it("does with the least there can be", () => {
    assert.deepEqual(actor(person()), {
      uri: alice,
      type: "Person",
      username: "alice",
      name: "",
      summary: "",
      url: alice,
      fields: [],
      alsoKnownAs: [],
      discoverable: false,
      indexable: false,
      manuallyApprovesFollowers: false,
      inbox: `${alice}/inbox`,
      keys: [],
    });
  });

  it("reads the shared inbox from both places where it is put", () => {
    const shared = "https://remote.example/inbox";
    assert.equal(actor(person({ endpoints: { sharedInbox: shared } })).sharedInbox, shared);
    assert.equal(actor(person({ sharedInbox: shared })).sharedInbox, shared);
    assert.equal(actor(person({ endpoints: null })).sharedInbox, undefined);
  });

  it("reads fields as PropertyValue, Note and Link, without those that say nothing", () => {
    const { fields } = actor(
      person({
        attachment: [
          { type: "PropertyValue", name: "Site", value: "<a>x</a>" },
          { type: "Note", name: "Job", content: "Baker" },
          { type: "Link", name: "Shop", href: "https://shop.example" },
          { type: "Link", name: "Evil", href: "javascript:alert(1)" },
          { type: "PropertyValue", name: "", value: "x" },
          { type: "Image", url: "https://remote.example/x.png" },
          null,
        ],
      }),
    );
    assert.deepEqual(fields, [
      { name: "Site", value: "<a>x</a>" },
      { name: "Job", value: "Baker" },
      { name: "Shop", value: "https://shop.example" },
    ]);
  });

  it("reads the webfinger address that the actor claims, in every spelling", () => {
    for (const webfinger of ["alice@remote.example", "acct:alice@remote.example", "@alice@remote.example"])
      assert.equal(actor(person({ webfinger })).webfinger, "alice@remote.example");
    for (const webfinger of ["alice", 3, "a b@c", "alice@remote.example/evil"])
      assert.equal(actor(person({ webfinger })).webfinger, undefined);
  });

  it("takes names of every script, and none that break a page or a handle", () => {
    for (const preferredUsername of ["alice", "a.b-c_d", "Ünal", "パン屋", "blog.example", "Two Words"])
      assert.equal(actor(person({ preferredUsername })).username, preferredUsername);
    for (const preferredUsername of [
      "",
      " ",
      "a@b",
      "<b>",
      "a/b",
      "a\u202eb",
      "a\u0000b",
      "x".repeat(129),
      5,
      null,
      " a",
      "a  b",
    ])
      assert.deepEqual(readActor(person({ preferredUsername })), { ok: false, reason: "no-username" });
  });

  it("refuses the key of another host or another actor", () => {
    const key = (id: string, owner: string) => person({ publicKey: { id, owner, publicKeyPem: "x" } });
    assert.deepEqual(readActor(key("https://victim.example/u#main-key", alice)), {
      ok: false,
      reason: "key-of-another-host",
    });
    assert.deepEqual(readActor(key(`${alice}#main-key`, "https://remote.example/users/bob")), {
      ok: false,
      reason: "key-of-another-actor",
    });
    assert.equal(readActor(key(`${alice}/main-key`, alice)).ok, true);
  });

  it("never takes a script for a link or a picture", () => {
    const read = actor(
      person({
        url: "javascript:alert(1)",
        icon: { type: "Image", url: "javascript:alert(1)" },
        movedTo: "data:x",
      }),
    );
    assert.equal(read.url, alice);
    assert.equal(read.icon, undefined);
    assert.equal(read.movedTo, undefined);
  });

  it("survives values of every wrong kind", () => {
    for (const junk of [null, 0, true, "", "x", [], {}, [[]], [null], { id: {} }])
      for (const name of Object.keys(
        person({ name: 0, url: 0, icon: 0, attachment: 0, publicKey: 0, endpoints: 0, tag: 0 }),
      ))
        assert.doesNotThrow(() => readActor(person({ [name]: junk })), `${name} = ${JSON.stringify(junk)}`);
  });
});

describe("reading a post", () => {
  it("tells the four audiences apart", () => {
    const followers = `${alice}/followers`;
    assert.equal(post(note()).visibility, "public");
    assert.equal(post(note({ to: "as:Public" })).visibility, "public");
    assert.equal(post(note({ to: [followers], cc: "Public" })).visibility, "unlisted");
    assert.equal(post(note({ to: followers, cc: [] })).visibility, "followers");
    assert.equal(post(note({ to: ["https://blog.example/ap/accounts/blog"] })).visibility, "direct");
    assert.equal(post(note({ to: null })).visibility, "direct");
  });

  it("does not take a mentioned account named followers for a collection", () => {
    const odd = "https://remote.example/users/followers";
    assert.equal(
      post(note({ to: [odd], tag: { type: "Mention", href: odd, name: "@followers" } })).visibility,
      "direct",
    );
  });

  it("uses the envelope's audience only where the post names none", () => {
    const envelope = { to: [PUBLIC], cc: [] };
    assert.equal(post(note({ to: undefined }), envelope).visibility, "public");
    assert.equal(post(note({ to: [alice] }), envelope).visibility, "direct");
  });

  it("refuses an author on another host", () => {
    assert.deepEqual(readPost(note({ attributedTo: "https://victim.example/u" })), {
      ok: false,
      reason: "author-on-another-host",
    });
  });

  it("takes the person among several authors, the first of ids, or the actor", () => {
    const group = { type: "Group", id: "https://remote.example/g" };
    assert.equal(post(note({ attributedTo: [group, { type: "Person", id: alice }] })).authorUri, alice);
    assert.equal(post(note({ attributedTo: [alice, "https://remote.example/g"] })).authorUri, alice);
    assert.equal(post(note({ attributedTo: undefined, actor: alice })).authorUri, alice);
  });

  it("reads a warning from a Note's summary and a summary from an Article's", () => {
    assert.equal(post(note({ summary: "spoiler" })).warning, "spoiler");
    assert.equal(post(note({ summary: "\u200b" })).warning, undefined);
    const article = post(
      note({ type: "Article", name: "Rye", summary: "About rye", "dcterms:subject": "flour" }),
    );
    assert.deepEqual([article.title, article.summary, article.warning], ["Rye", "About rye", "flour"]);
  });

  it("knows a vote from a reply", () => {
    const inReplyTo = "https://blog.example/ap/posts/1";
    assert.equal(post(note({ name: "Rye", content: undefined, inReplyTo })).voteFor, "Rye");
    assert.equal(post(note({ name: "Rye", content: "", inReplyTo })).title, undefined);
    assert.equal(post(note({ name: "Rye", inReplyTo })).voteFor, undefined);
    assert.equal(post(note({ name: "Rye", content: "" })).voteFor, undefined);
  });

  it("reads tags in every shape: list, single, Pixelfed's object with numbered keys", () => {
    const mention = {
      type: "Mention",
      href: "https://blog.example/ap/accounts/blog",
      name: "@blog@blog.example",
    };
    const hashtag = { type: "Hashtag", name: "#Bread" };
    assert.deepEqual(post(note({ tag: mention })).mentions, [{ uri: mention.href, name: mention.name }]);
    const merged = post(note({ tag: { ...mention, "0": hashtag } }));
    assert.deepEqual([merged.mentions.length, merged.hashtags], [1, ["Bread"]]);
    const bare = post(
      note({ tag: [{ type: "Hashtag", name: "bread" }, hashtag, { type: "Hashtag" }, null, "x"] }),
    );
    assert.deepEqual(bare.hashtags, ["bread"]);
  });

  it("reads what is answered from a string, an object or a list, and nothing from an empty one", () => {
    const parent = "https://blog.example/ap/posts/1";
    for (const inReplyTo of [parent, { id: parent }, [parent]])
      assert.equal(post(note({ inReplyTo })).inReplyTo, parent);
    for (const inReplyTo of ["", null, [], {}]) assert.equal(post(note({ inReplyTo })).inReplyTo, undefined);
  });

  it("puts the lead picture of an article first, once", () => {
    const lead = { type: "Image", url: "https://remote.example/lead.png" };
    const other = { type: "Image", url: "https://remote.example/2.png" };
    assert.deepEqual(post(note({ type: "Article", image: lead, attachment: [other] })).attachments, [
      lead,
      other,
    ]);
    assert.deepEqual(post(note({ type: "Article", image: lead, attachment: [other, lead] })).attachments, [
      other,
      lead,
    ]);
  });

  it("keeps lists of a hostile length short", () => {
    const tag = Array.from({ length: 50_000 }, (_, at) => ({
      type: "Mention",
      href: `https://remote.example/${at}`,
    }));
    const read = post(note({ tag, to: [PUBLIC, ...tag.map((one) => one.href)] }));
    assert.equal(read.mentions.length, 200);
    assert.equal(read.to.length, 1000);
  });

  it("survives values of every wrong kind", () => {
    const names =
      "id type attributedTo content contentMap to cc tag attachment image url summary name published updated inReplyTo mediaType sensitive language";
    for (const junk of [null, 0, true, "", "x", [], {}, [[]], [null], { id: {} }, { href: 3 }])
      for (const name of names.split(" "))
        assert.doesNotThrow(() => readPost(note({ [name]: junk })), `${name} = ${JSON.stringify(junk)}`);
  });
});
