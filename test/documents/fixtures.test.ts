import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import { readActivity } from "../../src/documents/read-activity.ts";
import { readActor } from "../../src/documents/read-actor.ts";
import { readKeys } from "../../src/documents/read-keys.ts";
import { readPost, type ReadPost } from "../../src/documents/read-post.ts";
import { parseJson, type JsonObject } from "../../src/documents/read.ts";

/** Payloads of other projects are read in place; they are not part of this package. */
const FOLDER = new URL("../../../shared/fixtures/", import.meta.url);

function load(file: string): JsonObject {
  const parsed = parseJson(readFileSync(new URL(file, FOLDER)));
  assert.ok(parsed.ok, file);
  return parsed.value;
}

/** file, username, keys with a PEM, fields */
const ACTORS: [string, string, number, number][] = [
  ["mastodon/actor-person.json", "Gargron", 1, 2],
  ["mastodon/actor-service.json", "fediverse", 1, 3],
  ["pleroma/actor-person.json", "karolat", 1, 0],
  ["pleroma/actor-helene.json", "helene", 1, 1],
  ["pixelfed/actor-person-real.json", "dansup", 1, 0],
  ["pixelfed/actor_object.json", "dansup", 0, 0],
  ["misskey/actor-person.json", "syuilo", 1, 1],
  ["misskey/user.json", "mkljczk", 1, 0],
  ["misskey/aimu-at-misskey.io.json", "aimu", 1, 0],
  ["peertube/actor-framasoft.json", "framasoft", 1, 0],
  ["peertube/actor-videochannel.json", "fediforum_demos", 1, 0],
  ["plume/actor-actapopuli.json", "actapopuli", 1, 0],
  ["plume/actor-baptiste.json", "BaptisteGelez", 1, 0],
  ["plume/group-blog.json", "Plume01 Blog 2", 1, 0],
  ["friendica/actor-tobias.json", "tobias", 1, 2],
  ["gotosocial/actor.json", "the_mighty_zork", 1, 0],
  ["lemmy/group.json", "tenforward", 1, 0],
  ["lemmy/person.json", "picard", 1, 0],
  ["microblog/actor-manton.json", "manton", 1, 1],
  ["wordpress/group.json", "dbzer0.com", 1, 2],
  ["wordpress/pterotype-actor.json", "blog", 1, 0],
  ["writefreely/actor-matt.json", "matt", 1, 0],
  ["hubzilla-zap-streams/hubzilla-actor.json", "testc6", 1, 0],
  ["guppe-gancio-misc/guppe-actor.json", "Bernie2020", 1, 0],
  ["guppe-gancio-misc/takahe-actor.json", "vote", 1, 1],
  ["relay/actor.json", "relay", 1, 0],
  ["owncast/actor-service.json", "rgh", 1, 1],
  ["nodebb/person.json", "julian", 1, 0],
  ["bridgy-fed/actor-bridged.json", "jk.nipponalba.scot", 1, 0],
];

/** file, type, objectId, what of the object as a post */
const ACTIVITIES: [string, string, string | undefined, Partial<ReadPost>?][] = [
  [
    "mastodon/post-activity.json",
    "Create",
    "http://mastodon.example.org/users/admin/statuses/99512778738411822",
    { type: "Note", visibility: "public" },
  ],
  [
    "mastodon/create-note-2024.json",
    "Create",
    "https://mastodon.castle/users/user/statuses/113354214820743598",
    { visibility: "public" },
  ],
  [
    "mastodon/post-activity-nsfw.json",
    "Create",
    "http://mastodon.example.org/users/admin/statuses/99512778738411822",
    { sensitive: true, hashtags: ["NSFW"] },
  ],
  [
    "mastodon/update-note-2024.json",
    "Update",
    "https://mastodon.castle/users/user/statuses/113354214820743598",
    { type: "Note" },
  ],
  [
    "mastodon/vote.json",
    "Create",
    "https://mastodon.sdf.org/users/rinpatch#votes/387",
    {
      visibility: "direct",
      content: "",
      inReplyTo: "https://testing.uguu.ltd/objects/9d300947-2dcb-445d-8978-9a3b4b84fa14",
    },
  ],
  [
    "mastodon/question-activity.json",
    "Create",
    "https://mastodon.sdf.org/users/rinpatch/statuses/102070944809637304",
    { type: "Question" },
  ],
  ["mastodon/announce.json", "Announce", "http://mastodon.example.org/@admin/99541947525187367"],
  [
    "mastodon/announce-private.json",
    "Announce",
    "http://mastodon.example.org/@admin/99541947525187368",
    { visibility: "followers" },
  ],
  ["mastodon/follow-activity.json", "Follow", "http://localtesting.pleroma.lol/users/lain"],
  ["mastodon/accept-activity.json", "Accept", "http://localtesting.pleroma.lol/users/lain#follows/4"],
  ["mastodon/reject-activity.json", "Reject", "http://localtesting.pleroma.lol/users/lain#follows/4"],
  [
    "mastodon/like.json",
    "Like",
    "http://localtesting.pleroma.lol/objects/eb92579d-3417-42a8-8652-2492c2d4f454",
  ],
  ["mastodon/undo-like.json", "Undo", "http://mastodon.example.org/users/admin#likes/2"],
  ["mastodon/undo-like-compact-object.json", "Undo", "http://mastodon.example.org/users/admin#likes/2"],
  ["mastodon/unfollow-activity.json", "Undo", "http://mastodon.example.org/users/admin#follows/2"],
  ["mastodon/delete.json", "Delete", "http://mastodon.example.org/users/gargron/statuses/99620895606148759"],
  ["mastodon/delete-user.json", "Delete", "http://mastodon.example.org/users/admin"],
  ["mastodon/doc-move.json", "Move", "https://mastodon.example/users/alice"],
  ["mastodon/flag.json", "Flag", "https://example.com/users/1"],
  ["mastodon/update-person-2026.json", "Update", "https://mastodon.art/users/alinamiko"],
  ["pleroma/announce.json", "Announce", "https://mastodon.social/users/dansup/statuses/100891324792793720"],
  [
    "pleroma/create-reply-to-misskey-thread.json",
    "Create",
    "https://p.helene.moe/objects/fd5910ac-d9dc-412e-8d1d-914b203296c4",
    { inReplyTo: "https://mk.absturztau.be/notes/93e7nm8wqg" },
  ],
  [
    "pleroma/emoji-reaction.json",
    "EmojiReact",
    "http://localtesting.pleroma.lol/objects/eb92579d-3417-42a8-8652-2492c2d4f454",
  ],
  ["pleroma/doc-undo-emojireact.json", "Undo", "https://example.org/activities/23143872a0346141"],
  ["pleroma/relay-follow.json", "Follow", "https://relay.example/actor"],
  [
    "pixelfed/create_note.json",
    "Create",
    "https://pixelfed.test/p/admin/1",
    { hashtags: ["pixelfed", "dogsOfPixelFed"] },
  ],
  [
    "pixelfed/create-note-real.json",
    "Create",
    "https://pixelfed.social/p/mczachurski/650595293594582993",
    { inReplyTo: "https://gram.social/p/Alice/650350850687790456" },
  ],
  ["pixelfed/follow.json", "Follow", "https://pixelfed.test/users/admin"],
  ["pixelfed/accept_follow.json", "Accept", "https://other.test/35860bf0-9930-4131-b5b4-31d2f31df873"],
  ["pixelfed/like.json", "Like", "https://pixelfed.test/p/admin/1"],
  ["pixelfed/announce.json", "Announce", "https://pixelfed.test/p/dansup/630671772572999686"],
  ["pixelfed/undo_follow.json", "Undo", "https://pixelfed.test/users/pixelfed#follows/1"],
  ["pixelfed/delete_note.json", "Delete", "https://pixelfed.test/p/admin/1"],
  ["pixelfed/add_story.json", "Add", "https://pixelfed.test/stories/dansup/123456"],
  [
    "misskey/custom-emoji-reaction.json",
    "Like",
    "https://pleroma.local.live/objects/89937a53-2692-4631-bb62-770091267391",
  ],
  [
    "misskey/mk.absturztau.be-93e7nm8wqg-activity.json",
    "Create",
    "https://mk.absturztau.be/notes/93e7nm8wqg",
    { type: "Note" },
  ],
  ["misskey/delete.json", "Delete", "https://misskey.usbharu.dev/notes/9lkwqnwqk9"],
  ["misskey/undo-follow.json", "Undo", "https://misskey.usbharu.dev/follows/97ws8y3rj6/9ezbh8qrh0"],
  [
    "peertube/announce-without-context.json",
    "Announce",
    "http://127.0.0.1:9002/videos/watch/997111d4-e8d8-4f45-99d3-857905785d05",
  ],
  [
    "peertube/create-video-framatube.json",
    "Create",
    "https://framatube.org/videos/watch/6050732a-8a7a-43d4-a6cd-809525a1d206",
    { type: "Video", mediaType: "text/markdown", authorUri: "https://framatube.org/accounts/framasoft" },
  ],
  [
    "plume/create-article.json",
    "Create",
    "https://plu.me/~/Blog/my-article",
    { type: "Article", authorUri: "https://plu.me/@/Admin" },
  ],
  [
    "plume/create-comment.json",
    "Create",
    "https://plu.me/~/BlogName/testing/comment/1",
    { inReplyTo: "https://plu.me/~/BlogName/testing" },
  ],
  ["plume/like.json", "Like", "https://plu.me/~/BlogName/testing"],
  ["plume/undo-follow.json", "Undo", "https://plu.me/follows/1"],
  ["plume/follow.json", "Follow", "https://plu.me/@/user/"],
  [
    "gotosocial/delete-note.json",
    "Delete",
    "http://localhost:8080/users/admin/statuses/01FF25D5Q0DH7CHD57CTRS6WK0",
  ],
  [
    "gotosocial/create-reply-2026.json",
    "Create",
    "https://gotosocial.example.com/users/testuser/statuses/01KH6H3G6HA0XX4JS79BWSRD4F",
    { visibility: "public", mentions: [] },
  ],
  [
    "gotosocial/poll-vote.json",
    "Create",
    "http://localhost:8080/users/the_mighty_zork#01HEN2R65468ZG657C4ZPHJ4EX/votes/1",
    { visibility: "direct" },
  ],
  [
    "ghost/create-article.json",
    "Create",
    "https://example.com/article/post-123",
    { type: "Article", visibility: "public" },
  ],
  [
    "friendica/create_page_2.json",
    "Create",
    "https://pirati.ca/objects/ec054ce7-5162-3bf2-504c-16d024994850",
    { type: "Article", visibility: "unlisted" },
  ],
  ["lotide/create_note_reply.json", "Create", "https://c.tide.tk/comments/52", { visibility: "unlisted" }],
  [
    "hubzilla-zap-streams/roadhouse-create.json",
    "Create",
    "https://macgirvin.com/item/ce9ce740-e1cb-4a75-aa4e-9e923555870d",
    { authorUri: "https://macgirvin.com/channel/mike" },
  ],
  [
    "personal-sites/kroeg-array-less-hashtag.json",
    "Create",
    "https://puckipedia.com/ur33-818k/note",
    { hashtags: ["test"] },
  ],
  [
    "lemmy/announce_create_page.json",
    "Announce",
    "http://enterprise.lemmy.ml/activities/create/2807c9ec-3ad8-4859-a9e0-28b59b6e499f",
  ],
];

/** file, visibility and whatever else is remarkable about it */
const POSTS: [string, Partial<ReadPost>][] = [
  ["mastodon/private-message.json", { visibility: "direct", language: "es" }],
  ["mastodon/note-language.json", { visibility: "public", language: "ja" }],
  [
    "mastodon/note-image-2024.json",
    { inReplyTo: "https://floss.social/users/kde/statuses/113306824627995724", language: "en" },
  ],
  ["misskey/note-mfm-x.json", { type: "Note", hashtags: ["dancedance"] }],
  ["misskey/poll_no_end_date.json", { type: "Question" }],
  [
    "peertube/lemmy-note.json",
    { mediaType: "text/markdown", inReplyTo: "https://bae.st/objects/87c1cbf5-542a-491d-af57-0414c8648381" },
  ],
  [
    "peertube/video-peertube-social.json",
    {
      type: "Video",
      url: "https://peertube.social/videos/watch/278d2b7c-0f38-4aaa-afe6-9ecc0c4a34fe",
      hashtags: ["linux", "mug.org", "open", "oss", "source"],
    },
  ],
  ["plume/article-this-month-in-plume.json", { type: "Article", visibility: "public" }],
  ["pixelfed/note-real-2018.json", { hashtags: ["mazda", "zoomzoom"] }],
  ["pleroma/note-helene.json", { visibility: "public" }],
  ["pleroma/quoted-status.json", { content: "", visibility: "public" }],
  ["lemmy/page.json", { type: "Page", language: "fr" }],
  ["wordpress/note.json", { url: "https://pfefferle.org?c=148", language: "en" }],
  ["personal-sites/ccworld-note.json", { visibility: "public", hashtags: [], mentions: [], attachments: [] }],
  ["bridgy-fed/note-from-bluesky.json", { hashtags: ["railway", "photography"] }],
];

/** file, why it is no activity, no actor, no post */
const REFUSED: [string, string, string, string][] = [
  ["hostile/actor-foreign-keyid.json", "no-actor", "key-of-another-host", "not-a-post"],
  ["swicg-w3c/fail-number-as-actor.json", "no-actor", "not-an-actor", "not-a-post"],
  ["swicg-w3c/fail-number-as-object.json", "no-object", "not-an-actor", "not-a-post"],
  ["swicg-w3c/fail-number-as-type.json", "no-type", "not-an-actor", "not-a-post"],
  ["swicg-w3c/fail-number-as-id.json", "not-an-activity", "not-an-actor", "no-id"],
  ["swicg-w3c/fail-collection-with-non-page-first.json", "not-an-activity", "not-an-actor", "not-a-post"],
  [
    "swicg-w3c/fail-content-map-with-invalid-language-tag.json",
    "not-an-activity",
    "not-an-actor",
    "no-author",
  ],
  ["misskey/like.json", "actor-on-another-host", "not-an-actor", "not-a-post"],
  ["plume/accept-follow.json", "actor-on-another-host", "not-an-actor", "not-a-post"],
  ["pleroma/lemmy-chat_message.json", "not-an-activity", "not-an-actor", "not-a-post"],
  ["lemmy/tombstone.json", "not-an-activity", "not-an-actor", "not-a-post"],
  ["swicg-w3c/alsoknownas-actor.json", "no-actor", "no-inbox", "not-a-post"],
  ["gotosocial/key-stub.json", "no-actor", "no-inbox", "not-a-post"],
  ["mastodon/webfinger.json", "no-type", "not-an-actor", "not-a-post"],
];

describe("payloads of every system", () => {
  if (!existsSync(FOLDER)) {
    it("are not at hand here: ../shared/fixtures is missing");
    return;
  }
  for (const [file, username, keys, fields] of ACTORS) {
    it(`${file} is the actor ${username}`, () => {
      const read = readActor(load(file));
      assert.ok(read.ok);
      assert.equal(read.actor.username, username);
      assert.equal(read.actor.keys.filter((key) => key.pem !== undefined).length, keys);
      assert.equal(read.actor.fields.length, fields);
      assert.match(read.actor.url, /^https?:\/\//);
      assert.match(read.actor.inbox, /^https?:\/\//);
    });
  }
  for (const [file, type, objectId, post] of ACTIVITIES) {
    it(`${file} is a ${type}`, () => {
      const read = readActivity(load(file));
      assert.ok(read.ok, JSON.stringify(read));
      assert.equal(read.activity.type, type);
      assert.equal(read.activity.objectId, objectId);
      if (post === undefined) return;
      const inner = readPost(read.activity.object, read.activity);
      assert.ok(inner.ok, JSON.stringify(inner));
      const { mentions, ...rest } = post;
      if (mentions) assert.ok(inner.post.mentions.length > 0, "a single tag that is no list");
      for (const [name, value] of Object.entries(rest))
        assert.deepEqual(inner.post[name as keyof ReadPost], value, name);
    });
  }
  for (const [file, expected] of POSTS) {
    it(`${file} is a post`, () => {
      const read = readPost(load(file));
      assert.ok(read.ok, JSON.stringify(read));
      for (const [name, value] of Object.entries(expected))
        assert.deepEqual(read.post[name as keyof ReadPost], value, name);
    });
  }
  for (const [file, activity, actor, post] of REFUSED) {
    it(`${file} is refused`, () => {
      const doc = load(file);
      assert.deepEqual(readActivity(doc), { ok: false, reason: activity });
      assert.deepEqual(readActor(doc), { ok: false, reason: actor });
      assert.deepEqual(readPost(doc), { ok: false, reason: post });
    });
  }
  it("votes of Mastodon and GoToSocial name an option and are no comment", () => {
    for (const file of ["mastodon/vote.json", "gotosocial/poll-vote.json"]) {
      const read = readActivity(load(file));
      assert.ok(read.ok);
      const vote = readPost(read.activity.object);
      assert.ok(vote.ok && vote.post.voteFor !== undefined && vote.post.title === undefined);
    }
  });
  it("GoToSocial's stub at a key's address names the key and its owner", () => {
    const [key] = readKeys(load("gotosocial/key-stub.json"));
    assert.equal(key?.id, "https://example.org/users/example_user/main-key");
    assert.equal(key.owner, "https://example.org/users/example_user");
    assert.ok(key.pem);
  });
});
