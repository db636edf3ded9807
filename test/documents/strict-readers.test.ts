import assert from "node:assert/strict";
import { composeActivity } from "../../src/documents/compose-activity.ts";
import { composeActor } from "../../src/documents/compose-actor.ts";
import { composePost, composeTombstone } from "../../src/documents/compose-post.ts";
import { withContext } from "../../src/documents/context.ts";
import type { PostView } from "../../src/documents/views.ts";
import { account, article, author, groupUri, key, note, urls } from "./samples.ts";

/* eslint-disable @typescript-eslint/no-explicit-any -- these readers look at JSON as their languages do */

/** What each system demands before it takes something; our own words for its checks. Throws where it would refuse. */
const PUBLIC = "https://www.w3.org/ns/activitystreams#Public";
const isUrl = (value: any): boolean => typeof value === "string" && /^https:\/\/[^/]+\.[^/]+\//.test(value);
const hostOf = (url: any): string => new URL(url).host;

function post(view: PostView, type = "Create"): any {
  const object: any = composePost(urls, view, { ...author, groupUri });
  return reparsed(
    composeActivity({
      id: "https://blog.example/ap/activities/1",
      type,
      actor: author.uri,
      object,
      to: object.to,
      cc: object.cc,
      published: view.publishedAt,
    }),
  );
}
const reparsed = (doc: unknown): any => JSON.parse(JSON.stringify(doc));
const ourActor = (more = {}): any => reparsed(composeActor(urls, account(more), key));

function depth(value: any): number {
  if (typeof value !== "object" || value === null) return 0;
  return 1 + Math.max(0, ...Object.values(value).map(depth));
}

const READERS: Record<string, { activity: (doc: any) => void; actor: (doc: any) => void }> = {
  Mastodon: {
    activity(doc) {
      assert.ok(doc["@context"].includes("https://www.w3.org/ns/activitystreams"));
      const first = Array.isArray(doc.object.attributedTo)
        ? doc.object.attributedTo[0]
        : doc.object.attributedTo;
      assert.equal(first, doc.actor);
      assert.equal(hostOf(doc.id), hostOf(doc.actor));
      assert.equal(hostOf(doc.object.id), hostOf(doc.actor));
      assert.ok(doc.object.inReplyTo === undefined || typeof doc.object.inReplyTo === "string");
      for (const tag of doc.object.tag.filter((one: any) => one.type === "Mention"))
        assert.ok(
          [...doc.to, ...doc.cc].includes(tag.href),
          "a mention that is not addressed does not notify",
        );
      assert.equal(typeof doc.object.likes.totalItems, "number");
      assert.ok(Array.isArray(doc.object.replies.first.items) && doc.object.replies.first.items.length <= 5);
      assert.ok(doc.object.updated === undefined || doc.object.updated > doc.object.published);
      assert.ok(JSON.stringify(doc).length < 1024 * 1024);
    },
    actor(doc) {
      assert.ok(["Application", "Group", "Organization", "Person", "Service"].includes(doc.type));
      for (const name of ["id", "inbox", "outbox", "preferredUsername"])
        assert.equal(typeof doc[name], "string");
      assert.ok(doc.attachment.length <= 50);
    },
  },
  Pleroma: {
    activity(doc) {
      for (const list of [doc.to, doc.cc, doc.object.to, doc.object.cc]) assert.ok(Array.isArray(list));
      assert.equal(typeof doc.object.context, "string");
      assert.ok(["Note", "Article"].includes(doc.object.type));
      for (const media of doc.object.attachment) {
        assert.ok(["Link", "Document", "Audio", "Image", "Video"].includes(media.type));
        assert.equal(typeof media.mediaType, "string");
      }
      for (const tag of doc.object.tag) assert.ok(["Mention", "Hashtag", "Emoji", "Link"].includes(tag.type));
      if (doc.object.contentMap) assert.equal(Object.values(doc.object.contentMap)[0], doc.object.content);
    },
    actor(doc) {
      assert.match(doc.publicKey.id, /(#main-key|\/main-key|\/publickey)$/);
    },
  },
  Pixelfed: {
    activity(doc) {
      assert.ok(depth(doc) < 8, `depth ${depth(doc)}`);
      assert.ok(isUrl(doc.id) && isUrl(doc.actor) && isUrl(doc.object.id) && isUrl(doc.object.url));
      if (doc.object.type !== "Note") return;
      assert.equal(typeof doc.object.attributedTo, "string");
      assert.equal(typeof doc.object.published, "string");
      for (const media of doc.object.attachment) {
        assert.ok(
          ["image/jpeg", "image/png", "image/gif", "image/webp", "image/avif", "video/mp4"].includes(
            media.mediaType,
          ),
        );
        assert.equal(typeof media.url, "string");
        for (const side of [media.width, media.height])
          assert.ok(side === undefined || (Number.isInteger(side) && side <= 5000));
        assert.ok(
          media.blurhash === undefined || (media.blurhash.length >= 6 && media.blurhash.length <= 164),
        );
      }
    },
    actor(doc) {
      assert.equal(typeof doc.manuallyApprovesFollowers, "boolean", "missing, it would mean private");
      assert.match(doc.preferredUsername, /^[A-Za-z0-9_.-]+$/);
      assert.ok(depth(doc) < 8);
    },
  },
  Misskey: {
    activity(doc) {
      assert.equal(typeof doc.actor, "string");
      assert.equal(hostOf(doc.id), hostOf(doc.actor));
      assert.equal(doc.object.id.includes("#"), false);
      if (doc.object.type === "Note") assert.ok(doc.object.summary === undefined, "it would hide the text");
    },
    actor(doc) {
      assert.match(doc.preferredUsername, /^\w([\w-.]*\w)?$/);
      assert.ok(doc.name.length > 0);
      assert.equal(typeof doc.inbox, "string");
      assert.equal(hostOf(doc.publicKey.id), hostOf(doc.id));
    },
  },
  PeerTube: {
    activity(doc) {
      for (const list of [doc.to, doc.cc]) {
        assert.ok(Array.isArray(list));
        assert.ok(list.every(isUrl));
      }
      assert.ok(isUrl(doc.object.url) && doc.object.content.length > 0);
      assert.equal(hostOf(doc.object.id), hostOf([doc.object.attributedTo].flat()[0]));
    },
    actor(doc) {
      for (const name of ["id", "inbox", "url"]) assert.ok(isUrl(doc[name]), name);
      assert.match(doc.preferredUsername, /^[A-Za-z0-9\-_.:]+$/);
      assert.ok(doc.publicKey.publicKeyPem.startsWith("-----BEGIN PUBLIC KEY-----"));
      assert.ok(doc.publicKey.publicKeyPem.length <= 5000);
      assert.equal(doc.publicKey.owner, doc.id);
    },
  },
  Plume: {
    activity(doc) {
      if (doc.object.type === "Article") {
        for (const name of ["name", "content", "summary", "url"])
          assert.equal(typeof doc.object[name], "string", name);
        assert.deepEqual(doc.object.attributedTo, [author.uri, groupUri]);
        return;
      }
      assert.equal(typeof doc.object.attributedTo, "string");
      assert.equal(typeof doc.object.content, "string");
    },
    actor(doc) {
      assert.ok(["Person", "Group"].includes(doc.type));
      for (const name of ["outbox", "followers", "inbox"]) assert.ok(isUrl(doc[name]), name);
      assert.doesNotMatch(doc.preferredUsername, /[<>&@'"\s]/);
      assert.equal(typeof doc.source.content, "string");
      assert.equal(typeof doc.source.mediaType, "string");
    },
  },
  GoToSocial: {
    activity(doc) {
      if (doc.object.contentMap) assert.ok(Object.values(doc.object.contentMap).includes(doc.object.content));
      assert.ok(Array.isArray(doc.object.interactionPolicy.canQuote.automaticApproval));
    },
    actor(doc) {
      assert.ok(isUrl(doc.followers) && isUrl(doc.following));
    },
  },
};

const reply = note({ inReplyTo: "https://remote.example/notes/1", thread: 12 });
const POSTS: Record<string, PostView> = {
  "a full Article": article(),
  "an edited Article": article({ updatedAt: new Date("2026-03-02T00:00:00Z") }),
  "a bare Note": note({ hashtags: [], mentions: [], attachments: [] }),
  "a Note with pictures": note({
    attachments: [
      { type: "Image", url: "https://blog.example/huge.jpg", width: 9000, height: 9000, blurhash: "x" },
    ],
  }),
  "an answer": reply,
  "an unlisted Note": note({ visibility: "unlisted" }),
  "a followers-only Note": note({ visibility: "followers" }),
};

for (const [system, reader] of Object.entries(READERS)) {
  describe(`what ${system} demands`, () => {
    for (const [name, view] of Object.entries(POSTS)) {
      it(`is met by ${name}`, () => reader.activity(post(view)));
      it(`is met by an Update of ${name}`, () => reader.activity(post(view, "Update")));
    }
    it("is met by our actors", () => {
      reader.actor(ourActor());
      reader.actor(ourActor({ type: "Group", name: "", fields: [] }));
    });
  });
}

describe("what everybody demands", () => {
  it("of a followers-only post: Public nowhere in it", () => {
    for (const visibility of ["followers", "direct"] as const)
      assert.equal(JSON.stringify(post(article({ visibility }))).includes(PUBLIC), false);
  });

  it("of a Delete: a Tombstone with the id, addressed like the post", () => {
    const view = article();
    const { object: sent } = post(view);
    const { to, cc } = sent;
    const remove = reparsed(
      composeActivity({
        id: "https://blog.example/ap/activities/2",
        type: "Delete",
        actor: author.uri,
        object: composeTombstone(view),
        to,
        cc,
      }),
    );
    assert.equal(remove.object.id, sent.id);
    assert.equal(remove.object.type, "Tombstone");
    assert.deepEqual([remove.to, remove.cc], [to, cc]);
  });

  it("of a fetched document: the same context as of a delivered one", () => {
    const fetched = reparsed(withContext(composePost(urls, article(), author)));
    assert.deepEqual(fetched["@context"], post(article())["@context"]);
  });
});
