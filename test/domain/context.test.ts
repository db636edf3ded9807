import assert from "node:assert/strict";
import type { ActorRow, PostRow } from "../../src/database/rows.ts";
import { threadOfPost } from "../../src/domain/context.ts";
import type { Site } from "../../src/site.ts";
import { commandsOf } from "../mastodon/support/commands.ts";
import { storePost } from "../mastodon/support/stored.ts";
import { makeSite, type HandMadeSite } from "../support/make-site.ts";
import { storePerson } from "../support/people.ts";
import { freshDatabase } from "../support/store.ts";
import mongoose, { type Connection } from "mongoose";

const idsOf = (rows: readonly PostRow[]): number[] => rows.map((row) => row._id);

describe("the conversation around a post", () => {
  let connection: Connection;
  let made: HandMadeSite;
  let site: Site;
  let owner: ActorRow;
  let anna: ActorRow;
  before(async () => {
    connection = mongoose.createConnection(await freshDatabase(), { monitorCommands: true });
    made = await makeSite({ database: connection });
    site = made.site;
    owner = await made.account("blog");
    anna = await storePerson(site, "anna");
  });
  after(async () => {
    await made.close();
    await connection.close();
  });

  it("is what it answers, oldest first, and what answers it, each followed by its own answers", async () => {
    const root = await storePost(site, owner);
    const first = await storePost(site, anna, { parent: root });
    const second = await storePost(site, anna, { parent: root });
    const ofFirst = await storePost(site, owner, { parent: first });
    const ofSecond = await storePost(site, owner, { parent: second });
    const deep = await storePost(site, anna, { parent: ofFirst });
    const whole = await threadOfPost(site, root, owner);
    assert.deepEqual(idsOf(whole.ancestors), []);
    assert.deepEqual(idsOf(whole.descendants), idsOf([first, ofFirst, deep, second, ofSecond]));
    const inside = await threadOfPost(site, ofFirst, owner);
    assert.deepEqual(idsOf(inside.ancestors), idsOf([root, first]));
    assert.deepEqual(idsOf(inside.descendants), idsOf([deep]));
  });

  it("puts the author's own continuation first", async () => {
    const root = await storePost(site, owner);
    const other = await storePost(site, anna, { parent: root });
    const own = await storePost(site, owner, { parent: root });
    assert.deepEqual(idsOf((await threadOfPost(site, root)).descendants), idsOf([own, other]));
  });

  it("keeps answers to what was deleted in their place, and passes over it on the way up", async () => {
    const root = await storePost(site, owner);
    const gone = await storePost(site, anna, { parent: root, deletedAt: new Date() });
    const answer = await storePost(site, owner, { parent: gone });
    const later = await storePost(site, anna, { parent: root });
    assert.deepEqual(idsOf((await threadOfPost(site, root)).descendants), idsOf([answer, later]));
    assert.deepEqual(idsOf((await threadOfPost(site, answer)).ancestors), idsOf([root]));
  });

  it("hangs answers to what was never stored at the root", async () => {
    const root = await storePost(site, owner);
    const orphan = await storePost(site, anna, {
      parent: root,
      inReplyTo: "https://remote.example/notes/lost",
      inReplyToId: 4711,
    });
    assert.deepEqual(idsOf((await threadOfPost(site, root)).descendants), idsOf([orphan]));
    assert.deepEqual(idsOf((await threadOfPost(site, orphan)).ancestors), []);
  });

  it("finds comments from before conversations were stored, and answers dated before what they answer", async () => {
    const root = await storePost(site, owner);
    const { conversation: _, ...old } = await storePost(site, anna, { parent: root, thread: root._id });
    await site.models.posts.updateOne({ _id: old._id }, { $unset: { conversation: 1 } });
    const early = await storePost(site, anna, {
      parent: root,
      publishedAt: new Date(root.publishedAt.getTime() - 3_600_000),
    });
    assert.deepEqual(idsOf((await threadOfPost(site, root)).descendants), idsOf([early, old as PostRow]));
  });

  it("ends where posts answer each other in a ring, or themselves", async () => {
    const root = await storePost(site, owner);
    const one = await storePost(site, anna, { parent: root });
    const two = await storePost(site, anna, { parent: one });
    await site.models.posts.updateOne({ _id: one._id }, { $set: { inReplyToId: two._id } });
    const itself = await storePost(site, anna, { parent: root });
    await site.models.posts.updateOne({ _id: itself._id }, { $set: { inReplyToId: itself._id } });
    const ring = await threadOfPost(site, { ...one, inReplyToId: two._id });
    assert.deepEqual(idsOf(ring.ancestors), idsOf([two]));
    await threadOfPost(site, { ...itself, inReplyToId: itself._id });
    await threadOfPost(site, root);
  });

  it("asks the store as often for a long thread as for a short one, and shows strangers a part", async () => {
    const root = await storePost(site, owner);
    let last = root;
    const few = await commandsOf(site, () => threadOfPost(site, root, owner));
    for (let at = 0; at < 120; at += 1) last = await storePost(site, anna, { parent: last });
    const many = await commandsOf(site, () => threadOfPost(site, last, owner));
    assert.equal(many.length, few.length);
    assert.equal((await threadOfPost(site, last, owner)).ancestors.length, 120);
    const strangers = (await threadOfPost(site, last)).ancestors;
    assert.equal(strangers.length, 40);
    assert.equal(strangers.at(-1)?._id, last.inReplyToId);
    assert.equal((await threadOfPost(site, root)).descendants.length, 60);
    assert.equal((await threadOfPost(site, root, owner)).descendants.length, 120);
  });
});
