import assert from "node:assert/strict";
import type { ActivityRow, ActorRow } from "../../src/database/rows.ts";
import { dropActor } from "../../src/domain/deletions.ts";
import { followActor, receiveAccept } from "../../src/domain/following.ts";
import {
  acceptFollower,
  followersOf,
  receiveFollow,
  removeFollower,
  undoFollow,
} from "../../src/domain/follows.ts";
import { makeSite, type HandMadeSite } from "../support/make-site.ts";
import { storePerson } from "../support/people.ts";

const BLOG = "https://blog.example/ap/accounts/blog";
const FOLLOW = "https://remote.example/follows/1";

describe("followers", () => {
  let made: HandMadeSite;
  let alice: ActorRow;

  beforeEach(async () => {
    made = await makeSite({
      accounts: [{ username: "blog" }, { username: "shy", manuallyApprovesFollowers: true }],
    });
    alice = await storePerson(made.site, "alice");
  });
  afterEach(() => made.close());

  const count = async (name = "blog") => (await made.account(name)).followersCount;
  const answers = async (): Promise<ActivityRow[]> =>
    made.site.models.activities.find({}).sort({ _id: 1 }).lean<ActivityRow[]>();

  it("are stored and answered with an Accept that holds their whole Follow", async () => {
    assert.deepEqual(await receiveFollow(made.site, alice, BLOG, FOLLOW), { done: true, what: "follows" });
    assert.equal(await count(), 1);
    const [accept] = await answers();
    const body = JSON.parse(accept?.body ?? "{}") as Record<string, unknown>;
    assert.equal(body["type"], "Accept");
    assert.deepEqual(body["object"], { id: FOLLOW, type: "Follow", actor: alice.uri, object: BLOG });
    assert.deepEqual(body["to"], [alice.uri]);
    assert.deepEqual(accept?.inboxes, [alice.inbox]);
  });

  it("who ask again are answered again with their newest id, and count once", async () => {
    await receiveFollow(made.site, alice, BLOG, FOLLOW);
    await receiveFollow(made.site, alice, BLOG, "https://remote.example/follows/2");
    assert.equal(await count(), 1);
    assert.equal((await answers()).length, 2);
    assert.equal(
      (await made.site.models.follows.findOne({}).lean())?.uri,
      "https://remote.example/follows/2",
    );
  });

  it("count once when the same Follow comes ten times at once", async () => {
    await Promise.all(Array.from({ length: 10 }, () => receiveFollow(made.site, alice, BLOG, FOLLOW)));
    assert.equal(await count(), 1);
    assert.equal(await made.site.models.follows.countDocuments({}), 1);
  });

  it("of an account that approves by hand wait, and are answered when accepted", async () => {
    const shy = await made.account("shy");
    assert.deepEqual(await receiveFollow(made.site, alice, shy.uri, FOLLOW), {
      done: true,
      what: "waits for approval",
    });
    assert.equal(await count("shy"), 0);
    assert.deepEqual(await answers(), []);
    assert.deepEqual((await followersOf(made.site, shy, { limit: 20 })).uris, []);
    assert.equal(await acceptFollower(made.site, shy, alice), true);
    assert.equal(await acceptFollower(made.site, shy, alice), false);
    assert.equal(await count("shy"), 1);
    assert.equal((await answers()).length, 1);
  });

  it("leave by the id of their Follow, or by naming whom they followed", async () => {
    await receiveFollow(made.site, alice, BLOG, FOLLOW);
    assert.equal((await undoFollow(made.site, alice, { uri: FOLLOW })).done, true);
    assert.equal(await count(), 0);
    await receiveFollow(made.site, alice, BLOG, "https://remote.example/follows/2");
    assert.equal(
      (await undoFollow(made.site, alice, { uri: "https://remote.example/other", followedUri: BLOG })).done,
      true,
    );
    assert.equal(await count(), 0);
    assert.equal((await undoFollow(made.site, alice, { followedUri: BLOG })).done, false);
    assert.equal(await count(), 0);
  });

  it("cannot be sent away by somebody else", async () => {
    await receiveFollow(made.site, alice, BLOG, FOLLOW);
    const mallory = await storePerson(made.site, "mallory", { host: "evil.example" });
    assert.equal((await undoFollow(made.site, mallory, { uri: FOLLOW, followedUri: BLOG })).done, false);
    assert.equal(await count(), 1);
  });

  it("who left before their Follow came stay away", async () => {
    await undoFollow(made.site, alice, { uri: FOLLOW, followedUri: BLOG });
    assert.equal((await receiveFollow(made.site, alice, BLOG, FOLLOW)).done, false);
    assert.equal(await count(), 0);
    assert.deepEqual(await answers(), []);
  });

  it("are removed by the owner with a Reject", async () => {
    const blog = await made.account("blog");
    await receiveFollow(made.site, alice, BLOG, FOLLOW);
    assert.equal(await removeFollower(made.site, blog, alice), true);
    assert.equal(await count(), 0);
    assert.equal((await answers()).at(-1)?.type, "Reject");
    assert.equal(await removeFollower(made.site, blog, alice), false);
  });

  it("of nobody, or of the site's own actor, are ignored", async () => {
    assert.equal(
      (await receiveFollow(made.site, alice, "https://blog.example/ap/accounts/nobody", FOLLOW)).done,
      false,
    );
    assert.equal(
      (await receiveFollow(made.site, alice, "https://blog.example/ap/actor", FOLLOW)).done,
      false,
    );
    assert.equal(await made.site.models.follows.countDocuments({}), 0);
  });

  it("are listed newest first by pages", async () => {
    const blog = await made.account("blog");
    for (let each = 0; each < 5; each += 1) {
      await receiveFollow(
        made.site,
        await storePerson(made.site, `p${each}`),
        BLOG,
        `https://remote.example/follows/p${each}`,
      );
    }
    const first = await followersOf(made.site, blog, { limit: 3 });
    const second = await followersOf(made.site, blog, { limit: 3, before: first.next ?? 0 });
    assert.equal(new Set([...first.uris, ...second.uris]).size, 5);
    assert.equal(second.next, undefined);
  });

  it("whom an account follows, and who delete themselves, are no longer counted among those it follows", async () => {
    await followActor(made.site, await made.account("blog"), alice);
    await receiveAccept(made.site, alice, { followerUri: BLOG });
    assert.equal((await made.account("blog")).followingCount, 1);
    await dropActor(made.site, alice.uri);
    assert.equal((await made.account("blog")).followingCount, 0);
  });
});
