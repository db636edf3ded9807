import assert from "node:assert/strict";
import type { ActorRow } from "../../src/database/rows.ts";
import { blockActor, unblockActor } from "../../src/domain/blocks.ts";
import { favourite, unfavourite } from "../../src/domain/favourites.ts";
import { followActor, receiveAccept, unfollowActor } from "../../src/domain/following.ts";
import { acceptFollower, receiveFollow, removeFollower } from "../../src/domain/follows.ts";
import { keepPost } from "../../src/domain/receive.ts";
import type { Site } from "../../src/site.ts";
import { dyingAfter } from "../support/dying-store.ts";
import { makeSite, type HandMadeSite } from "../support/make-site.ts";
import { noteBy, storePerson } from "../support/people.ts";

/** More writes than any of these makes. */
const MOST_WRITES = 30;

describe("A process that dies while the owner takes something back", function () {
  this.timeout(60_000);
  let made: HandMadeSite;
  let blog: ActorRow;
  let count = 0;
  before(async () => {
    made = await makeSite();
    blog = await made.account("blog");
  });
  after(() => made.close());

  /** Whether it dies or not: once it has been asked for again, the other server has been told. */
  async function tells(
    type: string,
    begin: (alice: ActorRow) => Promise<(site: Site) => Promise<unknown>>,
  ): Promise<void> {
    for (let writes = 0; ; writes += 1) {
      assert.ok(writes < MOST_WRITES);
      count += 1;
      const alice = await storePerson(made.site, `alice${count}`);
      const act = await begin(alice);
      const dying = dyingAfter(made.site, writes);
      await act(dying.site).catch(() => undefined);
      if (dying.died()) await act(made.site);
      const told = await made.site.models.activities.exists({ type, inboxes: alice.inbox });
      assert.notEqual(told, null, `after ${writes} writes`);
      if (!dying.died()) return;
    }
  }

  it("a follow: the Undo is sent", () =>
    tells("Undo", async (alice) => {
      await followActor(made.site, blog, alice);
      await receiveAccept(made.site, alice, { followerUri: blog.uri });
      return (site) => unfollowActor(site, blog, alice);
    }));

  it("a like: the Undo is sent", () =>
    tells("Undo", async (alice) => {
      const post = await keepPost(made.site, alice, noteBy(alice));
      assert.ok(post);
      await favourite(made.site, blog, post);
      return (site) => unfavourite(site, blog, post);
    }));

  it("a block: the Undo is sent", () =>
    tells("Undo", async (alice) => {
      await blockActor(made.site, blog, alice);
      return (site) => unblockActor(site, blog, alice);
    }));

  it("a follower: the Reject is sent", () =>
    tells("Reject", async (alice) => {
      await receiveFollow(made.site, alice, blog.uri, `${alice.uri}#follow`);
      return (site) => removeFollower(site, blog, alice);
    }));

  it("or lets a follower in: the Accept is sent", () =>
    tells("Accept", async (alice) => {
      await made.site.models.actors.updateOne(
        { _id: blog._id },
        { $set: { manuallyApprovesFollowers: true } },
      );
      await receiveFollow(made.site, alice, blog.uri, `${alice.uri}#follow`);
      return (site) => acceptFollower(site, blog, alice);
    }));
});
