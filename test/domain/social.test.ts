import assert from "node:assert/strict";
import type { ActivityRow, ActorRow, NotificationRow, PostRow } from "../../src/database/rows.ts";
import { insertRow } from "../../src/database/native.ts";
import { boost, unboost } from "../../src/domain/boosts.ts";
import { dropActor, receiveDelete } from "../../src/domain/deletions.ts";
import {
  bookmark,
  favourite,
  interactingActors,
  listInteractions,
  muteThread,
  unfavourite,
} from "../../src/domain/favourites.ts";
import { receiveFollow } from "../../src/domain/follows.ts";
import { followActor, receiveAccept, receiveReject, unfollowActor } from "../../src/domain/following.ts";
import { muteActor } from "../../src/domain/mutes.ts";
import { homePage, TIMELINE_LENGTH } from "../../src/domain/timelines.ts";
import { receiveInteraction, undoInteraction } from "../../src/domain/interactions.ts";
import { maySee, visibleTo } from "../../src/domain/may-see.ts";
import { notificationsPage } from "../../src/domain/notifications.ts";
import { drainOutgoing } from "../../src/domain/outgoing.ts";
import { publishPost, removePost } from "../../src/domain/posts.ts";
import { receiveEdit, receivePost } from "../../src/domain/receive.ts";
import { MINUTE } from "../../src/support/clock.ts";
import { FediverseError, NotFound } from "../../src/support/errors.ts";
import { snowflake } from "../../src/support/ids.ts";
import { makeSite, type HandMadeSite } from "../support/make-site.ts";
import { noteBy, storePerson } from "../support/people.ts";
import { TestClock } from "../support/test-clock.ts";

describe("an account as a user", () => {
  let made: HandMadeSite;
  let clock: TestClock;
  let blog: ActorRow;
  let guest: ActorRow;
  let alice: ActorRow;
  let bob: ActorRow;

  beforeEach(async () => {
    clock = new TestClock();
    made = await makeSite({ clock, accounts: [{ username: "blog" }, { username: "guest" }] });
    blog = await made.account("blog");
    guest = await made.account("guest");
    alice = await storePerson(made.site, "alice");
    bob = await storePerson(made.site, "bob", { host: "other.example" });
  });
  afterEach(() => made.close());

  const sent = async (): Promise<Record<string, unknown>[]> =>
    (await made.site.models.activities.find({}).sort({ _id: 1 }).lean<ActivityRow[]>()).map(
      (row) => JSON.parse(row.body) as Record<string, unknown>,
    );
  const home = async (account = blog): Promise<PostRow[]> =>
    (await homePage(made.site, account, { limit: 40 })).rows;
  const rung = async (account = blog): Promise<NotificationRow[]> =>
    notificationsPage(made.site, account, {}, { limit: 40 });
  const follow = async (target = alice): Promise<void> => {
    await followActor(made.site, blog, target);
    if (!target.local) await receiveAccept(made.site, target, { followerUri: blog.uri });
  };
  const arrives = (author: ActorRow, more: Parameters<typeof noteBy>[1] = {}) =>
    receivePost(made.site, author, noteBy(author, more));

  describe("following", () => {
    it("somebody elsewhere asks, waits, and begins with their Accept", async () => {
      const row = await followActor(made.site, blog, alice);
      assert.equal(row.state, "pending");
      assert.deepEqual(
        (await sent()).map((activity) => [activity["type"], activity["object"], activity["to"]]),
        [["Follow", alice.uri, [alice.uri]]],
      );
      assert.equal((await made.account("blog")).followingCount, 0);
      assert.equal((await receiveAccept(made.site, alice, { followUri: row.uri })).done, true);
      assert.equal((await receiveAccept(made.site, alice, { followUri: row.uri })).done, false);
      assert.equal((await made.account("blog")).followingCount, 1);
    });

    it("is not accepted by anybody else, and ends with a Reject", async () => {
      const row = await followActor(made.site, blog, alice);
      assert.equal((await receiveAccept(made.site, bob, { followUri: row.uri })).done, false);
      await receiveAccept(made.site, alice, { followUri: row.uri });
      assert.equal((await receiveReject(made.site, alice, { followerUri: blog.uri })).done, true);
      assert.equal((await made.account("blog")).followingCount, 0);
    });

    it("somebody of this site begins at once and rings there", async () => {
      await follow(guest);
      assert.equal((await made.account("guest")).followersCount, 1);
      assert.deepEqual(
        (await rung(guest)).map((row) => row.type),
        ["follow"],
      );
      assert.deepEqual(await sent(), []);
    });

    it("oneself is refused", async () => {
      await assert.rejects(
        followActor(made.site, blog, blog),
        (error) => error instanceof FediverseError && error.status === 403,
      );
    });

    it("ended sends the whole Follow in an Undo and empties the home timeline of them", async () => {
      await follow();
      await arrives(alice);
      assert.equal((await home()).length, 1);
      clock.advance(MINUTE);
      assert.equal(await unfollowActor(made.site, blog, alice), true);
      assert.equal(await unfollowActor(made.site, blog, alice), false);
      const undo = (await sent()).at(-1);
      assert.equal(undo?.["type"], "Undo");
      assert.equal((undo?.["object"] as Record<string, unknown>)["type"], "Follow");
      assert.deepEqual(await home(), []);
      assert.equal((await made.account("blog")).followingCount, 0);
    });
  });

  describe("the home timeline", () => {
    it("has posts of people followed and one's own, newest first, and nobody else's", async () => {
      await follow();
      clock.advance(MINUTE);
      await publishPost(made.site, { markdown: "mine" });
      await arrives(alice, { content: "<p>hers</p>", published: clock.now() });
      assert.equal((await arrives(bob)).done, false);
      assert.deepEqual((await home()).map((post) => post.content.replace(/<[^>]+>/g, "").trim()).sort(), [
        "hers",
        "mine",
      ]);
      assert.deepEqual(await home(guest), []);
    });

    it("has what was there before the follow", async () => {
      await followActor(made.site, guest, alice);
      await receiveAccept(made.site, alice, { followerUri: guest.uri });
      await arrives(alice);
      await follow();
      assert.equal((await home()).length, 1);
    });

    it("has of what was there before the follow only what it would have taken as it came", async () => {
      const follows = async (who: ActorRow, whom: ActorRow, wishes = {}): Promise<void> => {
        await followActor(made.site, who, whom, wishes);
        await receiveAccept(made.site, whom, { followerUri: who.uri });
      };
      for (const one of [alice, bob]) await follows(guest, one);
      const other = await publishPost(made.site, { markdown: "other", author: "guest" });
      for (const one of [alice, bob])
        await receiveInteraction(made.site, "boost", one, other.uri, `${one.uri}/boosts/1`);
      await arrives(alice, { content: "<p>Brot</p>", language: "de-AT" });
      await arrives(alice, { content: "<p>bread</p>", language: "en" });
      const shown = async () =>
        (await home()).map((post) => (post.boostOf === other._id ? "boost" : post.excerpt)).sort();

      await follows(blog, alice, { showBoosts: false, languages: ["en"] });
      assert.deepEqual(await shown(), ["bread"]);
      await follows(blog, bob);
      assert.deepEqual(await shown(), ["boost", "bread"]);
      await unfollowActor(made.site, blog, alice);
      await follows(blog, alice);
      assert.deepEqual(await shown(), ["Brot", "boost", "bread"]);
      await muteActor(made.site, blog, guest);
      await unfollowActor(made.site, blog, bob);
      await follows(blog, bob);
      assert.deepEqual(await shown(), ["Brot", "bread"]);
    });

    it("has what overtook the Accept, once that has come, and not before", async () => {
      const other = await publishPost(made.site, { markdown: "other", author: "guest" });
      await followActor(made.site, blog, alice);
      assert.equal((await arrives(alice)).done, true);
      await receiveInteraction(made.site, "boost", alice, other.uri, `${alice.uri}/boosts/1`);
      assert.deepEqual(await home(), []);
      await receiveAccept(made.site, alice, { followerUri: blog.uri });
      assert.deepEqual((await home()).map((post) => post.boostOf === other._id).sort(), [false, true]);
    });

    it("shows answers only between people followed, and to oneself", async () => {
      await follow();
      const toBob = noteBy(bob);
      await followActor(made.site, guest, bob);
      await receiveAccept(made.site, bob, { followerUri: guest.uri });
      await receivePost(made.site, bob, toBob);
      await arrives(alice, { inReplyTo: toBob.uri });
      await arrives(alice, { inReplyTo: "https://nowhere.example/1" });
      assert.deepEqual(await home(), []);
      const mine = await publishPost(made.site, { markdown: "mine" });
      await arrives(alice, { inReplyTo: mine.uri });
      const own = noteBy(alice);
      await receivePost(made.site, alice, own);
      await arrives(alice, { inReplyTo: own.uri });
      assert.equal((await home()).length, 4);
    });

    it("shows a boost with its own id, not the same post twice, and none where boosts are not wanted", async () => {
      await follow();
      const mine = await publishPost(made.site, { markdown: "mine", author: "guest" });
      await receiveInteraction(made.site, "boost", alice, mine.uri, "https://remote.example/boosts/1");
      const [row] = await home();
      assert.equal(row?.boostOf, mine._id);
      assert.notEqual(row?._id, mine._id);
      await follow(bob);
      await receiveInteraction(made.site, "boost", bob, mine.uri, "https://other.example/boosts/1");
      assert.equal((await home()).length, 1);
      await undoInteraction(made.site, alice.uri, { uri: "https://remote.example/boosts/1" });
      assert.equal((await home()).length, 0);
      await followActor(made.site, blog, alice, { showBoosts: false });
      const other = await publishPost(made.site, { markdown: "other", author: "guest" });
      await receiveInteraction(made.site, "boost", alice, other.uri, "https://remote.example/boosts/2");
      assert.equal((await home()).length, 0);
    });

    it("leaves out direct messages, and who is muted or blocked", async () => {
      await follow();
      await arrives(alice, { visibility: "direct", to: [blog.uri], mentions: [{ uri: blog.uri }] });
      for (const [kind, target] of [
        ["mute", alice],
        ["block", bob],
      ] as const) {
        await insertRow(made.site.models.relations, {
          _id: snowflake(clock.now()),
          owner: blog._id,
          target: target._id,
          kind,
          createdAt: clock.now(),
        });
      }
      await arrives(alice);
      assert.deepEqual(await home(), []);
    });

    it("loses what is deleted", async () => {
      await follow();
      const note = noteBy(alice);
      await receivePost(made.site, alice, note);
      await receiveDelete(made.site, alice.uri, note.uri);
      const mine = await publishPost(made.site, { markdown: "mine" });
      await removePost(made.site, mine.uri);
      assert.deepEqual(await home(), []);
    });

    it("keeps eight hundred places", async () => {
      await follow();
      const rows = Array.from({ length: TIMELINE_LENGTH + 5 }, (_, each) => ({
        _id: `home:${blog._id}:${each}`,
        owner: `home:${blog._id}`,
        post: each,
        author: alice._id,
        original: each,
      }));
      await made.site.models.timelines.collection.insertMany(rows as never);
      await arrives(alice);
      assert.equal(
        await made.site.models.timelines.countDocuments({ owner: `home:${blog._id}` }),
        TIMELINE_LENGTH,
      );
    });

    it("pages by max_id, since_id and min_id", async () => {
      await follow();
      for (let each = 0; each < 5; each += 1)
        await arrives(alice, { published: new Date(Date.UTC(2026, 1, 27, each)) });
      const ids = (await home()).map((post) => post._id);
      const page = async (range: { maxId?: number; sinceId?: number; minId?: number }) =>
        (await homePage(made.site, blog, { limit: 2, ...range })).rows.map((post) => post._id);
      assert.deepEqual(await page({ maxId: ids[1] ?? 0 }), [ids[2], ids[3]]);
      assert.deepEqual(await page({ sinceId: ids[4] ?? 0 }), [ids[0], ids[1]]);
      assert.deepEqual(await page({ minId: ids[4] ?? 0 }), [ids[2], ids[3]]);
    });
  });

  describe("boosting and liking", () => {
    it("somebody's post tells their server, once, and takes it back with the same id", async () => {
      await follow();
      const note = noteBy(alice);
      await receivePost(made.site, alice, note);
      const post = (await made.site.models.posts.findOne({ uri: note.uri }).lean<PostRow>()) as PostRow;
      const row = await boost(made.site, blog, post);
      assert.equal((await boost(made.site, blog, post))._id, row._id);
      await favourite(made.site, blog, post);
      await favourite(made.site, blog, post);
      await drainOutgoing(made.site);
      clock.advance(MINUTE);
      assert.equal(await unboost(made.site, blog, post), true);
      await unfavourite(made.site, blog, post);
      await drainOutgoing(made.site);
      const [announce, undo] = (await sent()).filter(
        (activity) => activity["id"] === row.uri || (activity["object"] as { id?: string })["id"] === row.uri,
      );
      assert.deepEqual(
        [announce?.["type"], announce?.["object"], undo?.["type"]],
        ["Announce", note.uri, "Undo"],
      );
      const likes = (await sent()).filter((activity) => activity["type"] === "Like");
      assert.equal(likes.length, 1);
      const after = await made.site.models.posts.findById(post._id).lean<PostRow>();
      assert.deepEqual([after?.boostsCount, after?.likesCount], [0, 0]);
    });

    it("a followers-only post of somebody else, or what one may not see, is refused", async () => {
      await follow();
      const note = noteBy(alice, { visibility: "followers" });
      await receivePost(made.site, alice, note);
      const post = (await made.site.models.posts.findOne({ uri: note.uri }).lean<PostRow>()) as PostRow;
      await assert.rejects(boost(made.site, blog, post), /Only public posts/);
      await assert.rejects(boost(made.site, guest, post), NotFound);
      await assert.rejects(favourite(made.site, guest, post), NotFound);
    });

    it("and keeping are listed, the last first, by the hidden row's id", async () => {
      const posts = [];
      for (const text of ["a", "b", "c"])
        posts.push(await publishPost(made.site, { markdown: text, author: "guest" }));
      for (const post of posts) {
        clock.advance(MINUTE);
        await favourite(made.site, blog, post);
        await bookmark(made.site, blog, post);
      }
      const first = await listInteractions(made.site, blog, "like", { limit: 2 });
      assert.deepEqual(
        first.rows.map((post) => post._id),
        [posts[2]?._id, posts[1]?._id],
      );
      const second = await listInteractions(made.site, blog, "like", {
        limit: 2,
        ...(first.next === undefined ? {} : { maxId: first.next }),
      });
      assert.deepEqual(
        second.rows.map((post) => post._id),
        [posts[0]?._id],
      );
      assert.equal(second.next, undefined);
      assert.equal((await listInteractions(made.site, blog, "bookmark", { limit: 20 })).rows.length, 3);
      assert.deepEqual(
        (await interactingActors(made.site, posts[0] as PostRow, "like", { limit: 20 })).rows.map(
          (actor) => actor.username,
        ),
        ["blog"],
      );
    });
  });

  describe("notifications", () => {
    it("ring for follows, mentions, likes, boosts and answers, once each however often things come", async () => {
      const post = await publishPost(made.site, { markdown: "mine" });
      for (let twice = 0; twice < 2; twice += 1) {
        await receiveFollow(made.site, alice, blog.uri, "https://remote.example/follows/1");
        await receiveInteraction(made.site, "like", alice, post.uri, "https://remote.example/likes/1");
        await receiveInteraction(made.site, "boost", alice, post.uri, "https://remote.example/boosts/1");
      }
      const mention = noteBy(alice, { mentions: [{ uri: blog.uri, name: "@blog" }], inReplyTo: post.uri });
      await receivePost(made.site, alice, mention);
      await receivePost(made.site, alice, mention);
      assert.deepEqual((await rung()).map((row) => row.type).sort(), [
        "favourite",
        "follow",
        "mention",
        "reblog",
      ]);
    });

    it("do not ring for oneself, for blocked people, for muted conversations, or for cc without a tag", async () => {
      const post = await publishPost(made.site, { markdown: "mine" });
      await favourite(made.site, blog, post);
      await insertRow(made.site.models.relations, {
        _id: snowflake(clock.now()),
        owner: blog._id,
        target: bob._id,
        kind: "block",
        createdAt: clock.now(),
      });
      await arrives(bob, { mentions: [{ uri: blog.uri }], inReplyTo: post.uri });
      await muteThread(made.site, blog, post);
      await arrives(alice, { mentions: [{ uri: blog.uri }], inReplyTo: post.uri });
      await arrives(alice, { cc: [blog.uri] });
      assert.deepEqual(await rung(), []);
    });

    it("of whom the policy holds back are kept apart", async () => {
      await made.site.models.actors.updateOne(
        { _id: blog._id },
        { $set: { notificationPolicy: { for_not_following: "filter" } } },
      );
      blog = await made.account("blog");
      await arrives(alice, { mentions: [{ uri: blog.uri }] });
      assert.deepEqual(await rung(), []);
      assert.equal(
        (await notificationsPage(made.site, blog, { includeFiltered: true }, { limit: 20 })).length,
        1,
      );
      await follow();
      await arrives(alice, { mentions: [{ uri: blog.uri }] });
      assert.equal((await rung()).length, 1);
    });

    it("tell of an edit of what one has boosted, and keep what it said before", async () => {
      await follow();
      const note = noteBy(alice, { content: "<p>one</p>" });
      await receivePost(made.site, alice, note);
      const post = (await made.site.models.posts.findOne({ uri: note.uri }).lean<PostRow>()) as PostRow;
      await boost(made.site, blog, post);
      await receiveEdit(made.site, alice, {
        ...note,
        content: "<p>two</p>",
        updated: new Date("2026-02-28T12:00:00Z"),
      });
      assert.deepEqual(
        (await rung()).map((row) => row.type),
        ["update"],
      );
      assert.deepEqual(
        (await made.site.models.edits.find({ post: post._id }).lean()).map((edit) => edit.content),
        ["<p>one</p>"],
      );
    });
  });

  describe("what one may see", () => {
    it("is the open, what one is addressed in, and the closed of those one follows; never the deleted, nor of who blocks", async () => {
      await follow();
      const kinds = ["public", "unlisted", "followers", "direct"] as const;
      for (const visibility of kinds)
        await arrives(alice, {
          visibility,
          ...(visibility === "direct" ? { to: [blog.uri], mentions: [{ uri: blog.uri }] } : {}),
        });
      const posts = await made.site.models.posts
        .find({ author: alice._id })
        .sort({ _id: 1 })
        .lean<PostRow[]>();
      const seen = async (viewer?: ActorRow) =>
        (await visibleTo(made.site, posts, viewer)).map((post) => post.visibility).sort();
      assert.deepEqual(await seen(), ["public", "unlisted"]);
      assert.deepEqual(await seen(guest), ["public", "unlisted"]);
      assert.deepEqual(await seen(blog), ["direct", "followers", "public", "unlisted"]);
      await insertRow(made.site.models.relations, {
        _id: snowflake(clock.now()),
        owner: guest._id,
        target: alice._id,
        kind: "blockedBy",
        createdAt: clock.now(),
      });
      assert.deepEqual(await seen(guest), []);
      await dropActor(made.site, alice.uri);
      const after = await made.site.models.posts.find({ author: alice._id }).lean<PostRow[]>();
      assert.deepEqual(await visibleTo(made.site, after, blog), []);
    });

    it("of a boost is what it boosts", async () => {
      const post = await publishPost(made.site, { markdown: "mine" });
      const row = await boost(made.site, guest, post);
      assert.equal(await maySee(made.site, row), true);
      await removePost(made.site, post.uri);
      assert.equal(await maySee(made.site, row), false);
    });
  });
});
