import assert from "node:assert/strict";
import { keepActivity } from "../../../src/activitypub/inbox/keep.ts";
import { createInboxWorker } from "../../../src/activitypub/inbox/process.ts";
import { pauseAfter, TRIES } from "../../../src/activitypub/inbox/retry.ts";
import type { ActorRow, PostRow } from "../../../src/database/rows.ts";
import { readActivity } from "../../../src/documents/read-activity.ts";
import { findPost } from "../../../src/domain/find-post.ts";
import { reactionsOf } from "../../../src/domain/interactions.ts";
import { publishPost } from "../../../src/domain/posts.ts";
import { commentsOf } from "../../../src/domain/thread.ts";
import { findActor } from "../../../src/remote/actors.ts";
import { startRemote, type Character, type FakeRemote } from "../../support/fake-remote.ts";
import { makeInboxSite, type InboxSite } from "../../support/inbox-site.ts";
import { TestClock } from "../../support/test-clock.ts";
import { until } from "../../support/until.ts";

type Json = Record<string, unknown>;
const MINUTE = 60_000;
const PAGE = "https://blog.example/bread";

describe("what the inbox does with what it took in", () => {
  let site: InboxSite;
  let remote: FakeRemote;
  let other: FakeRemote;
  let clock: TestClock;
  let alice: Character;
  let bob: Character;
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
    bob = other.character(`bob${seed}`, "Person", "bob");
    blog = await site.account("blog");
    await publishPost(site.site, { url: PAGE, title: "Bread", html: "<p>Mostly.</p>" });
  });
  afterEach(() => site.close());

  const send = async (
    character: Character,
    activity: unknown,
    inbox = site.site.urls.sharedInbox,
  ): Promise<void> => {
    const answer = await character.remote.send(character, inbox, activity, { date: clock.now() });
    assert.equal(answer.status, 202, answer.body);
  };
  const arrives = async (character: Character, activity: Json): Promise<string | undefined> => {
    await send(character, activity);
    await site.work();
    const row = await site.inbound(activity.id);
    return row?.outcome;
  };
  const reply = (character: Character, text: string, more: Json = {}): Json =>
    character.note(text, { inReplyTo: PAGE, ...more });
  const texts = async (): Promise<string[]> =>
    (await commentsOf(site.site, PAGE)).comments.map((one) => one.text);
  const later = (milliseconds: number): string =>
    new Date(clock.now().getTime() + milliseconds).toISOString();
  const counts = async (): Promise<{ likes: number; boosts: number; replies: number }> => {
    const { likes, boosts, replies } = await reactionsOf(site.site, PAGE);
    return { likes, boosts, replies };
  };

  describe("said by somebody it is not about", () => {
    it("a Delete of somebody else's account, with an address of her host that is gone for a key: nothing is deleted", async () => {
      await arrives(alice, alice.activity("Create", reply(alice, "mine")));
      remote.serve("/users/somebody-who-left", { status: 410 });
      const keyId = `${remote.origin}/users/somebody-who-left#main-key`;
      const deletion = alice.activity("Delete", alice.uri);
      const answer = await bob.remote.send(bob, site.site.urls.sharedInbox, deletion, {
        date: clock.now(),
        keyId,
      });
      assert.equal(answer.status, 401, answer.body);
      await site.work();
      assert.deepEqual(await texts(), ["mine"]);
      // She herself has left: then her server need not sign.
      remote.serve(new URL(alice.uri).pathname, { status: 410 });
      await bob.remote.send(bob, site.site.urls.sharedInbox, deletion, { date: clock.now(), keyId });
      await site.work();
      assert.deepEqual(await texts(), []);
    });

    it("a comment that calls our page, or another's post, its own page: both are found as before", async () => {
      const honest = reply(alice, "honest");
      await arrives(alice, alice.activity("Create", honest));
      await arrives(bob, bob.activity("Create", reply(bob, "grabs the page", { url: PAGE })));
      await arrives(bob, bob.activity("Create", reply(bob, "grabs the post", { url: honest.id })));
      assert.equal((await findPost(site.site, PAGE))?.local, true);
      assert.equal((await findPost(site.site, String(honest.id)))?.authorUri, alice.uri);
      assert.deepEqual((await texts()).sort(), ["grabs the page", "grabs the post", "honest"]);
      await arrives(alice, alice.activity("Like", PAGE));
      assert.equal((await counts()).likes, 1);
    });

    it("a false name that was stored before: the post of that id, then ours, is found", async () => {
      const honest = reply(alice, "honest");
      const grabs = reply(bob, "grabs");
      await arrives(alice, alice.activity("Create", honest));
      await arrives(bob, bob.activity("Create", grabs));
      await site.site.models.posts.updateOne(
        { uri: String(grabs.id) },
        { $push: { names: { $each: [PAGE, String(honest.id)] } } },
      );
      assert.equal((await findPost(site.site, PAGE))?.local, true);
      assert.equal((await findPost(site.site, String(honest.id)))?.authorUri, alice.uri);
    });

    it("an Announce that leads on to the next, and so on: one is asked for", async () => {
      let fetched = 0;
      const link = (number: number): Json => ({
        id: `${remote.origin}/chain?n=${number}`,
        type: "Like",
        actor: alice.uri,
        object: PAGE,
      });
      remote.serve("/chain", ({ path }) => {
        fetched += 1;
        const number = Number(path.split("=")[1]);
        return { body: { ...link(number), type: "Announce", object: link(number + 1) } };
      });
      assert.equal(
        await arrives(alice, alice.activity("Announce", link(1))),
        "passes on what its origin does not say",
      );
      assert.equal(fetched, 1);
    });
  });

  describe("beside what waits for a slow server", () => {
    it("others' activities are done, also those that come meanwhile, and however many wait", async () => {
      let release = (): void => undefined;
      const released = new Promise<void>((resolve) => (release = resolve));
      let asked = 0;
      remote.serve("/slow", async () => {
        asked += 1;
        await released;
        return { status: 404 };
      });
      for (let each = 0; each < 60; each += 1)
        await send(
          alice,
          alice.activity("Create", alice.note("x", { inReplyTo: `${remote.origin}/slow`, cc: [blog.uri] })),
        );
      const work = site.work();
      await until(() => asked > 0, "the slow server's being asked");
      await send(bob, bob.activity("Like", PAGE));
      void site.work();
      await until(async () => (await counts()).likes === 1, "the like");
      release();
      await work;
      assert.equal(await site.site.models.inbound.countDocuments({ actor: alice.uri, state: "pending" }), 0);
    });
  });

  describe("beside the many people of a slow server", () => {
    it("others' activities are done", async () => {
      let release = (): void => undefined;
      const released = new Promise<void>((resolve) => (release = resolve));
      let asked = 0;
      const people = Array.from({ length: 120 }, (_, each) => `${remote.origin}/users/slow${seed}-${each}`);
      for (const [each, actor] of people.entries()) {
        const object = `${remote.origin}/slow-note-${each}`;
        remote.serve(new URL(object).pathname, async () => {
          asked += 1;
          await released;
          return { status: 404 };
        });
        const create = { id: `${actor}/create`, type: "Create", actor, object, to: [blog.uri] };
        const read = readActivity(create);
        assert.ok(read.ok);
        await keepActivity(site.site, read.activity, JSON.stringify(create), undefined);
      }
      await send(bob, bob.activity("Like", PAGE));
      const work = site.work();
      await until(() => asked > 0, "the slow server's being asked");
      await until(async () => (await counts()).likes === 1, "the like");
      release();
      await work;
      assert.equal(await site.site.models.inbound.countDocuments({ state: "pending" }), 0);
    });
  });

  describe("in any order", () => {
    it("a second Undo under the id of the first, as Misskey's: it counts", async () => {
      const follow = alice.activity("Follow", blog.uri);
      const undo = { ...alice.activity("Undo", follow), id: `${String(follow.id)}/undo` };
      for (let round = 0; round < 2; round += 1) {
        await arrives(alice, follow);
        assert.equal(await site.site.models.follows.countDocuments({}), 1);
        clock.advance(10 * MINUTE);
        await arrives(alice, undo);
        assert.equal(await site.site.models.follows.countDocuments({}), 0);
        clock.advance(10 * MINUTE);
      }
    });

    it("an edit of the picture, its description or its mark alone: it is the post's", async () => {
      const picture = { type: "Document", mediaType: "image/png", url: `${remote.origin}/secret.png` };
      const note = reply(alice, "look", { attachment: [picture] });
      await arrives(alice, alice.activity("Create", note));
      const edits: [Json, (row: PostRow | null) => unknown, unknown][] = [
        [{ attachment: [{ ...picture, name: "A loaf" }] }, (row) => row?.attachments[0]?.alt, "A loaf"],
        [{ attachment: [picture], sensitive: true }, (row) => row?.sensitive, true],
        [{ attachment: [] }, (row) => row?.attachments.length, 0],
      ];
      for (const [change, seen, wanted] of edits) {
        clock.advance(10 * MINUTE);
        const update = alice.activity("Update", { ...note, ...change, updated: later(-MINUTE) });
        assert.equal(await arrives(alice, update), "was edited");
        assert.equal(seen(await findPost(site.site, String(note.id))), wanted);
      }
      clock.advance(10 * MINUTE);
      const same = alice.activity("Update", { ...note, attachment: [], updated: later(-MINUTE) });
      assert.equal(await arrives(alice, same), "says nothing new");
    });

    it("a Delete before its Create: nothing appears", async () => {
      const note = reply(alice, "too soon");
      await arrives(alice, alice.activity("Delete", { id: note.id, type: "Tombstone" }));
      assert.equal(await arrives(alice, alice.activity("Create", note)), "was deleted before it came");
      assert.deepEqual(await texts(), []);
    });

    it("a Delete of another actor's post before its Create changes nothing", async () => {
      const note = reply(alice, "hers");
      const carol = remote.character(`carol${seed}`, "Person", "carol");
      await arrives(carol, carol.activity("Delete", note.id));
      assert.equal(await arrives(alice, alice.activity("Create", note)), "became a comment");
    });

    it("an Undo before its Like: nothing is counted", async () => {
      const like = alice.activity("Like", PAGE);
      await arrives(alice, alice.activity("Undo", like));
      await arrives(alice, like);
      assert.equal((await counts()).likes, 0);
    });

    it("an Undo before its Follow: nobody follows", async () => {
      const follow = alice.activity("Follow", blog.uri);
      await arrives(alice, alice.activity("Undo", follow));
      await arrives(alice, follow);
      assert.equal(await site.site.models.follows.countDocuments({}), 0);
    });

    it("two Updates swapped: the newer words stay", async () => {
      const note = reply(alice, "first");
      await arrives(alice, alice.activity("Create", note));
      clock.advance(10 * MINUTE);
      const older = { ...note, content: "<p>second</p>", updated: later(-5 * MINUTE) };
      const newer = { ...note, content: "<p>third</p>", updated: later(-MINUTE) };
      await arrives(alice, alice.activity("Update", newer));
      assert.equal(await arrives(alice, alice.activity("Update", older)), "says nothing new");
      assert.deepEqual(await texts(), ["third"]);
    });

    it("an Update before its Create: it is the post", async () => {
      const note = reply(alice, "first");
      clock.advance(10 * MINUTE);
      await arrives(
        alice,
        alice.activity("Update", { ...note, content: "<p>second</p>", updated: later(-MINUTE) }),
      );
      await arrives(alice, alice.activity("Create", note));
      assert.deepEqual(await texts(), ["second"]);
    });

    it("an answer to a comment before the comment: both stand, the answer below", async () => {
      const first = reply(alice, "question");
      const second = bob.note("answer", { inReplyTo: first.id, cc: [blog.uri] });
      await arrives(bob, bob.activity("Create", second));
      await arrives(alice, alice.activity("Create", first));
      const { comments, total } = await commentsOf(site.site, PAGE);
      assert.equal(total, 2);
      assert.deepEqual(
        comments.map((one) => one.text),
        ["question"],
      );
      assert.deepEqual(
        comments[0]?.replies.map((one) => one.text),
        ["answer"],
      );
    });
  });

  describe("twice is once", () => {
    it("a Create at the personal and the shared inbox at once: one comment, one event", async () => {
      const events: unknown[] = [];
      site.site.events.on("comment", (event) => void events.push(event));
      const create = alice.activity("Create", reply(alice, "once"));
      await Promise.all([send(alice, create), send(alice, create, blog.inbox), send(alice, create)]);
      await site.work();
      assert.deepEqual(await texts(), ["once"]);
      assert.equal(events.length, 1);
    });

    it("one note in two activities: one comment", async () => {
      const note = reply(alice, "once");
      await send(alice, alice.activity("Create", note));
      await send(alice, alice.activity("Create", note));
      await site.work();
      assert.deepEqual(await texts(), ["once"]);
      assert.equal((await counts()).replies, 1);
    });

    for (const [type, kind] of [
      ["Like", "likes"],
      ["Announce", "boosts"],
    ] as const) {
      it(`${type}, under two ids: counted once, and undone by the newest`, async () => {
        await arrives(alice, alice.activity(type, PAGE));
        const again = alice.activity(type, PAGE);
        await arrives(alice, again);
        assert.equal((await counts())[kind], 1);
        await arrives(alice, alice.activity("Undo", again.id));
        assert.equal((await counts())[kind], 0);
        await arrives(alice, alice.activity("Undo", again));
        assert.equal((await counts())[kind], 0);
      });
    }

    it("Follow: one follower, and an Accept each time, for the first may have been lost", async () => {
      await arrives(alice, alice.activity("Follow", blog.uri));
      await arrives(alice, alice.activity("Follow", blog.uri));
      assert.equal(await site.site.models.follows.countDocuments({}), 1);
      assert.equal(await site.site.models.activities.countDocuments({ type: "Accept" }), 2);
      assert.equal((await site.account("blog")).followersCount, 1);
    });

    it("Delete and Undo done twice count down once", async () => {
      const note = reply(alice, "gone");
      await arrives(alice, alice.activity("Create", note));
      await arrives(alice, alice.activity("Delete", note.id));
      await arrives(alice, alice.activity("Delete", { id: note.id, type: "Tombstone" }));
      assert.equal((await counts()).replies, 0);
    });

    it("follow, unfollow and follow again under one id, as Misskey does: a follower", async () => {
      const follow = { ...alice.activity("Follow", blog.uri), id: `${remote.origin}/follows/${seed}` };
      await arrives(alice, follow);
      await arrives(alice, alice.activity("Undo", follow));
      assert.equal(await site.site.models.follows.countDocuments({}), 0);
      clock.advance(10 * MINUTE);
      await arrives(alice, follow);
      assert.equal(await site.site.models.follows.countDocuments({}), 1);
    });

    it("like, unlike and like again under one id, as Plume does: a like", async () => {
      const like = { ...alice.activity("Like", PAGE), id: `${alice.uri}/like/${PAGE}` };
      await arrives(alice, like);
      await arrives(alice, alice.activity("Undo", like));
      clock.advance(10 * MINUTE);
      await arrives(alice, like);
      assert.equal((await counts()).likes, 1);
    });
  });

  describe("believes nobody about others", () => {
    it("a note of another host inside a Create is fetched, and what its host says counts", async () => {
      const note = reply(bob, "his own words");
      await arrives(alice, alice.activity("Create", { ...note, content: "<p>words put into his mouth</p>" }));
      assert.deepEqual(await texts(), ["his own words"]);
    });

    it("a note of another host that its host does not know is nothing", async () => {
      const invented = { ...reply(bob, "x"), id: `${bob.uri}/never-written` };
      assert.match((await arrives(alice, alice.activity("Create", invented))) ?? "", /object-missing/);
      assert.deepEqual(await texts(), []);
    });

    it("a note of hers said to be his", async () => {
      const note = { ...reply(alice, "not his"), attributedTo: bob.uri };
      assert.match((await arrives(alice, alice.activity("Create", note))) ?? "", /author-on-another-host/);
      assert.deepEqual(await texts(), []);
    });

    it("a file of JSON that somebody uploaded to his server", async () => {
      const note = reply(bob, "uploaded");
      other.serve(new URL(String(note.id)).pathname, { body: note, contentType: "application/json" });
      assert.match((await arrives(alice, alice.activity("Create", note.id))) ?? "", /object-wrong-type/);
      assert.deepEqual(await texts(), []);
    });

    it("an object that is served under another's address", async () => {
      const note = reply(bob, "original");
      const path = `/users/${bob.name}/copy`;
      other.serve(path, { body: note });
      await arrives(alice, alice.activity("Create", other.origin + path));
      assert.deepEqual(await texts(), ["original"], "it is fetched again by its own id");
      remote.serve("/copy", { body: note });
      assert.match(
        (await arrives(alice, alice.activity("Create", `${remote.origin}/copy`))) ?? "",
        /foreign-id/,
      );
    });

    it("an Undo of what another did", async () => {
      const like = bob.activity("Like", PAGE);
      await arrives(bob, like);
      await arrives(alice, alice.activity("Undo", like));
      await arrives(alice, alice.activity("Undo", like.id));
      assert.equal((await counts()).likes, 1);
    });

    it("a Delete or an Update of what another wrote", async () => {
      const note = reply(bob, "his");
      await arrives(bob, bob.activity("Create", note));
      await arrives(alice, alice.activity("Delete", note.id));
      const neighbour = other.character(`eve${seed}`, "Person", "eve");
      await arrives(neighbour, neighbour.activity("Delete", note.id));
      clock.advance(MINUTE);
      const changed = { ...note, content: "<p>changed</p>", updated: later(-1000) };
      await arrives(alice, alice.activity("Update", changed));
      assert.deepEqual(await texts(), ["his"]);
    });

    it("a Delete of our own post", async () => {
      const post = await publishPost(site.site, { url: "https://blog.example/2", html: "<p>Ours</p>" });
      assert.equal(
        await arrives(alice, alice.activity("Delete", post.uri)),
        "is about another host's object",
      );
      assert.equal((await site.site.models.posts.findById(post._id).lean())?.deletedAt, undefined);
    });

    it("an Update of another actor's profile", async () => {
      await arrives(bob, bob.activity("Follow", blog.uri));
      const outcome = await arrives(alice, alice.activity("Update", { ...bob.document, name: "Mallory" }));
      assert.match(outcome ?? "", /another actor/);
      assert.notEqual((await findActor(site.site, bob.uri))?.name, "Mallory");
    });

    it("a handle that WebFinger does not confirm", async () => {
      alice.jrd = {
        ...alice.jrd,
        links: [{ rel: "self", type: "application/activity+json", href: bob.uri }],
      };
      assert.match((await arrives(alice, alice.activity("Follow", blog.uri))) ?? "", /handle-unproven/);
      assert.equal(await findActor(site.site, alice.uri), null);
    });
  });

  describe("about groups that pass activities on (FEP-1b12)", () => {
    let group: Character;
    beforeEach(() => {
      group = remote.character(`group${seed}`, "Group", "group");
    });

    it("takes a Create from its author's own host", async () => {
      const note = reply(bob, "in the group");
      const lie = { ...note, content: "<p>lie</p>" };
      await arrives(group, group.activity("Announce", bob.activity("Create", lie)));
      assert.deepEqual(await texts(), ["in the group"]);
    });

    it("takes a Like only if its origin says so too", async () => {
      const like = bob.activity("Like", PAGE);
      assert.match((await arrives(group, group.activity("Announce", like))) ?? "", /object-missing/);
      assert.equal((await counts()).likes, 0);
      other.serve(new URL(String(like.id)).pathname, { body: like });
      await arrives(group, group.activity("Announce", like));
      assert.equal((await counts()).likes, 1);
    });

    it("takes a Delete only if the origin's answer is gone", async () => {
      const note = reply(bob, "still here");
      await arrives(bob, bob.activity("Create", note));
      await arrives(group, group.activity("Announce", bob.activity("Delete", note.id)));
      assert.deepEqual(await texts(), ["still here"]);
      other.serve(new URL(String(note.id)).pathname, { status: 410 });
      await arrives(group, group.activity("Announce", bob.activity("Delete", note.id)));
      assert.equal((await commentsOf(site.site, PAGE)).total, 0);
    });

    it("fetches nothing for what is none of ours", async () => {
      const note = bob.note("elsewhere", { inReplyTo: "https://elsewhere.example/1" });
      const seen = other.requests.length;
      const outcome = await arrives(group, group.activity("Announce", bob.activity("Create", note)));
      assert.match(outcome ?? "", /none of ours/);
      assert.equal(other.requests.length, seen);
    });

    it("does not go in circles", async () => {
      const inner = bob.activity("Announce", bob.activity("Like", PAGE));
      assert.match(
        (await arrives(group, group.activity("Announce", inner))) ?? "",
        /passes on what is passed on/,
      );
    });
  });

  describe("when something is in the way", () => {
    it("tries again what may pass, with growing pauses, and then it is done", async () => {
      const follow = alice.activity("Follow", blog.uri);
      await send(alice, follow);
      const jrd = "/.well-known/webfinger";
      remote.serve(jrd, { status: 503 });
      await site.work();
      let row = await site.inbound(follow.id);
      assert.equal(row?.state, "pending");
      assert.equal(row.attempts, 1);
      assert.equal(row.nextAt?.getTime(), clock.now().getTime() + MINUTE);
      assert.match(row.outcome ?? "", /503/);
      await site.work();
      assert.equal((await site.inbound(follow.id))?.attempts, 1, "not before its time");
      clock.advance(MINUTE + 1);
      await site.work();
      assert.equal((await site.inbound(follow.id))?.attempts, 2);
      remote.restore(jrd);
      clock.advance(5 * MINUTE + 1);
      await site.work();
      row = await site.inbound(follow.id);
      assert.equal(row?.outcome, "follows");
      assert.equal(row?.nextAt, undefined);
      assert.notEqual(row?.expiresAt, undefined);
    });

    it("gives up after its tries, and says so in the row", async () => {
      const follow = bob.activity("Follow", blog.uri);
      await send(bob, follow);
      const jrd = "/.well-known/webfinger";
      other.serve(jrd, { status: 500 });
      for (let count = 0; count < TRIES; count += 1) {
        await site.work();
        clock.advance((pauseAfter(count + 1) ?? 0) + 1);
      }
      other.restore(jrd);
      const row = await site.inbound(follow.id);
      assert.equal(row?.state, "failed");
      assert.match(row.outcome ?? "", /given up after 8 tries/);
    });

    it("does not try again what can never be done", async () => {
      const note = { ...alice.note("x"), inReplyTo: PAGE, id: `${bob.uri}/nowhere`, attributedTo: bob.uri };
      const create = alice.activity("Create", note);
      await arrives(alice, create);
      assert.equal((await site.inbound(create.id))?.state, "failed");
    });

    it("answers, ignores and logs what it does not understand", async () => {
      assert.equal(await arrives(alice, alice.activity("Juggle", PAGE)), "Juggle is not understood");
      assert.ok(
        site.log.some((line) => line.message === "inbox: not understood" && line.fields.type === "Juggle"),
      );
    });

    it("counts a try before it is made, so that what ends the process is not tried for ever", async () => {
      const like = alice.activity("Like", PAGE);
      await send(alice, like);
      await site.site.models.inbound.updateOne({ _id: String(like.id) }, { $set: { attempts: TRIES } });
      await site.work();
      assert.equal((await site.inbound(like.id))?.state, "failed");
      assert.equal((await counts()).likes, 0);
    });
  });

  describe("with several workers", () => {
    it("does each activity once", async () => {
      const people = Array.from({ length: 6 }, (_, count) =>
        remote.character(`many${seed}-${count}`, "Person", "many"),
      );
      await Promise.all(
        people.flatMap((one) => [1, 2, 3].map(() => send(one, one.activity("Create", reply(one, one.name))))),
      );
      const done: unknown[] = [];
      site.site.events.on("comment", (event) => void done.push(event));
      const workers = [1, 2, 3].map(() => createInboxWorker(site.site));
      await Promise.all(workers.map((worker) => worker.drain()));
      const rows = await site.site.models.inbound.find({}).lean();
      assert.deepEqual([...new Set(rows.map((row) => row.outcome))], ["became a comment"]);
      assert.deepEqual([...new Set(rows.map((row) => row.attempts))], [1]);
      assert.equal(done.length, 18);
      assert.equal(await site.site.models.posts.countDocuments({ local: false }), 18);
    });

    it("takes over what a dead one has held, when its lease is over", async () => {
      const like = alice.activity("Like", PAGE);
      await send(alice, like);
      await site.site.models.inbound.updateOne(
        { _id: String(like.id) },
        { $set: { lease: "of-the-dead", nextAt: new Date(clock.now().getTime() + 2 * MINUTE), attempts: 1 } },
      );
      await site.work();
      assert.equal((await site.inbound(like.id))?.state, "pending");
      clock.advance(2 * MINUTE + 1);
      await site.work();
      assert.equal((await site.inbound(like.id))?.state, "done");
    });

    it("finishes what is in work when it is stopped, and gives back the rest", async () => {
      let open: () => void = () => undefined;
      const gate = new Promise<void>((resolve) => (open = resolve));
      let waiting = false;
      remote.serve(`/users/${alice.name}`, async () => {
        if (waiting) await gate;
        return { body: alice.document };
      });
      const likes = [1, 2, 3].map(() => alice.activity("Like", PAGE));
      for (const like of likes) await send(alice, like);
      waiting = true;
      clock.advance(2 * MINUTE);
      const worker = createInboxWorker(site.site);
      const seen = remote.requests.length;
      const drained = worker.drain();
      await until(() => remote.requests.length > seen, "the actor is asked for");
      const stopped = worker.stop();
      open();
      await Promise.all([stopped, drained]);
      const states = await Promise.all(likes.map((like) => site.inbound(like.id)));
      assert.deepEqual(
        states.map((row) => row?.state),
        ["done", "pending", "pending"],
      );
      assert.deepEqual(
        states.map((row) => row?.attempts),
        [1, 0, 0],
      );
      assert.ok(states.every((row) => row?.lease === undefined));
      await site.work();
      assert.equal((await site.inbound(likes[2]?.id))?.state, "done");
    });
  });

  describe("and unasked-for talk", () => {
    it("fetches nobody for a post that answers nothing here", async () => {
      await arrives(alice, alice.activity("Create", alice.note("hello world")));
      assert.equal(await findActor(site.site, alice.uri), null);
      assert.equal(await site.site.models.posts.countDocuments({ local: false }), 0);
    });

    it("does not walk up a thread of strangers", async () => {
      const seen = other.requests.length;
      const note = alice.note("to him", { inReplyTo: bob.note("a talk elsewhere").id });
      assert.match(
        (await arrives(alice, alice.activity("Create", note))) ?? "",
        /answers nothing that is here/,
      );
      assert.equal(other.requests.length, seen);
    });
  });
});
