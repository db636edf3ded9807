import assert from "node:assert/strict";
import type { ActivityRow, ActorRow } from "../../src/database/rows.ts";
import { blockActor, receiveBlock, undoBlock } from "../../src/domain/blocks.ts";
import { blockDomain, domainBlocksPage, drainDomainBlocks } from "../../src/domain/domain-blocks.ts";
import { followActor, receiveAccept } from "../../src/domain/following.ts";
import { authorizeFollower, followRequests, removeFollowerOf } from "../../src/domain/follow-requests.ts";
import { receiveFollow } from "../../src/domain/follows.ts";
import { homePage } from "../../src/domain/timelines.ts";
import { muteActor, mutesPage } from "../../src/domain/mutes.ts";
import { notificationsPage } from "../../src/domain/notifications.ts";
import { receivePost } from "../../src/domain/receive.ts";
import { setRelation } from "../../src/domain/relations.ts";
import { refuses } from "../../src/domain/shadows.ts";
import { suggestionsFor } from "../../src/domain/suggestions.ts";
import { followTag, unfollowTag } from "../../src/domain/tags.ts";
import { HOUR, MINUTE } from "../../src/support/clock.ts";
import { FediverseError, NotFound } from "../../src/support/errors.ts";
import { makeSite, type HandMadeSite } from "../support/make-site.ts";
import { noteBy, storePerson } from "../support/people.ts";
import { TestClock } from "../support/test-clock.ts";

describe("what an account has decided about others", () => {
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

  const follow = async (target: ActorRow): Promise<void> => {
    await followActor(made.site, blog, target);
    if (!target.local) await receiveAccept(made.site, target, { followerUri: blog.uri });
  };
  const types = async (): Promise<string[]> =>
    (await made.site.models.activities.find({}).sort({ _id: 1 }).lean<ActivityRow[]>()).map(
      (row) => row.type,
    );

  it("is one row a kind, however many set it at once", async () => {
    await Promise.all(
      Array.from({ length: 8 }, (_, at) =>
        setRelation(made.site, blog, alice, "note", { comment: `note ${at}` }),
      ),
    );
    assert.equal(await made.site.models.relations.countDocuments({}), 1);
  });

  it("forgets the end of a mute that is made anew without one", async () => {
    await muteActor(made.site, blog, alice, { duration: 60 });
    await muteActor(made.site, blog, alice, {});
    const { rows } = await mutesPage(made.site, blog, { limit: 10 });
    assert.deepEqual(
      rows.map((row) => row.until),
      [undefined],
    );
  });

  it("a mute for an hour is over after an hour: what comes then is at home", async () => {
    await follow(alice);
    await muteActor(made.site, blog, alice, { duration: HOUR / 1000 });
    await receivePost(made.site, alice, noteBy(alice));
    assert.deepEqual((await homePage(made.site, blog, { limit: 10 })).rows, []);
    clock.advance(HOUR + MINUTE);
    await receivePost(made.site, alice, noteBy(alice));
    assert.equal((await homePage(made.site, blog, { limit: 10 })).rows.length, 1);
    assert.deepEqual((await mutesPage(made.site, blog, { limit: 10 })).rows, []);
  });

  it("a block twice leaves the counts right and sends one Block", async () => {
    await follow(alice);
    await receiveFollow(made.site, alice, blog.uri, "https://remote.example/follows/1");
    await blockActor(made.site, blog, alice);
    await blockActor(made.site, blog, alice);
    const { followersCount, followingCount } = await made.account("blog");
    assert.deepEqual([followersCount, followingCount], [0, 0]);
    assert.equal((await types()).filter((type) => type === "Block").length, 1);
    assert.deepEqual(await notificationsPage(made.site, blog, {}, { limit: 10 }), []);
  });

  it("a Block from elsewhere under another's id undoes nothing", async () => {
    await receiveBlock(made.site, alice, blog.uri, "https://remote.example/blocks/1");
    assert.equal(
      (await undoBlock(made.site, bob, { uri: "https://remote.example/blocks/1", blockedUri: blog.uri }))
        .done,
      false,
    );
    assert.equal((await undoBlock(made.site, alice, { blockedUri: guest.uri })).done, false);
    assert.equal((await undoBlock(made.site, alice, { blockedUri: blog.uri })).done, true);
  });

  it("a blocked domain covers what is below its name, and nothing that only ends like it", async () => {
    await blockDomain(made.site, blog, "EXAMPLE.com");
    const at = (host: string): Promise<boolean> => refuses(made.site, blog, { _id: 1, host });
    assert.deepEqual(
      [await at("example.com"), await at("a.b.example.com"), await at("notexample.com"), await at("com")],
      [true, true, false, false],
    );
    assert.equal(await refuses(made.site, guest, { _id: 1, host: "example.com" }), false);
    await assert.rejects(
      blockDomain(made.site, blog, "com"),
      (error) => error instanceof FediverseError && error.status === 422,
    );
    assert.equal((await domainBlocksPage(made.site, blog, { limit: 10 })).length, 1);
  });

  it("a blocked domain takes along what its people have told the account, and nothing that others have", async () => {
    const eve = await storePerson(made.site, "eve", { host: "deep.example.com" });
    for (const from of [alice, eve, bob]) {
      await receiveFollow(made.site, from, blog.uri, `${from.uri}/follows/1`);
      await receiveFollow(made.site, from, guest.uri, `${from.uri}/follows/2`);
    }
    await setRelation(made.site, blog, eve, "notificationRequest");
    await setRelation(made.site, guest, eve, "notificationRequest");
    await blockDomain(made.site, blog, "example.com");
    const tellers = async (owner: ActorRow): Promise<number[]> =>
      (await notificationsPage(made.site, owner, {}, { limit: 10 })).map((row) => row.from).sort();
    const all = [alice, bob, eve].map((actor) => actor._id).sort();
    assert.deepEqual(await tellers(blog), all, "the request that blocks does not wait for it");
    await drainDomainBlocks(made.site);
    assert.deepEqual(await tellers(blog), [alice._id, bob._id].sort());
    assert.deepEqual(await tellers(guest), all);
    assert.deepEqual(
      (await made.site.models.relations.find({ kind: "notificationRequest" }).lean()).map((row) => row.owner),
      [guest._id],
    );
  });

  it("who asks again after an answer rings again", async () => {
    await made.site.models.actors.updateOne({ _id: blog._id }, { $set: { manuallyApprovesFollowers: true } });
    const rung = async (): Promise<string[]> =>
      (await notificationsPage(made.site, blog, {}, { limit: 10 })).map((row) => row.type);
    await receiveFollow(made.site, alice, blog.uri, "https://remote.example/follows/1");
    assert.deepEqual(await rung(), ["follow_request"]);
    assert.equal(await authorizeFollower(made.site, blog, alice), true);
    assert.equal(await authorizeFollower(made.site, blog, alice), false);
    assert.deepEqual(await rung(), []);
    assert.deepEqual((await followRequests(made.site, blog, { limit: 10 })).rows, []);
    await removeFollowerOf(made.site, blog, alice);
    await receiveFollow(made.site, alice, blog.uri, "https://remote.example/follows/2");
    assert.deepEqual(await rung(), ["follow_request"]);
  });

  it("suggestions leave out whom one has asked, who is gone, and who has moved", async () => {
    await follow(guest);
    const gone = await storePerson(made.site, "gone", { goneAt: clock.now() });
    const away = await storePerson(made.site, "away", { movedTo: alice.uri });
    for (const one of [alice, bob, gone, away]) {
      await followActor(made.site, guest, one);
      await receiveAccept(made.site, one, { followerUri: guest.uri });
    }
    await followActor(made.site, blog, bob);
    const found = await suggestionsFor(made.site, blog, { limit: 10 });
    assert.deepEqual(
      found.map((row) => row.uri),
      [alice.uri],
    );
  });

  it("a tag is one whatever its capitals, and a sentence is none", async () => {
    assert.equal(await followTag(made.site, blog, "#Roggen"), "Roggen");
    await followTag(made.site, blog, "ROGGEN");
    assert.equal(await made.site.models.tagRelations.countDocuments({ owner: blog._id }), 1);
    for (const wrong of ["", "#", "a b", "12", "x-y", "🍞"])
      await assert.rejects(followTag(made.site, blog, wrong), NotFound, wrong);
    await unfollowTag(made.site, blog, "roggen");
    assert.equal(await made.site.models.tagRelations.countDocuments({ owner: blog._id }), 0);
  });
});
