import assert from "node:assert/strict";
import type { ActorRow, PostRow } from "../../src/database/rows.ts";
import { hideComment, showComment } from "../../src/domain/comments.ts";
import { receiveEdit, receivePost } from "../../src/domain/receive.ts";
import { dropActor, receiveDelete } from "../../src/domain/deletions.ts";
import { followActor, receiveAccept } from "../../src/domain/following.ts";
import { receiveInteraction } from "../../src/domain/interactions.ts";
import { publishPost, removePost } from "../../src/domain/posts.ts";
import { commentsOf, repliesTo, threadUris, type Comment } from "../../src/domain/thread.ts";
import { MINUTE } from "../../src/support/clock.ts";
import { NotFound } from "../../src/support/errors.ts";
import { makeSite, type HandMadeSite } from "../support/make-site.ts";
import { noteBy, storePerson } from "../support/people.ts";
import { TestClock } from "../support/test-clock.ts";

const PAGE = "https://blog.example/posts/bread";

describe("comments", () => {
  let made: HandMadeSite;
  let clock: TestClock;
  let post: PostRow;
  let alice: ActorRow;
  let bob: ActorRow;

  beforeEach(async () => {
    clock = new TestClock();
    made = await makeSite({ clock });
    post = await publishPost(made.site, { url: PAGE, title: "Bread", markdown: "Flour." });
    alice = await storePerson(made.site, "alice");
    bob = await storePerson(made.site, "bob", { host: "other.example" });
  });
  afterEach(() => made.close());

  const shown = async (): Promise<Comment[]> => (await commentsOf(made.site, PAGE)).comments;
  const replies = async (): Promise<number> =>
    (await made.site.models.posts.findById(post._id).lean())?.repliesCount ?? -1;

  it("are replies to a post, whichever of its names they answer", async () => {
    for (const name of [post.uri, PAGE, `${PAGE}#comments`, `${PAGE}/`]) {
      const outcome = await receivePost(made.site, alice, noteBy(alice, { inReplyTo: name }));
      assert.deepEqual(outcome, { done: true, what: "became a comment" }, name);
    }
    assert.equal((await shown()).length, 4);
    assert.equal(await replies(), 4);
  });

  it("show author, handle, time, original and clean text", async () => {
    await receivePost(
      made.site,
      alice,
      noteBy(alice, {
        inReplyTo: post.uri,
        content: '<p>Nice <b>loaf</b><script>alert(1)</script><a href="javascript:x()">!</a></p>',
      }),
    );
    const [comment] = await shown();
    assert.equal(comment?.author.name, "Alice");
    assert.equal(comment?.author.handle, "@alice@remote.example");
    assert.equal(comment?.published.toISOString(), "2026-02-28T10:00:00.000Z");
    assert.match(comment?.url ?? "", /^https:\/\/remote\.example\/@alice\//);
    assert.doesNotMatch(comment?.html ?? "", /script|javascript/);
    assert.match(comment?.text ?? "", /^Nice loaf/);
  });

  it("hang beneath what they answer, oldest first", async () => {
    const first = noteBy(alice, { inReplyTo: post.uri, published: new Date("2026-02-28T10:00:00Z") });
    const answer = noteBy(bob, { inReplyTo: first.uri, published: new Date("2026-02-28T11:00:00Z") });
    const second = noteBy(bob, { inReplyTo: post.uri, published: new Date("2026-02-28T10:30:00Z") });
    for (const note of [first, answer, second])
      await receivePost(made.site, note.authorUri === alice.uri ? alice : bob, note);
    const tree = (await shown()).map((comment) => [
      comment.uri,
      comment.depth,
      comment.replies.map((reply) => [reply.uri, reply.depth, reply.parent === comment.id]),
    ]);
    assert.deepEqual(tree, [
      [first.uri, 0, [[answer.uri, 1, true]]],
      [second.uri, 0, []],
    ]);
    assert.equal((await commentsOf(made.site, PAGE)).total, 3);
  });

  it("nest twenty levels and no further, however long two people answer each other", async () => {
    let parent = post.uri;
    for (let level = 0; level < 30; level += 1) {
      const note = noteBy(alice, { inReplyTo: parent, published: new Date(Date.UTC(2026, 1, 27, 0, level)) });
      await receivePost(made.site, alice, note);
      parent = note.uri;
    }
    const depths: number[] = [];
    const walk = (list: Comment[]): void =>
      list.forEach((comment) => void (depths.push(comment.depth), walk(comment.replies)));
    walk(await shown());
    assert.equal(depths.length, 30);
    assert.equal(Math.max(...depths), 20);
  });

  it("of the site's own accounts are marked, and count once", async () => {
    const note = noteBy(alice, { inReplyTo: post.uri });
    await receivePost(made.site, alice, note);
    await publishPost(made.site, { markdown: "Thank you!", inReplyTo: note.uri });
    const [comment] = await shown();
    assert.equal(comment?.replies[0]?.local, true);
    assert.equal(comment?.replies[0]?.author.handle, "@blog@blog.example");
    assert.equal(await replies(), 1);
  });

  it("that are direct or for followers only never show, nor count, nor ring", async () => {
    let rung = 0;
    made.site.events.on("comment", () => (rung += 1));
    for (const visibility of ["direct", "followers"] as const)
      await receivePost(made.site, alice, noteBy(alice, { inReplyTo: post.uri, visibility }));
    assert.deepEqual(await shown(), []);
    assert.equal((await commentsOf(made.site, PAGE)).total, 0);
    assert.deepEqual((await repliesTo(made.site, post, { limit: 20 })).uris, []);
    assert.deepEqual((await threadUris(made.site, post, { limit: 20 })).uris, [post.uri]);
    assert.equal(await replies(), 0);
    assert.equal(rung, 0);
  });

  it("arrive once, even twice at the same moment", async () => {
    const note = noteBy(alice, { inReplyTo: post.uri });
    await Promise.all([1, 2, 3, 4].map(() => receivePost(made.site, alice, note)));
    assert.equal((await shown()).length, 1);
    assert.equal(await replies(), 1);
  });

  it("are edited by their author, and only by something newer", async () => {
    const note = noteBy(alice, { inReplyTo: post.uri, content: "<p>one</p>" });
    await receivePost(made.site, alice, note);
    const third = { ...note, content: "<p>three</p>", updated: new Date("2026-02-28T12:00:00Z") };
    assert.equal((await receiveEdit(made.site, alice, third)).done, true);
    assert.equal(
      (
        await receiveEdit(made.site, alice, {
          ...note,
          content: "<p>two</p>",
          updated: new Date("2026-02-28T11:00:00Z"),
        })
      ).done,
      false,
    );
    assert.equal((await shown())[0]?.html, "<p>three</p>");
    assert.equal((await shown())[0]?.updated?.toISOString(), "2026-02-28T12:00:00.000Z");
  });

  it("cannot be edited, or deleted, by anybody else", async () => {
    const note = noteBy(alice, { inReplyTo: post.uri, content: "<p>mine</p>" });
    await receivePost(made.site, alice, note);
    assert.equal(
      (
        await receiveEdit(made.site, bob, {
          ...note,
          content: "<p>stolen</p>",
          updated: new Date("2026-02-28T12:00:00Z"),
        })
      ).done,
      false,
    );
    assert.equal((await receiveDelete(made.site, bob.uri, note.uri)).done, false);
    assert.equal((await shown())[0]?.html, "<p>mine</p>");
  });

  it("edited before they came are the edited text; the Create that follows changes nothing", async () => {
    const note = noteBy(alice, { inReplyTo: post.uri, content: "<p>old</p>" });
    await receiveEdit(made.site, alice, {
      ...note,
      content: "<p>new</p>",
      updated: new Date("2026-02-28T12:00:00Z"),
    });
    await receivePost(made.site, alice, note);
    assert.deepEqual(
      (await shown()).map((comment) => comment.html),
      ["<p>new</p>"],
    );
  });

  it("edited to be for followers only vanish from the page, and the count follows", async () => {
    const note = noteBy(alice, { inReplyTo: post.uri });
    await receivePost(made.site, alice, note);
    await receiveEdit(made.site, alice, {
      ...note,
      visibility: "followers",
      updated: new Date("2026-02-28T12:00:00Z"),
    });
    assert.deepEqual(await shown(), []);
    assert.equal(await replies(), 0);
  });

  it("are gone when deleted; answers to them stay", async () => {
    const note = noteBy(alice, { inReplyTo: post.uri });
    const answer = noteBy(bob, { inReplyTo: note.uri });
    await receivePost(made.site, alice, note);
    await receivePost(made.site, bob, answer);
    assert.equal((await receiveDelete(made.site, alice.uri, note.uri)).done, true);
    assert.deepEqual(
      (await shown()).map((comment) => comment.uri),
      [answer.uri],
    );
    assert.equal((await made.site.models.posts.findOne({ uri: note.uri }).lean())?.content, "");
    assert.equal(await replies(), 0);
  });

  it("deleted before they came never appear; a stranger cannot bury them beforehand", async () => {
    const note = noteBy(alice, { inReplyTo: post.uri });
    await receiveDelete(made.site, bob.uri, note.uri);
    await receivePost(made.site, alice, note);
    assert.equal((await shown()).length, 1);
    const other = noteBy(alice, { inReplyTo: post.uri });
    await receiveDelete(made.site, alice.uri, other.uri);
    assert.equal((await receivePost(made.site, alice, other)).done, false);
    assert.equal((await shown()).length, 1);
  });

  it("go with their author, with every like and follow", async () => {
    await receivePost(made.site, alice, noteBy(alice, { inReplyTo: post.uri }));
    await receiveInteraction(made.site, "like", alice, post.uri, "https://remote.example/likes/1");
    assert.equal((await dropActor(made.site, alice.uri)).done, true);
    assert.deepEqual(await shown(), []);
    const after = await made.site.models.posts.findById(post._id).lean();
    assert.deepEqual([after?.repliesCount, after?.likesCount], [0, 0]);
  });

  it("are hidden and shown again by the owner, and the count follows", async () => {
    const note = noteBy(alice, { inReplyTo: post.uri });
    await receivePost(made.site, alice, note);
    await hideComment(made.site, note.uri);
    assert.deepEqual(await shown(), []);
    assert.equal(await replies(), 0);
    await showComment(made.site, note.uri);
    assert.equal((await shown()).length, 1);
    assert.equal(await replies(), 1);
    await assert.rejects(hideComment(made.site, post.uri), NotFound);
    await assert.rejects(hideComment(made.site, "https://remote.example/nothing"), NotFound);
  });

  it("dated in the future are dated now", async () => {
    await receivePost(
      made.site,
      alice,
      noteBy(alice, { inReplyTo: post.uri, published: new Date("2099-01-01T00:00:00Z") }),
    );
    assert.deepEqual((await shown())[0]?.published, clock.now());
  });

  it("are not: posts that answer nothing, votes, answers to what was removed", async () => {
    assert.equal((await receivePost(made.site, alice, noteBy(alice))).done, false);
    assert.equal(
      (await receivePost(made.site, alice, noteBy(alice, { inReplyTo: post.uri, voteFor: "Rye" }))).done,
      false,
    );
    await removePost(made.site, PAGE);
    assert.equal((await receivePost(made.site, alice, noteBy(alice, { inReplyTo: post.uri }))).done, false);
    assert.equal(await made.site.models.posts.countDocuments({ local: false }), 0);
  });

  it("come by pages", async () => {
    for (let minute = 0; minute < 5; minute += 1) {
      await receivePost(
        made.site,
        alice,
        noteBy(alice, { inReplyTo: post.uri, published: new Date(Date.UTC(2026, 1, 28, 9, minute)) }),
      );
    }
    const seen: string[] = [];
    let after: string | undefined;
    do {
      const page = await commentsOf(made.site, PAGE, { limit: 2, ...(after === undefined ? {} : { after }) });
      assert.equal(page.total, 5);
      seen.push(...page.comments.map((comment) => comment.id));
      after = page.next;
    } while (after !== undefined);
    assert.equal(new Set(seen).size, 5);
  });

  it("of a page that is no post are none, and say that it is none", async () => {
    assert.deepEqual(await commentsOf(made.site, "https://blog.example/about"), {
      post: null,
      total: 0,
      comments: [],
    });
  });

  it("ring once, with the comment, its author and the post", async () => {
    const rung: string[] = [];
    made.site.events.on("comment", (event) =>
      rung.push(`${event.author.username} on ${event.post.title ?? ""}`),
    );
    const note = noteBy(alice, { inReplyTo: post.uri });
    await receivePost(made.site, alice, note);
    await receivePost(made.site, alice, note);
    assert.deepEqual(rung, ["alice on Bread"]);
  });

  it("ring when their author edits or deletes them; what is private, or no comment, does not", async () => {
    const rung: string[] = [];
    made.site.events.on("commentEdited", ({ comment, author, post: root }) =>
      rung.push(`${author.username} edited to ${comment.content} on ${root.title ?? ""}`),
    );
    made.site.events.on("commentDeleted", ({ comment }) => rung.push(`${comment.content} deleted`));
    await followActor(made.site, await made.account("blog"), alice);
    await receiveAccept(made.site, alice, { followerUri: made.site.urls.actor("blog") });
    const inReplyTo = post.uri;
    for (const [name, more] of [
      ["open", { inReplyTo }],
      ["direct", { inReplyTo, visibility: "direct" }],
      ["followers", { inReplyTo, visibility: "followers" }],
      ["elsewhere", {}],
    ] as const) {
      const note = noteBy(alice, { ...more, content: `<p>${name}</p>` });
      assert.equal((await receivePost(made.site, alice, note)).done, true, name);
      clock.advance(MINUTE);
      const edited = { ...note, content: `<p>${name}!</p>`, updated: clock.now() };
      assert.deepEqual(await receiveEdit(made.site, alice, edited), { done: true, what: "was edited" }, name);
      assert.equal((await receiveDelete(made.site, alice.uri, note.uri)).done, true, name);
    }
    assert.deepEqual(rung, ["alice edited to <p>open!</p> on Bread", "<p>open!</p> deleted"]);
  });

  it("are kept even if the host's listener throws", async () => {
    made.site.events.on("comment", () => {
      throw new Error("the host's mistake");
    });
    made.site.events.on("comment", () => Promise.reject(new Error("the host's later mistake")));
    assert.equal((await receivePost(made.site, alice, noteBy(alice, { inReplyTo: post.uri }))).done, true);
    assert.equal((await shown()).length, 1);
  });
});
