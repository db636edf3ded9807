import assert from "node:assert/strict";
import type { ActorRow, PostRow } from "../../src/database/rows.ts";
import { hideComment } from "../../src/domain/comments.ts";
import { receivePost } from "../../src/domain/receive.ts";
import {
  interactionsWith,
  reactionsOf,
  receiveInteraction,
  undoInteraction,
} from "../../src/domain/interactions.ts";
import { publishPost, removePost } from "../../src/domain/posts.ts";
import { makeSite, type HandMadeSite } from "../support/make-site.ts";
import { noteBy, storePerson } from "../support/people.ts";

const PAGE = "https://blog.example/posts/bread";

describe("likes and boosts", () => {
  let made: HandMadeSite;
  let post: PostRow;
  let alice: ActorRow;

  beforeEach(async () => {
    made = await makeSite();
    post = await publishPost(made.site, { url: PAGE, title: "Bread", markdown: "Flour." });
    alice = await storePerson(made.site, "alice");
  });
  afterEach(() => made.close());

  const like = (id = "https://remote.example/likes/1", name = post.uri) =>
    receiveInteraction(made.site, "like", alice, name, id);
  const counts = async () => {
    const { likes, boosts } = await reactionsOf(made.site, PAGE);
    return { likes, boosts };
  };

  it("count once an actor and kind, whatever name of the post they use and however often they come", async () => {
    await like();
    await like("https://remote.example/likes/2", PAGE);
    await receiveInteraction(made.site, "boost", alice, post.uri, "https://remote.example/boosts/1");
    assert.deepEqual(await counts(), { likes: 1, boosts: 1 });
  });

  it("count once when the same one comes ten times at once", async () => {
    await Promise.all(Array.from({ length: 10 }, (_, each) => like(`https://remote.example/likes/${each}`)));
    assert.deepEqual(await counts(), { likes: 1, boosts: 0 });
  });

  it("show faces, newest first", async () => {
    const bob = await storePerson(made.site, "bob", { host: "other.example" });
    await like();
    await receiveInteraction(made.site, "like", bob, post.uri, "https://other.example/likes/1");
    const { likers } = await reactionsOf(made.site, PAGE);
    assert.deepEqual(
      likers.map((face) => face.handle),
      ["@bob@other.example", "@alice@remote.example"],
    );
  });

  it("are undone by id, by the newest id, or by what they were about", async () => {
    await like();
    await undoInteraction(made.site, alice.uri, { uri: "https://remote.example/likes/1" });
    assert.equal((await counts()).likes, 0);
    await like("https://remote.example/likes/2");
    await undoInteraction(made.site, alice.uri, {
      uri: "https://remote.example/unknown",
      kind: "like",
      objectUri: PAGE,
    });
    assert.equal((await counts()).likes, 0);
  });

  it("undone twice are undone once", async () => {
    await like();
    assert.equal(
      (await undoInteraction(made.site, alice.uri, { uri: "https://remote.example/likes/1" })).done,
      true,
    );
    assert.equal(
      (await undoInteraction(made.site, alice.uri, { uri: "https://remote.example/likes/1" })).done,
      false,
    );
    assert.equal((await counts()).likes, 0);
  });

  it("undone before they came never count; another's Undo does not undo", async () => {
    await undoInteraction(made.site, alice.uri, { uri: "https://remote.example/likes/1" });
    assert.equal((await like()).done, false);
    await like("https://remote.example/likes/2");
    const mallory = await storePerson(made.site, "mallory", { host: "evil.example" });
    assert.equal(
      (
        await undoInteraction(made.site, mallory.uri, {
          uri: "https://remote.example/likes/2",
          kind: "like",
          objectUri: post.uri,
        })
      ).done,
      false,
    );
    assert.equal((await counts()).likes, 1);
  });

  it("of what is not here, hidden, or removed are ignored", async () => {
    assert.equal(
      (await like("https://remote.example/likes/1", "https://blog.example/posts/none")).done,
      false,
    );
    const note = noteBy(alice, { inReplyTo: post.uri });
    await receivePost(made.site, alice, note);
    await hideComment(made.site, note.uri);
    assert.equal((await like("https://remote.example/likes/2", note.uri)).done, false);
    await removePost(made.site, PAGE);
    assert.equal((await like("https://remote.example/likes/3")).done, false);
    assert.deepEqual(await reactionsOf(made.site, PAGE), {
      likes: 0,
      boosts: 0,
      replies: 0,
      likers: [],
      boosters: [],
    });
  });

  it("of a comment are kept apart from those of the post", async () => {
    const note = noteBy(alice, { inReplyTo: post.uri });
    await receivePost(made.site, alice, note);
    await like("https://remote.example/likes/1", note.uri);
    assert.deepEqual(await counts(), { likes: 0, boosts: 0 });
    assert.equal((await reactionsOf(made.site, note.uri)).likes, 1);
  });

  it("are listed by pages, newest first", async () => {
    for (let each = 0; each < 5; each += 1) {
      const person = await storePerson(made.site, `p${each}`);
      await receiveInteraction(made.site, "like", person, post.uri, `https://remote.example/likes/${each}`);
    }
    const first = await interactionsWith(made.site, post, "like", { limit: 3 });
    assert.equal(first.uris.length, 3);
    assert.ok(first.next !== undefined);
    const second = await interactionsWith(made.site, post, "like", { limit: 3, before: first.next });
    assert.equal(second.uris.length, 2);
    assert.equal(second.next, undefined);
    assert.equal(new Set([...first.uris, ...second.uris]).size, 5);
  });

  it("ring once each way", async () => {
    const rung: string[] = [];
    made.site.events.on("like", () => rung.push("like"));
    made.site.events.on("unlike", () => rung.push("unlike"));
    await like();
    await like();
    await undoInteraction(made.site, alice.uri, { uri: "https://remote.example/likes/1" });
    assert.deepEqual(rung, ["like", "unlike"]);
  });
});
