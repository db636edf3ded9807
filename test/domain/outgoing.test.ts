import assert from "node:assert/strict";
import type { ActivityRow } from "../../src/database/rows.ts";
import { ensureAccount } from "../../src/domain/accounts.ts";
import { receivePost } from "../../src/domain/receive.ts";
import { findPost } from "../../src/domain/find-post.ts";
import { drainOutgoing } from "../../src/domain/outgoing.ts";
import { publishPost, removePost } from "../../src/domain/posts.ts";
import { sendPost } from "../../src/domain/send-intents.ts";
import { resolveActor } from "../../src/remote/actors.ts";
import { MINUTE } from "../../src/support/clock.ts";
import { startRemote, type FakeRemote } from "../support/fake-remote.ts";
import { makeSite, type HandMadeSite } from "../support/make-site.ts";
import { noteBy } from "../support/people.ts";
import { TestClock } from "../support/test-clock.ts";

const PAGE = "https://blog.example/posts/bread";
const PUBLIC = "https://www.w3.org/ns/activitystreams#Public";
const FOLLOWERS = "https://blog.example/ap/accounts/blog/followers";

interface Sent extends Record<string, unknown> {
  type: string;
  to: string[];
  cc: string[];
  object: Record<string, unknown>;
}

describe("intents", () => {
  let made: HandMadeSite;
  let clock: TestClock;
  let remote: FakeRemote;

  before(async () => {
    remote = await startRemote();
  });
  after(() => remote.close());
  beforeEach(async () => {
    clock = new TestClock(new Date());
    made = await makeSite({ clock });
  });
  afterEach(() => made.close());

  const rows = (): Promise<ActivityRow[]> =>
    made.site.models.activities.find({}).sort({ _id: 1 }).lean<ActivityRow[]>();
  const sent = async (): Promise<Sent[]> => (await rows()).map((row) => JSON.parse(row.body) as Sent);

  it("become a Create to the public and the followers, once", async () => {
    const post = await publishPost(made.site, { url: PAGE, title: "Bread", markdown: "Flour." });
    assert.equal(await drainOutgoing(made.site), 1);
    assert.equal(await drainOutgoing(made.site), 0);
    const [create] = await sent();
    assert.equal(create?.type, "Create");
    assert.deepEqual([create?.to, create?.cc], [[PUBLIC], [FOLLOWERS]]);
    assert.equal(create?.object["id"], post.uri);
    assert.equal(create?.object["url"], PAGE);
    const stored = await findPost(made.site, PAGE);
    assert.equal(stored?.outgoing, undefined);
    assert.equal(stored?.outgoingAt, undefined);
  });

  it("of an unlisted and of a followers-only post keep to their audience", async () => {
    await publishPost(made.site, { markdown: "quiet", visibility: "unlisted" });
    await drainOutgoing(made.site);
    clock.advance(MINUTE);
    await publishPost(made.site, { markdown: "private", visibility: "followers" });
    await drainOutgoing(made.site);
    const [unlisted, followers] = await sent();
    assert.deepEqual([unlisted?.to, unlisted?.cc], [[FOLLOWERS], [PUBLIC]]);
    assert.deepEqual([followers?.to, followers?.cc], [[FOLLOWERS], []]);
    assert.deepEqual(
      (await rows()).map((row) => row.public),
      [true, false],
    );
  });

  it("look mentioned people up, link them, address them and deliver to them", async () => {
    const alice = remote.character("alice");
    await publishPost(made.site, {
      markdown: `Hello @${alice.handle} and @nobody@127.0.0.1:1, see \`@${alice.handle}\``,
    });
    await drainOutgoing(made.site);
    const [create] = await sent();
    const [row] = await rows();
    assert.deepEqual(create?.cc, [FOLLOWERS, alice.uri]);
    const tags = create?.object["tag"] as { type: string; href: string; name: string }[];
    assert.deepEqual(
      tags.map((tag) => [tag.type, tag.href]),
      [["Mention", alice.uri]],
    );
    const content = String(create?.object["content"]);
    assert.equal(content.match(/class="u-url mention"/g)?.length, 1);
    assert.match(content, /@nobody@127\.0\.0\.1:1/);
    assert.deepEqual(row?.inboxes, [remote.sharedInbox]);
  });

  it("of an answer mention whom they answer, so that their server tells them", async () => {
    const alice = remote.character("alice");
    const post = await publishPost(made.site, { url: PAGE, title: "Bread", markdown: "Flour." });
    const actor = await resolveActor(made.site, alice.uri);
    const note = noteBy(actor, { uri: `${alice.uri}/notes/1`, inReplyTo: post.uri });
    await receivePost(made.site, actor, note);
    clock.advance(MINUTE);
    await publishPost(made.site, { markdown: "Thank you!", inReplyTo: note.uri });
    await drainOutgoing(made.site);
    const answer = (await sent()).find((activity) => activity.object["inReplyTo"] === note.uri);
    assert.deepEqual(answer?.cc, [FOLLOWERS, alice.uri]);
    assert.ok((answer?.object["tag"] as { href: string }[]).some((tag) => tag.href === alice.uri));
  });

  for (const visibility of ["direct", "followers"] as const) {
    it(`of a ${visibility} answer go to nobody whom its text does not name, not even to whom it answers`, async () => {
      const [bob, carol] = [remote.character("bob"), remote.character("carol")];
      const actor = await resolveActor(made.site, bob.uri);
      const own = await publishPost(made.site, {
        url: PAGE,
        title: "Bread",
        html: "<p>Flour.</p>",
        federate: false,
      });
      const note = noteBy(actor, { uri: `${bob.uri}/notes/${visibility}`, inReplyTo: own.uri });
      await receivePost(made.site, actor, note);
      clock.advance(MINUTE);
      const post = await publishPost(
        made.site,
        { text: `@${carol.handle} look what he writes`, inReplyTo: note.uri },
        { extra: { visibility } },
      );
      await drainOutgoing(made.site);
      const [create] = await sent();
      assert.equal(create?.object["id"], post.uri);
      const named = [...(create?.to ?? []), ...(create?.cc ?? [])];
      assert.deepEqual([named.includes(carol.uri), named.includes(bob.uri)], [true, false]);
      assert.doesNotMatch(JSON.stringify(create), new RegExp(`"href":"${bob.uri}"`));
      const inbox = visibility === "direct" ? carol.inbox : remote.sharedInbox;
      assert.deepEqual((await rows())[0]?.inboxes, [inbox]);
    });
  }

  it("of an answer to something that never came here look its author up", async () => {
    const alice = remote.character("alice");
    const note = alice.note("<p>Anybody with a starter?</p>");
    await publishPost(made.site, { markdown: "Here!", inReplyTo: String(note["id"]) });
    await drainOutgoing(made.site);
    assert.deepEqual((await sent())[0]?.cc, [FOLLOWERS, alice.uri]);
  });

  it("of an edit become an Update with what is there now, and of a removal a Delete with a Tombstone", async () => {
    const post = await publishPost(made.site, { url: PAGE, title: "Bread", markdown: "Flour." });
    await drainOutgoing(made.site);
    clock.advance(MINUTE);
    await publishPost(made.site, { url: PAGE, title: "Bread", markdown: "Flour and salt." });
    await publishPost(made.site, { url: PAGE, title: "Bread", markdown: "Flour, salt, water." });
    await drainOutgoing(made.site);
    clock.advance(MINUTE);
    await removePost(made.site, PAGE);
    await drainOutgoing(made.site);
    const activities = await sent();
    assert.deepEqual(
      activities.map((activity) => activity.type),
      ["Create", "Update", "Delete"],
    );
    assert.match(String(activities[1]?.object["content"]), /water/);
    assert.ok(String(activities[1]?.object["updated"]) > String(activities[1]?.object["published"]));
    assert.deepEqual([activities[2]?.object["id"], activities[2]?.object["type"]], [post.uri, "Tombstone"]);
    assert.deepEqual(activities[2]?.to, [PUBLIC]);
  });

  it("of a changed profile become one Update of the actor to the followers", async () => {
    await ensureAccount(made.site, { username: "blog", name: "New name" });
    await drainOutgoing(made.site);
    const [update] = await sent();
    assert.equal(update?.type, "Update");
    assert.equal(update?.object["name"], "New name");
    assert.equal((await rows())[0]?.toFollowers, true);
  });

  it("held by a process that died are taken over when its lease is over, and the activity is the same one", async () => {
    await publishPost(made.site, { url: PAGE, title: "Bread", markdown: "Flour." });
    const [intent] = (await findPost(made.site, PAGE))?.outgoing ?? [];
    // What a crash after the claim leaves behind.
    await made.site.models.posts.updateOne(
      { key: PAGE },
      { $set: { outgoingAt: new Date(clock.now().getTime() + 2 * MINUTE) } },
    );
    assert.equal(await drainOutgoing(made.site), 0);
    clock.advance(2 * MINUTE);
    assert.equal(await drainOutgoing(made.site), 1);
    assert.deepEqual(
      (await rows()).map((row) => row._id),
      [intent?.id],
    );
  });

  it("that were given the same id in the same moment are both sent, the second under another", async () => {
    const first = await publishPost(made.site, { markdown: "one" });
    const second = await publishPost(made.site, { markdown: "two" });
    const id = first.outgoing?.[0]?.id;
    assert.ok(id);
    await made.site.models.posts.updateOne({ _id: second._id }, { $set: { "outgoing.0.id": id } });
    await drainOutgoing(made.site);
    const told = (await sent()).map((activity) => activity.object["id"]).sort();
    assert.deepEqual(told, [first.uri, second.uri].sort());
    assert.equal(await made.site.models.posts.countDocuments({ outgoingAt: { $exists: true } }), 0);
  });

  it("worked on by four processes at once become one activity each", async () => {
    for (let each = 0; each < 8; each += 1) await publishPost(made.site, { markdown: `note ${each}` });
    await Promise.all([1, 2, 3, 4].map(() => drainOutgoing(made.site)));
    assert.equal((await rows()).length, 8);
  });

  it("name the blog beside the person where there is one Group account, for an Article only", async () => {
    await ensureAccount(made.site, { username: "magazine", type: "Group" });
    await publishPost(made.site, { url: PAGE, title: "Bread", markdown: "Flour." });
    await drainOutgoing(made.site);
    clock.advance(MINUTE);
    await publishPost(made.site, { markdown: "a note" });
    await drainOutgoing(made.site);
    const creates = (await sent()).filter((activity) => activity.type === "Create");
    assert.deepEqual(creates[0]?.object["attributedTo"], [
      "https://blog.example/ap/accounts/blog",
      "https://blog.example/ap/accounts/magazine",
    ]);
    assert.equal(creates[1]?.object["attributedTo"], "https://blog.example/ap/accounts/blog");
  });

  describe("of a process that died between the activity and striking its intent off", () => {
    beforeEach(async () => {
      await publishPost(made.site, { url: PAGE, title: "Bread", markdown: "Flour." });
      const post = await findPost(made.site, PAGE);
      await made.site.models.posts.updateOne(
        { key: PAGE },
        { $set: { outgoingAt: new Date(clock.now().getTime() + 2 * MINUTE) } },
      );
      assert.ok(post?.outgoing?.[0]);
      await sendPost(made.site, post, post.outgoing[0]);
      clock.advance(MINUTE);
    });
    const later = async (): Promise<(string | undefined)[]> => {
      clock.advance(5 * MINUTE);
      await drainOutgoing(made.site);
      assert.equal(await made.site.models.posts.countDocuments({ outgoingAt: { $exists: true } }), 0);
      return (await sent()).map((activity) => activity.type);
    };

    it("nothing is sent again", async () => {
      assert.deepEqual(await later(), ["Create"]);
    });

    it("an edit is sent", async () => {
      await publishPost(made.site, { url: PAGE, title: "Bread", markdown: "Flour and salt." });
      assert.deepEqual(await later(), ["Create", "Update"]);
      assert.match(String((await sent())[1]?.object["content"]), /salt/);
    });

    it("a removal is sent", async () => {
      await removePost(made.site, PAGE);
      assert.deepEqual(await later(), ["Create", "Delete"]);
    });
  });

  describe("while one is being turned", () => {
    /** Something happens to the post while the mentioned person is looked up. */
    const meanwhile = (name: string, what: () => Promise<unknown>): string => {
      const person = remote.character(name);
      let once = false;
      remote.serve(`/users/${name}`, async () => {
        if (!once) {
          once = true;
          await what();
        }
        return { body: person.document };
      });
      return person.handle;
    };
    const types = async (): Promise<string[]> => (await sent()).map((activity) => activity.type);

    it("an edit is sent after it, as an Update", async () => {
      const handle = meanwhile("mira", () =>
        publishPost(made.site, { url: PAGE, title: "Bread", markdown: "Flour and salt." }),
      );
      await publishPost(made.site, { url: PAGE, title: "Bread", markdown: `Flour, says @${handle}.` });
      clock.advance(MINUTE);
      await drainOutgoing(made.site);
      assert.deepEqual(await types(), ["Create", "Update"]);
      assert.match(String((await sent())[1]?.object["content"]), /salt/);
      assert.equal((await findPost(made.site, PAGE))?.outgoingAt, undefined);
    });

    it("a removal is sent after it, as a Delete", async () => {
      const handle = meanwhile("nils", () => removePost(made.site, PAGE));
      await publishPost(made.site, { url: PAGE, title: "Bread", markdown: `Flour, says @${handle}.` });
      clock.advance(MINUTE);
      await drainOutgoing(made.site);
      assert.deepEqual(await types(), ["Create", "Delete"]);
      assert.equal(await made.site.models.posts.countDocuments({ outgoingAt: { $exists: true } }), 0);
    });
  });
});
