import assert from "node:assert/strict";
import { keepActivity } from "../../../src/activitypub/inbox/keep.ts";
import { createInboxWorker } from "../../../src/activitypub/inbox/process.ts";
import type { ActorRow, PostRow } from "../../../src/database/rows.ts";
import { readActivity } from "../../../src/documents/read-activity.ts";
import { PUBLIC } from "../../../src/documents/read.ts";
import { readPost } from "../../../src/documents/read-post.ts";
import { followActor } from "../../../src/domain/following.ts";
import { publishPost } from "../../../src/domain/posts.ts";
import { keepPost } from "../../../src/domain/receive.ts";
import { dyingAfter } from "../../support/dying-store.ts";
import { makeSite, type HandMadeSite } from "../../support/make-site.ts";
import { storePerson } from "../../support/people.ts";
import { TestClock } from "../../support/test-clock.ts";

type Json = Record<string, unknown>;
/** Longer than the lease of a dead worker. */
const LEASE = 3 * 60_000;
/** More writes than any activity makes. */
const MOST_WRITES = 60;

describe("A process that dies in the middle of an activity", function () {
  this.timeout(60_000);
  let made: HandMadeSite;
  let clock: TestClock;
  let blog: ActorRow;
  let alice: ActorRow;
  let post: PostRow;
  let count = 0;

  before(async () => {
    clock = new TestClock(new Date("2026-03-01T12:00:00Z"));
    made = await makeSite({ clock });
  });
  after(() => made.close());

  /** Somebody and something new, so that one site serves for every point of every crash. */
  async function begin(): Promise<void> {
    count += 1;
    clock.advance(1000);
    const { site } = made;
    post = await publishPost(site, {
      url: `https://blog.example/${count}`,
      title: "Bread",
      html: "<p>Flour.</p>",
    });
    alice = await storePerson(site, `alice${count}`);
    blog = await made.account("blog");
  }

  const id = (what: string): string => `https://remote.example/${what}/${count}`;
  const activity = (type: string, object: unknown, more: Json = {}): Json => ({
    id: id(type),
    type,
    actor: alice.uri,
    object,
    to: [PUBLIC],
    cc: [],
    ...more,
  });
  const note = (more: Json = {}): Json => ({
    id: id("notes"),
    type: "Note",
    attributedTo: alice.uri,
    content: "<p>Lovely crumb!</p>",
    inReplyTo: post.uri,
    tag: [{ type: "Mention", href: blog.uri, name: "@blog" }],
    to: [PUBLIC],
    cc: [blog.uri],
    published: clock.now().toISOString(),
    ...more,
  });

  async function arrives(document: Json): Promise<void> {
    const read = readActivity(document);
    assert.ok(read.ok);
    await keepActivity(made.site, read.activity, JSON.stringify(document), undefined);
  }
  async function work(site = made.site): Promise<void> {
    await createInboxWorker(site).drain();
  }
  const done = async (document: Json): Promise<void> => {
    await arrives(document);
    await work();
  };

  /** What is left of it all, without ids and times. */
  async function state(): Promise<unknown> {
    const { models } = made.site;
    const own = await models.posts.findById(post._id).lean<PostRow>();
    const account = await models.actors.findById(blog._id).lean<ActorRow>();
    const rows = await models.posts.find({ author: alice._id }).lean<PostRow[]>();
    const sent = await models.activities.find({ actor: blog._id, createdAt: { $gte: begun } }).lean();
    const notifications = await models.notifications.find({ from: alice._id }).lean();
    return {
      likes: own?.likesCount,
      boosts: own?.boostsCount,
      replies: own?.repliesCount,
      votes: own?.poll,
      followers: (account?.followersCount ?? 0) - followersBefore,
      following: (account?.followingCount ?? 0) - followingBefore,
      posts: rows.map((row) => `${row.type} ${String(row.deletedAt !== undefined)}`).sort(),
      home: await models.timelines.countDocuments({ post: { $in: rows.map((row) => row._id) } }),
      interactions: await models.interactions.countDocuments({ actor: alice._id }),
      follows: await models.follows.countDocuments({ follower: alice._id }),
      notifications: notifications.map((row) => row.type).sort(),
      answered: [...new Set(sent.map((row) => row.type))].sort(),
    };
  }
  let begun: Date;
  let followersBefore: number;
  let followingBefore: number;

  /** The same is left, wherever in the middle it dies. */
  async function bears(
    what: () => Json,
    earlier: () => Promise<void> = async () => undefined,
    failures = Infinity,
  ): Promise<void> {
    const prepare = async (): Promise<void> => {
      await begin();
      const account = await made.account("blog");
      [followersBefore, followingBefore, begun] = [
        account.followersCount,
        account.followingCount,
        clock.now(),
      ];
      await earlier();
    };
    await prepare();
    await done(what());
    const expected = await state();
    for (let writes = 1; ; writes += 1) {
      assert.ok(writes < MOST_WRITES);
      await prepare();
      const document = what();
      await arrives(document);
      const dying = dyingAfter(made.site, writes, failures);
      await work(dying.site);
      if (!dying.died()) break;
      clock.advance(LEASE);
      await work();
      assert.deepEqual(await state(), expected, `after ${writes} writes`);
    }
  }

  const followed = async (): Promise<void> => {
    await followActor(made.site, blog, alice);
    await done(activity("Accept", { type: "Follow", actor: blog.uri, object: alice.uri }));
  };
  const followId = (): string => id("Follow");

  it("Create of an answer: counted, in the timeline, and rung", () =>
    bears(() => activity("Create", note()), followed));
  it("Delete of it: uncounted, and in no timeline", () =>
    bears(
      () => activity("Delete", { id: id("notes"), type: "Tombstone" }),
      async () => {
        await followed();
        await done(activity("Create", note()));
      },
    ));
  it("a vote: counted", () => {
    const vote = { id: id("votes"), content: undefined, tag: undefined, name: "rye", to: [blog.uri] };
    return bears(
      () => activity("Create", note(vote)),
      async () => {
        const options = ["rye", "spelt"].map((title) => ({ title, votes: 0 }));
        await made.site.models.posts.updateOne(
          { _id: post._id },
          { $set: { poll: { multiple: false, options, voters: 0 } } },
        );
      },
    );
  });
  it("Like: counted and rung", () => bears(() => activity("Like", post.uri)));
  it("Undo of it", () =>
    bears(
      () => activity("Undo", activity("Like", post.uri)),
      () => done(activity("Like", post.uri)),
    ));
  it("Announce: counted, rung, in the timeline", () => bears(() => activity("Announce", post.uri), followed));
  it("Undo of it: in no timeline", () =>
    bears(
      () => activity("Undo", activity("Announce", post.uri)),
      async () => {
        await followed();
        await done(activity("Announce", post.uri));
      },
    ));
  it("Follow: counted, rung, answered", () => bears(() => activity("Follow", blog.uri)));
  it("Undo of it", () =>
    bears(
      () => activity("Undo", { id: followId(), type: "Follow", actor: alice.uri, object: blog.uri }),
      () => done(activity("Follow", blog.uri)),
    ));
  it("Accept of our Follow: counted, and her posts in the timeline", () =>
    bears(
      () => activity("Accept", { type: "Follow", actor: blog.uri, object: alice.uri }),
      async () => {
        await done(activity("Create", note()));
        await followActor(made.site, blog, alice);
      },
    ));
  it("Reject of it", () =>
    bears(() => activity("Reject", { type: "Follow", actor: blog.uri, object: alice.uri }), followed));
  it("Block", () =>
    bears(
      () => activity("Block", blog.uri),
      async () => {
        await followed();
        await done(activity("Follow", blog.uri));
      },
    ));
  it("Delete of herself: nobody follows, or is followed by, who is gone", () =>
    bears(
      () => activity("Delete", alice.uri),
      async () => {
        await followed();
        await done(activity("Follow", blog.uri));
      },
    ));

  it("or whose store fails one write: counted and rung all the same", async () => {
    await bears(() => activity("Like", post.uri), undefined, 1);
    await bears(() => activity("Create", note()), followed, 1);
  });

  it("nothing of it: a post that was fetched before its Create came is news when that comes", async () => {
    await begin();
    await followed();
    const read = readPost(note());
    assert.ok(read.ok);
    await keepPost(made.site, alice, read.post);
    assert.equal(((await state()) as { home: number }).home, 0);
    await done(activity("Create", note()));
    const { home, notifications, replies } = (await state()) as Record<string, unknown>;
    assert.deepEqual({ home, notifications, replies }, { home: 1, notifications: ["mention"], replies: 1 });
  });
});
