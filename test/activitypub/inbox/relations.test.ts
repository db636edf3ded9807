import assert from "node:assert/strict";
import type { ActivityRow, ActorRow } from "../../../src/database/rows.ts";
import { blockActor, unblockActor } from "../../../src/domain/blocks.ts";
import { followActor, receiveAccept } from "../../../src/domain/following.ts";
import { addMembers, createList, membersOf } from "../../../src/domain/lists.ts";
import { muteActor } from "../../../src/domain/mutes.ts";
import { publishPost } from "../../../src/domain/posts.ts";
import { shadowsOf } from "../../../src/domain/shadows.ts";
import { commentsOf } from "../../../src/domain/thread.ts";
import { resolveActor } from "../../../src/remote/actors.ts";
import { startRemote, type Character, type FakeRemote } from "../../support/fake-remote.ts";
import { makeInboxSite, type InboxSite } from "../../support/inbox-site.ts";
import { TestClock } from "../../support/test-clock.ts";

type Json = Record<string, unknown>;
const PAGE = "https://blog.example/bread";

describe("what others decide about our accounts", () => {
  let site: InboxSite;
  let remote: FakeRemote;
  let other: FakeRemote;
  let clock: TestClock;
  let alice: Character;
  let moved: Character;
  let blog: ActorRow;
  let seed = 0;

  before(async () => {
    remote = await startRemote({ host: "127.0.0.2" });
    other = await startRemote({ host: "127.0.0.3" });
  });
  after(async () => {
    await remote.close();
    await other.close();
  });
  beforeEach(async () => {
    seed += 1;
    clock = new TestClock(new Date());
    site = await makeInboxSite({ clock });
    alice = remote.character(`alice${seed}`, "Person", "alice");
    moved = other.character(`alice${seed}`, "Person", "bob");
    blog = await site.account("blog");
  });
  afterEach(() => site.close());

  const arrives = async (character: Character, activity: Json): Promise<string | undefined> => {
    const { sharedInbox } = site.site.urls;
    const answer = await character.remote.send(character, sharedInbox, activity, { date: clock.now() });
    assert.equal(answer.status, 202, answer.body);
    await site.work();
    return (await site.inbound(activity.id))?.outcome;
  };
  const row = (character: Character): Promise<ActorRow> => resolveActor(site.site, character.uri);
  const follows = async (character: Character): Promise<ActorRow> => {
    const actor = await row(character);
    await followActor(site.site, blog, actor, { showBoosts: false });
    await receiveAccept(site.site, actor, { followerUri: blog.uri });
    return actor;
  };
  const isBlockedBy = async (character: Character): Promise<boolean> => {
    const { _id } = await row(character);
    return (await shadowsOf(site.site, blog._id, [_id])).blocked.has(_id);
  };
  const sent = async (type: string): Promise<Json[]> =>
    (await site.site.models.activities.find({ type }).sort({ _id: 1 }).lean<ActivityRow[]>()).map(
      (one) => JSON.parse(one.body) as Json,
    );
  const following = async (character: Character): Promise<boolean> => {
    const { _id } = await row(character);
    return (await site.site.models.follows.exists({ follower: blog._id, followed: _id })) !== null;
  };

  describe("Block", () => {
    it("ends follows both ways and is remembered until its Undo, by object or by id", async () => {
      await follows(alice);
      await arrives(alice, alice.activity("Follow", blog.uri));
      assert.equal((await site.account("blog")).followersCount, 1);
      for (const undo of [(block: Json) => block, (block: Json) => block.id]) {
        const block = alice.activity("Block", blog.uri);
        assert.equal(await arrives(alice, block), "blocks the account");
        assert.equal(await isBlockedBy(alice), true);
        assert.equal(
          await arrives(alice, alice.activity("Undo", undo(block))),
          "no longer blocks the account",
        );
        assert.equal(await isBlockedBy(alice), false);
      }
      const { followersCount, followingCount } = await site.account("blog");
      assert.deepEqual([followersCount, followingCount], [0, 0]);
    });

    it("whose Undo came first changes nothing", async () => {
      const block = alice.activity("Block", blog.uri);
      await arrives(alice, alice.activity("Undo", block));
      assert.equal(await arrives(alice, block), "was undone before it came");
      assert.equal(await isBlockedBy(alice), false);
    });

    it("is not undone by anybody else", async () => {
      const block = alice.activity("Block", blog.uri);
      await arrives(alice, block);
      await arrives(moved, moved.activity("Undo", block.id));
      await arrives(moved, moved.activity("Undo", { ...block, actor: moved.uri }));
      assert.equal(await isBlockedBy(alice), true);
    });

    it("of somebody elsewhere is none of our business", async () => {
      assert.equal(await arrives(alice, alice.activity("Block", moved.uri)), "blocks nobody here");
    });
  });

  describe("somebody whom the account blocks", () => {
    it("can neither follow nor comment until they are unblocked", async () => {
      await publishPost(site.site, { url: PAGE, title: "Bread", html: "<p>Mostly.</p>" });
      const actor = await row(alice);
      await blockActor(site.site, blog, actor);
      assert.equal(await arrives(alice, alice.activity("Follow", blog.uri)), "is blocked by the account");
      assert.equal((await sent("Reject")).length, 1);
      const reply = (): Json =>
        alice.activity("Create", alice.note("again!", { inReplyTo: PAGE, to: [blog.uri] }));
      assert.equal(await arrives(alice, reply()), "is of somebody whom the account blocks");
      assert.equal((await commentsOf(site.site, PAGE)).comments.length, 0);
      await unblockActor(site.site, blog, actor);
      assert.equal(await arrives(alice, reply()), "became a comment");
    });
  });

  describe("Move", () => {
    const move = (): Json => alice.activity("Move", alice.uri, { target: moved.uri });
    const says = (): void => {
      moved.document = { ...moved.document, alsoKnownAs: [alice.uri] };
      alice.document = { ...alice.document, movedTo: moved.uri };
    };

    it("takes the follow to the new account, with its wishes and its lists", async () => {
      const old = await follows(alice);
      const list = await createList(site.site, blog, { title: "Bakers" });
      await addMembers(site.site, list, [old._id]);
      says();
      assert.equal(await arrives(alice, move()), "1 moved with the account");
      assert.deepEqual([await following(alice), await following(moved)], [false, true]);
      const target = await row(moved);
      const follow = await site.site.models.follows.findOne({ followed: target._id }).lean();
      assert.deepEqual([follow?.state, follow?.showBoosts], ["pending", false]);
      assert.deepEqual(
        (await membersOf(site.site, list)).rows.map((one) => one.uri),
        [moved.uri],
      );
      assert.equal((await row(alice)).movedTo, moved.uri);
      // Both in one millisecond have ids in either order.
      assert.deepEqual(
        new Set((await sent("Follow")).map((one) => one.object)),
        new Set([alice.uri, moved.uri]),
      );
      assert.equal((await sent("Undo")).length, 1);
      await arrives(alice, move());
      assert.equal((await sent("Follow")).length, 2);
    });

    it("to an account that does not say so is a lie, and changes nothing", async () => {
      await follows(alice);
      assert.equal(await arrives(alice, move()), "moves to an account that does not know it");
      moved.document = { ...moved.document, alsoKnownAs: [`${alice.uri}x`] };
      await arrives(alice, move());
      assert.deepEqual([await following(alice), await following(moved)], [true, false]);
    });

    it("of somebody else, to nowhere, or of a stranger fetches nobody", async () => {
      says();
      await follows(alice);
      const lie = moved.activity("Move", alice.uri, { target: moved.uri });
      assert.equal(await arrives(moved, lie), "moves somebody else");
      assert.equal(await arrives(alice, alice.activity("Move", alice.uri)), "moves nowhere");
      const back = (): Json => moved.activity("Move", moved.uri, { target: alice.uri });
      assert.equal(await arrives(moved, back()), "is nobody known here");
      await row(moved);
      assert.equal(await arrives(moved, back()), "nobody here follows the account that moves");
    });

    it("does not shake off a block or a mute", async () => {
      const old = await row(alice);
      await blockActor(site.site, blog, old);
      await muteActor(site.site, blog, old, { duration: 600 });
      says();
      await arrives(alice, move());
      const { _id } = await row(moved);
      const shadows = await shadowsOf(site.site, blog._id, [_id]);
      assert.deepEqual([shadows.blocked.has(_id), shadows.muted.has(_id)], [true, true]);
      assert.equal(await following(moved), false);
    });
  });
});
