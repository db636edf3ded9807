import assert from "node:assert/strict";
import { insertRow } from "../../src/database/native.ts";
import type { ActivityRow, ActorRow, InteractionRow, PostRow } from "../../src/database/rows.ts";
import { activitiesOf } from "../../src/delivery/collections.ts";
import { blockActor, unblockActor } from "../../src/domain/blocks.ts";
import { boost, boostBy, unboost } from "../../src/domain/boosts.ts";
import { favourite, unfavourite } from "../../src/domain/favourites.ts";
import { followActor, receiveAccept, unfollowActor } from "../../src/domain/following.ts";
import { receiveFollow } from "../../src/domain/follows.ts";
import { receiveInteraction, undoInteraction } from "../../src/domain/interactions.ts";
import { drainOutgoing } from "../../src/domain/outgoing.ts";
import { vote } from "../../src/domain/polls.ts";
import { publishPost } from "../../src/domain/posts.ts";
import { receivePost } from "../../src/domain/receive.ts";
import { reportActor } from "../../src/domain/reports.ts";
import { postStatus } from "../../src/domain/statuses.ts";
import { MINUTE } from "../../src/support/clock.ts";
import { firstSnowflakeAt, snowflake } from "../../src/support/ids.ts";
import { makeSite, type HandMadeSite } from "../support/make-site.ts";
import { noteBy, storePerson } from "../support/people.ts";
import { TestClock } from "../support/test-clock.ts";

const IDS_OF_A_MILLISECOND = 2048;

/** The id that a snowflake of this moment will have after `more` others. */
function nextId(at: Date, more = 0): number {
  const last = snowflake(at) - firstSnowflakeAt(at);
  return firstSnowflakeAt(at) + ((last + 1 + more) % IDS_OF_A_MILLISECOND);
}

it("a process gives no id twice within 2,048 of one millisecond, whatever is asked for in between", () => {
  const [now, then] = [new Date(), new Date("2001-01-01T00:00:00Z")];
  const ids = Array.from({ length: IDS_OF_A_MILLISECOND }, (_, at) => snowflake(at % 2 === 0 ? now : then));
  assert.equal(new Set(ids).size, ids.length);
});

describe("what has an id that another process gave in the same millisecond", () => {
  let made: HandMadeSite;
  let clock: TestClock;
  let blog: ActorRow;
  let alice: ActorRow;

  beforeEach(async () => {
    clock = new TestClock();
    made = await makeSite({ clock });
    blog = await made.account("blog");
    alice = await storePerson(made.site, "alice");
  });
  afterEach(() => made.close());

  /** Every id of this moment but those of the sixteen snowflakes after the next twenty is somebody else's. */
  const takeIds = async (): Promise<void> => {
    const [first, free] = [firstSnowflakeAt(clock.now()), nextId(clock.now(), 20)];
    const rows = Array.from({ length: IDS_OF_A_MILLISECOND }, (_, at) => first + at)
      .filter((id) => (id - free + IDS_OF_A_MILLISECOND) % IDS_OF_A_MILLISECOND >= 16)
      .map((_id) => ({ _id, uri: `https://blog.example/taken/${_id}`, type: "Taken", body: "{}" }));
    await activitiesOf(made.site).insertMany(rows as ActivityRow[]);
  };
  const sent = async (): Promise<Record<string, unknown>[]> =>
    (
      await made.site.models.activities
        .find({ type: { $ne: "Taken" } })
        .sort({ createdAt: 1, _id: 1 })
        .lean<ActivityRow[]>()
    ).map((row) => {
      const activity = JSON.parse(row.body) as Record<string, unknown>;
      assert.equal(activity["id"], row.uri);
      return activity;
    });
  const types = async (): Promise<unknown[]> => (await sent()).map((activity) => activity["type"]);
  /** It was sent, then an Undo that names it, and nothing else. */
  const wasTakenBack = async (type: string): Promise<void> => {
    const [first, undo, ...more] = await sent();
    assert.deepEqual([first?.["type"], undo?.["type"], more], [type, "Undo", []]);
    assert.equal((undo?.["object"] as { id: string }).id, first?.["id"]);
  };
  const postOf = async (uri: string): Promise<PostRow> => {
    const post = await made.site.models.posts.findOne({ uri }).lean<PostRow | null>();
    assert.ok(post);
    return post;
  };
  const arrived = async (more: Parameters<typeof noteBy>[1] = {}): Promise<PostRow> => {
    await followActor(made.site, blog, alice);
    await receiveAccept(made.site, alice, { followerUri: blog.uri });
    const note = noteBy(alice, more);
    await receivePost(made.site, alice, note);
    await activitiesOf(made.site).deleteMany({});
    clock.advance(MINUTE);
    return postOf(note.uri);
  };

  it("a Follow is sent under another, which an Accept and an Undo name", async () => {
    await takeIds();
    const row = await followActor(made.site, blog, alice);
    const [follow] = await sent();
    assert.equal(follow?.["id"], row.uri);
    assert.equal((await receiveAccept(made.site, alice, { followUri: row.uri })).done, true);
    clock.advance(MINUTE);
    await unfollowActor(made.site, blog, alice);
    assert.deepEqual(await types(), ["Follow", "Undo"]);
  });

  it("an Accept is sent", async () => {
    await takeIds();
    await receiveFollow(made.site, alice, blog.uri, "https://remote.example/follows/1");
    assert.deepEqual(await types(), ["Accept"]);
  });

  it("a Like is sent once, and taken back by its name", async () => {
    const post = await arrived();
    await takeIds();
    await favourite(made.site, blog, post);
    await favourite(made.site, blog, post);
    clock.advance(MINUTE);
    await takeIds();
    await unfavourite(made.site, blog, post);
    await wasTakenBack("Like");
  });

  it("a Block is sent, and taken back by its name", async () => {
    await takeIds();
    await blockActor(made.site, blog, alice);
    clock.advance(MINUTE);
    await unblockActor(made.site, blog, alice);
    await wasTakenBack("Block");
  });

  it("a report is forwarded", async () => {
    await takeIds();
    await reportActor(made.site, blog, alice, { forward: true });
    assert.deepEqual(await types(), ["Flag"]);
  });

  it("a vote is counted and sent", async () => {
    const poll = {
      options: [
        { title: "tea", votes: 0 },
        { title: "coffee", votes: 0 },
      ],
      multiple: true,
    };
    const post = await arrived({ poll });
    await takeIds();
    const after = await vote(made.site, blog, post, [0, 1]);
    assert.deepEqual(
      after.poll?.options.map((option) => option.votes),
      [1, 1],
    );
    assert.deepEqual((await sent()).map((activity) => (activity["object"] as { name: string }).name).sort(), [
      "coffee",
      "tea",
    ]);
  });

  it("an Announce is sent under another, by which the boost is called here, too, and taken back", async () => {
    const post = await arrived();
    await takeIds();
    const { _id } = await boost(made.site, blog, post);
    await drainOutgoing(made.site);
    const [announce] = await sent();
    const row = await made.site.models.posts.findById(_id).lean<PostRow | null>();
    const interaction = await made.site.models.interactions.findById(_id).lean<InteractionRow | null>();
    assert.deepEqual(
      [row?.uri, row?.names, interaction?.uri],
      [announce?.["id"], [announce?.["id"]], row?.uri],
    );
    clock.advance(MINUTE);
    await unboost(made.site, blog, post);
    await drainOutgoing(made.site);
    const undo = (await sent()).at(-1);
    assert.deepEqual([undo?.["type"], (undo?.["object"] as { id: string }).id], ["Undo", announce?.["id"]]);
  });

  it("a request to quote is sent, and the post that quotes once", async () => {
    const post = await arrived();
    const status = await postStatus(made.site, blog, { text: "so true", media: [], quoted: post._id });
    const { quote } = await postOf(status.uri);
    assert.equal(quote?.state, "pending");
    const taken = { _id: quote?.request, uri: "https://blog.example/taken/1", type: "Taken", body: "{}" };
    await activitiesOf(made.site).insertOne(taken as ActivityRow);
    await drainOutgoing(made.site);
    await drainOutgoing(made.site);
    assert.deepEqual((await types()).sort(), ["Create", "QuoteRequest"]);
    const request = (await sent()).find((activity) => activity["type"] === "QuoteRequest");
    const after = await postOf(status.uri);
    assert.equal(request?.["id"], made.site.urls.activity(after.quote?.request ?? 0));
  });
});

describe("a boost", () => {
  let made: HandMadeSite;
  let clock: TestClock;
  let blog: ActorRow;
  let alice: ActorRow;
  let post: PostRow;

  beforeEach(async () => {
    clock = new TestClock();
    made = await makeSite({ clock, accounts: [{ username: "blog" }, { username: "guest" }] });
    blog = await made.account("blog");
    alice = await storePerson(made.site, "alice");
    post = await publishPost(made.site, { markdown: "bread", author: "guest" });
    clock.advance(MINUTE);
  });
  afterEach(() => made.close());

  const counted = async (): Promise<number | undefined> =>
    (await made.site.models.posts.findById(post._id).lean<PostRow | null>())?.boostsCount;
  /** A post that has this id already. */
  const occupy = async (_id: number): Promise<void> => {
    const uri = `https://blog.example/other/${_id}`;
    await insertRow(made.site.models.posts, { ...post, _id, uri, names: [uri], key: uri });
  };

  it("whose id is that of another post gets another", async () => {
    await occupy(nextId(clock.now()));
    const row = await boost(made.site, blog, post);
    assert.equal((await boostBy(made.site, blog, post))?._id, row._id);
    assert.equal(await made.site.models.interactions.countDocuments({ kind: "boost" }), 1);
    assert.equal(await counted(), 1);
  });

  it("of somebody elsewhere, too, and its Undo finds it", async () => {
    await followActor(made.site, blog, alice);
    await receiveAccept(made.site, alice, { followerUri: blog.uri });
    const id = nextId(clock.now());
    await occupy(id);
    await receiveInteraction(made.site, "boost", alice, post.uri, "https://remote.example/boosts/1");
    const row = await boostBy(made.site, alice, post);
    assert.ok(row);
    assert.notEqual(row._id, id);
    assert.ok(await made.site.models.interactions.exists({ _id: row._id, kind: "boost" }));
    await undoInteraction(made.site, alice.uri, { uri: "https://remote.example/boosts/1" });
    assert.equal(await boostBy(made.site, alice, post), null);
  });

  it("of which a crash has left only the half that counts is finished by the next press", async () => {
    const _id = snowflake(clock.now());
    const uri = made.site.urls.activity(_id);
    await insertRow(made.site.models.interactions, {
      _id,
      kind: "boost",
      actor: blog._id,
      post: post._id,
      uri,
      createdAt: clock.now(),
    });
    const row = await boost(made.site, blog, post);
    assert.deepEqual([row._id, row.uri, await counted()], [_id, uri, 1]);
    await drainOutgoing(made.site);
    assert.ok(await made.site.models.activities.exists({ uri, type: "Announce" }));
  });

  it("of which a crash has left only half of the taking back can be given again", async () => {
    const row = await boost(made.site, blog, post);
    await made.site.models.posts.updateOne({ _id: row._id }, { $set: { deletedAt: clock.now() } });
    clock.advance(MINUTE);
    const again = await boost(made.site, blog, post);
    assert.notEqual(again._id, row._id);
    assert.equal((await boostBy(made.site, blog, post))?._id, again._id);
  });

  it("given twice at the same moment is one", async () => {
    const rows = await Promise.all([1, 2, 3, 4].map(() => boost(made.site, blog, post)));
    assert.equal(new Set(rows.map((row) => row._id)).size, 1);
    assert.equal(await counted(), 1);
  });
});
