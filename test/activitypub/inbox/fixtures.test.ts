import assert from "node:assert/strict";
import { readdirSync } from "node:fs";
import type { ActorRow, InboundRow, PostRow } from "../../../src/database/rows.ts";
import { commentsOf } from "../../../src/domain/thread.ts";
import { reactionsOf } from "../../../src/domain/interactions.ts";
import { followActor } from "../../../src/domain/following.ts";
import { publishPost } from "../../../src/domain/posts.ts";
import { findActor, resolveActor } from "../../../src/remote/actors.ts";
import { readJrd } from "../../../src/remote/webfinger.ts";
import { fixtureJson, fixtures, haveFixtures } from "../../support/fixtures.ts";
import { makeInboxSite, type InboxSite } from "../../support/inbox-site.ts";
import { MappedNetwork } from "../../support/mapped-network.ts";
import { keyPairFor } from "../../support/remote-keys.ts";
import { post, signedHeaders, type Answer } from "../../support/signed-post.ts";

// eslint-disable-next-line @typescript-eslint/no-explicit-any -- payloads of strangers have every shape
type Json = Record<string, any>;

const OUR_PAGE = "https://blog.example/posts/bread";
const PUBLIC = "https://www.w3.org/ns/activitystreams#Public";
const SYSTEMS = ["mastodon", "pleroma", "pixelfed", "misskey", "peertube", "plume"];

/** One site that reads the payload of one row, and a fediverse around it that serves whoever sends it. */
class Stage {
  readonly network = new MappedNetwork();
  readonly key = keyPairFor("fixtures");
  site!: InboxSite;
  answer!: Answer;
  row!: InboundRow | null;

  async build(): Promise<void> {
    this.site = await makeInboxSite({ network: this.network, origin: "https://blog.example" });
    await publishPost(this.site.site, { url: OUR_PAGE, title: "Bread", html: "<p>Mostly.</p>" });
  }

  /** Puts the sender on the map: an actor of that id with a key of ours, and a WebFinger that leads back. */
  actor(uri: string, more: Json = {}): void {
    const { host, protocol, pathname } = new URL(uri);
    const username = String(more.preferredUsername ?? pathname.split("/").filter(Boolean).at(-1));
    this.network.document({
      "@context": "https://www.w3.org/ns/activitystreams",
      type: "Person",
      name: username,
      inbox: `${uri.replace(/\/$/, "")}/inbox`,
      ...more,
      id: uri,
      preferredUsername: username,
      publicKey: { id: `${uri}#main-key`, owner: uri, publicKeyPem: this.key.publicPem },
    });
    this.network.webfinger(protocol, username, host, uri);
  }

  /** Signs as its actor, sends it through the door, and does what it says. */
  async send(activity: Json): Promise<this> {
    const url = new URL(this.site.site.urls.sharedInbox);
    const body = Buffer.from(JSON.stringify(activity));
    const keyId = `${activity.actor as string}#main-key`;
    const headers = signedHeaders(url, body, { keyId, privatePem: this.key.privatePem });
    this.answer = await post(url, body, headers, this.site.origin);
    await this.site.work();
    this.row = await this.site.inbound(activity.id);
    return this;
  }

  /** Publishes one of our posts under a name that a payload gives it. */
  async postNamed(name: string): Promise<void> {
    await publishPost(this.site.site, { url: name, html: "<p>Ours, under that name.</p>" });
  }

  /** Gives our account the id that a payload gives it. */
  async accountNamed(uri: string): Promise<void> {
    await this.site.site.models.actors.updateOne({ localName: "blog" }, { $set: { uri } });
  }

  /** A comment under our post with the id that a payload speaks of, by the actor who speaks. */
  async commentNamed(id: string, actor: string): Promise<void> {
    await this.send({
      id: `${id}#prelude`,
      type: "Create",
      actor,
      to: [PUBLIC],
      object: {
        id,
        type: "Note",
        attributedTo: actor,
        content: "<p>before</p>",
        inReplyTo: OUR_PAGE,
        published: "2018-01-01T00:00:00Z",
        to: [PUBLIC],
      },
    });
    assert.equal(this.row?.state, "done", this.row?.outcome);
  }

  comment(id: string): Promise<PostRow | null> {
    return this.site.site.models.posts.findOne({ uri: id }).lean<PostRow | null>();
  }

  async followers(): Promise<string[]> {
    const rows = await this.site.site.models.follows.find({}).lean();
    return rows.map((row) => row.followerUri);
  }
}

interface Row {
  file: string;
  /** What is expected, in words; the test's name. */
  effect: string;
  why: string;
  run(stage: Stage, payload: Json): Promise<void>;
}

const row = (file: string, effect: string, why: string, run: Row["run"]): Row => ({ file, effect, why, run });

/** The actor document of the file itself, through the fetcher. */
const actor = (file: string, handle: string, more: (row: ActorRow) => void = () => undefined): Row =>
  row(
    file,
    `is known as ${handle}`,
    "fetched from its id, proven by WebFinger, stored clean",
    async (stage, payload) => {
      const [username, host] = handle.split("@") as [string, string];
      stage.network.document(payload);
      stage.network.webfinger("https:", username, host, payload.id);
      const known = await resolveActor(stage.site.site, payload.id);
      assert.equal(known.handle, handle.toLowerCase());
      assert.equal(known.username, username);
      assert.equal(known.uri, payload.id);
      assert.equal(known.inbox, payload.inbox);
      assert.doesNotMatch(JSON.stringify(known), /<script|javascript:/i);
      more(known);
    },
  );

const ignored = (file: string, outcome: RegExp, why: string): Row =>
  row(file, `is acknowledged and ignored (${outcome.source})`, why, async (stage, payload) => {
    stage.actor(payload.actor);
    await stage.send(payload);
    assert.equal(stage.answer.status, 202, stage.answer.body);
    assert.equal(stage.row?.state, "ignored", stage.row?.outcome);
    assert.match(stage.row.outcome ?? "", outcome);
  });

const refused = (file: string, status: number, reason: string, why: string): Row =>
  row(file, `is refused: ${reason}`, why, async (stage, payload) => {
    stage.actor(payload.actor);
    await stage.send(payload);
    assert.equal(stage.answer.status, status);
    assert.equal(stage.answer.json?.reason, reason);
    assert.equal(stage.row, null);
  });

/** `what`: Accept or Reject of a Follow that our account has sent, under the id that the payload gives it. */
const answered = (file: string, what: "accepted" | "rejected"): Row =>
  row(file, `our Follow is ${what}`, "matched by the Follow inside", async (stage, payload) => {
    const { models } = stage.site.site;
    stage.actor(payload.actor);
    await stage.accountNamed(payload.object.actor);
    const ours = await stage.site.account("blog");
    await followActor(stage.site.site, ours, await resolveActor(stage.site.site, payload.actor));
    await models.follows.updateOne({ follower: ours._id }, { $set: { uri: payload.object.id } });
    await stage.send(payload);
    assert.equal(stage.row?.outcome, `${what} our Follow`);
    const follow = await models.follows.findOne({ follower: ours._id }).lean();
    assert.equal(follow?.state, what === "accepted" ? "accepted" : undefined);
  });

const follow = (file: string, why: string): Row =>
  row(file, "makes a follower, who gets an Accept", why, async (stage, payload) => {
    stage.actor(payload.actor);
    await stage.accountNamed(payload.object);
    await stage.send(payload);
    assert.equal(stage.row?.state ?? "done", "done", stage.row?.outcome);
    assert.deepEqual(await stage.followers(), [payload.actor]);
    const [accept] = await stage.site.site.models.activities.find({ type: "Accept" }).lean();
    const body = JSON.parse(accept?.body ?? "{}") as Json;
    assert.equal(body.object.object, payload.object);
    assert.equal(body.object.actor, payload.actor);
    if (payload.id !== undefined) assert.equal(body.object.id, payload.id);
  });

/** `of` is the file of the Follow that is undone, or the Follow itself. */
const unfollow = (file: string, of: (undo: Json) => Json, why: string): Row =>
  row(file, "takes the follower away", why, async (stage, payload) => {
    const before = of(payload);
    stage.actor(before.actor);
    await stage.accountNamed(before.object);
    await stage.send(before);
    assert.deepEqual(await stage.followers(), [payload.actor]);
    await stage.send(payload);
    assert.equal(stage.row?.outcome, "unfollowed");
    assert.deepEqual(await stage.followers(), []);
  });

/** A Create, its `inReplyTo` pointed at our page as the placeholder of two files is; nothing else is touched. */
const comment = (file: string, text: RegExp, why: string): Row =>
  row(file, `becomes a comment: ${text.source}`, why, async (stage, payload) => {
    const note = payload.object as Json;
    stage.actor(payload.actor);
    note.inReplyTo = OUR_PAGE;
    await stage.send(payload);
    assert.equal(stage.answer.status, 202, stage.answer.body);
    assert.equal(stage.row?.outcome, "became a comment");
    const { comments } = await commentsOf(stage.site.site, OUR_PAGE);
    assert.equal(comments.length, 1);
    assert.match(comments[0]?.text ?? "", text);
    assert.equal(comments[0]?.uri, note.id);
  });

/** A reply as it is, under a post of ours that has the name it answers. */
const reply = (file: string, text: RegExp, why: string): Row =>
  row(file, `becomes a comment under the post it answers: ${text.source}`, why, async (stage, payload) => {
    stage.actor(payload.actor);
    await stage.postNamed(payload.object.inReplyTo);
    await stage.send(payload);
    assert.equal(stage.row?.outcome, "became a comment");
    const { comments } = await commentsOf(stage.site.site, payload.object.inReplyTo);
    assert.match(comments[0]?.text ?? "", text);
  });

/** A bare Note: a Create names it by id only, so that it is fetched from its origin. */
const fetched = (file: string, text: RegExp, why: string): Row =>
  row(file, `becomes a comment, fetched by its id: ${text.source}`, why, async (stage, payload) => {
    const note = { ...payload, inReplyTo: OUR_PAGE };
    const author = payload.attributedTo ?? payload.actor;
    stage.actor(author);
    stage.network.document(note);
    await stage.send({
      id: `${payload.id}#create`,
      type: "Create",
      actor: author,
      object: payload.id,
      to: [PUBLIC],
    });
    assert.equal(stage.row?.outcome, "became a comment");
    const stored = await stage.comment(payload.id);
    assert.match(stored?.content ?? "", text);
    assert.doesNotMatch(stored?.content ?? "", /<script|onclick|javascript:/i);
  });

const reaction = (file: string, kind: "likes" | "boosts", why: string, emoji?: string): Row =>
  row(file, `counts among the ${kind} of the post`, why, async (stage, payload) => {
    const object = typeof payload.object === "string" ? payload.object : payload.object.id;
    stage.actor(payload.actor);
    await stage.postNamed(object);
    await stage.send(payload);
    assert.equal(stage.row?.state, "done", stage.row?.outcome);
    const reactions = await reactionsOf(stage.site.site, object);
    assert.equal(reactions[kind], 1);
    const [stored] = await stage.site.site.models.interactions.find({}).lean();
    assert.equal(stored?.uri, payload.id);
    assert.equal(stored?.emoji, emoji);
  });

const undoReaction = (file: string, kind: "likes" | "boosts", of: (undo: Json) => Json, why: string): Row =>
  row(file, `takes back one of the ${kind}`, why, async (stage, payload) => {
    const before = of(payload);
    stage.actor(payload.actor);
    await stage.postNamed(before.object);
    await stage.send(before);
    assert.equal((await reactionsOf(stage.site.site, before.object))[kind], 1, stage.row?.outcome);
    await stage.send(payload);
    assert.equal(stage.row?.state, "done", stage.row?.outcome);
    assert.equal((await reactionsOf(stage.site.site, before.object))[kind], 0);
  });

const deletion = (file: string, why: string): Row =>
  row(file, "empties the comment", why, async (stage, payload) => {
    const id = typeof payload.object === "string" ? payload.object : payload.object.id;
    stage.actor(payload.actor);
    await stage.commentNamed(id, payload.actor);
    await stage.send(payload);
    assert.equal(stage.row?.outcome, "was deleted");
    const stored = await stage.comment(id);
    assert.notEqual(stored?.deletedAt, undefined);
    assert.equal(stored?.content, "");
  });

const edit = (file: string, text: RegExp, why: string): Row =>
  row(file, `changes the comment: ${text.source}`, why, async (stage, payload) => {
    stage.actor(payload.actor);
    await stage.commentNamed(payload.object.id, payload.actor);
    await stage.send(payload);
    assert.equal(stage.row?.outcome, "was edited");
    assert.match((await stage.comment(payload.object.id))?.content ?? "", text);
  });

const profile = (file: string, name: string, why: string): Row =>
  row(file, `brings the profile up to date: ${name}`, why, async (stage, payload) => {
    stage.actor(payload.actor, { name: "before" });
    await resolveActor(stage.site.site, payload.actor);
    stage.actor(payload.actor, payload.object);
    await stage.send(payload);
    assert.equal(stage.row?.outcome, "profile was read again");
    assert.equal((await findActor(stage.site.site, payload.actor))?.name, name);
  });

const jrd = (file: string, account: string, actorUri: string): Row =>
  row(
    file,
    `leads to ${actorUri}`,
    "links are picked by rel and type, not by place",
    async (_stage, payload) => {
      const [username, host] = account.split("@") as [string, string];
      const answer = readJrd(payload, { username, host });
      assert.deepEqual(answer.subject, { username, host });
      assert.ok(
        answer.actors.some((found) => found.uri === actorUri),
        JSON.stringify(answer.actors),
      );
    },
  );

const inner = (undo: Json): Json => undo.object as Json;
const file = (path: string) => (): Json => fixtureJson<Json>(path);

const TABLE: Row[] = [
  actor("mastodon/actor-person.json", "Gargron@mastodon.social", (known) => {
    assert.equal(known.name, "Eugen Rochko");
    assert.ok(known.fields.length > 0);
  }),
  actor("mastodon/actor-service.json", "fediverse@mastodont.cat", (known) =>
    assert.equal(known.type, "Service"),
  ),
  jrd("mastodon/webfinger.json", "Gargron@mastodon.social", "https://mastodon.social/users/Gargron"),
  follow("mastodon/follow-activity.json", "answered at once, with the whole Follow inside"),
  unfollow(
    "mastodon/unfollow-activity.json",
    file("mastodon/follow-activity.json"),
    "embedded; matched by id and by whom",
  ),
  answered("mastodon/accept-activity.json", "accepted"),
  answered("mastodon/reject-activity.json", "rejected"),
  ignored("mastodon/block-activity.json", /block/, "noted for the owner"),
  ignored("mastodon/unblock-activity.json", /block/i, "nobody here was blocked before"),
  ignored("mastodon/doc-move.json", /moves|nobody known/, "nobody here follows the account that moves"),
  ignored("mastodon/flag.json", /report/, "noted for the owner, never shown"),
  ignored("mastodon/flag-report-2024.json", /report/, "signed by the server's own anonymous actor"),
  reaction("mastodon/like.json", "likes", "an id with a fragment is an id"),
  undoReaction("mastodon/undo-like.json", "likes", file("mastodon/like.json"), "embedded"),
  undoReaction(
    "mastodon/undo-like-compact-object.json",
    "likes",
    file("mastodon/like.json"),
    "the bare id of the Like",
  ),
  reaction("mastodon/announce.json", "boosts", "the object is a bare id"),
  reaction("mastodon/announce-private.json", "boosts", "the object is embedded, addressed to followers only"),
  undoReaction(
    "mastodon/undo-announce.json",
    "boosts",
    file("mastodon/announce.json"),
    "embedded, Public spelt with http",
  ),
  comment("mastodon/create-note-2024.json", /sent from mastodon/, "with replies collection and LD signature"),
  comment("mastodon/create-with-attachment.json", /media/, "with a picture"),
  comment("mastodon/post-activity.json", /@lain/, "with a mention"),
  comment("mastodon/post-activity-nsfw.json", /@lain/, "sensitive"),
  comment("mastodon/post-activity-contentmap.json", /@lain/, "only contentMap has the text"),
  comment("mastodon/question-activity.json", /corndog/, "a poll is a post too"),
  ignored("mastodon/vote.json", /vote|answers nothing/, "a vote, in no poll of ours"),
  fetched("mastodon/note-image-2024.json", /kde/, "with a picture and a Lemmy group in its audience"),
  fetched("mastodon/note-language.json", /tag/, "with a contentMap"),
  row(
    "mastodon/private-message.json",
    "is kept and never shown",
    "addressed to actors only",
    async (stage, payload) => {
      stage.actor(payload.attributedTo);
      stage.network.document({ ...payload, inReplyTo: OUR_PAGE });
      await stage.send({
        id: `${payload.id}#c`,
        type: "Create",
        actor: payload.attributedTo,
        object: payload.id,
      });
      const page = await commentsOf(stage.site.site, OUR_PAGE);
      assert.equal(page.total, 0);
      assert.deepEqual(page.comments, []);
    },
  ),
  edit("mastodon/update-note-2024.json", /and then edited/, "its updated is later than what is known"),
  profile("mastodon/update.json", "gargle", "read again at its origin, not taken from the activity"),
  profile("mastodon/update-person-2026.json", "Colorblind Cowboy", "read again at its origin"),
  deletion("mastodon/delete.json", "a Tombstone"),
  deletion("mastodon/delete-2022.json", "a Tombstone with LD signature"),
  row(
    "mastodon/delete-user.json",
    "erases what the actor left here",
    "the object is the actor itself",
    async (stage, payload) => {
      stage.actor(payload.actor);
      await stage.commentNamed("http://mastodon.example.org/users/admin/statuses/1", payload.actor);
      await stage.send(payload);
      assert.equal(stage.row?.outcome, "actor was deleted");
      assert.equal((await commentsOf(stage.site.site, OUR_PAGE)).total, 0);
      assert.notEqual((await findActor(stage.site.site, payload.actor))?.goneAt, undefined);
    },
  ),

  actor("pleroma/actor-person.json", "karolat@stereophonic.space"),
  actor("pleroma/actor-helene.json", "helene@p.helene.moe"),
  jrd("pleroma/webfinger.json", "karolat@stereophonic.space", "https://stereophonic.space/users/karolat"),
  follow("pleroma/lemmy-follow.json", "answered at once"),
  follow("pleroma/relay-follow.json", "a relay client is a follower like any other"),
  comment(
    "pleroma/create-reply-edited-2026.json",
    /Lorem ipsum/,
    "our page stands for the placeholder; former revisions beside it",
  ),
  reply("pleroma/create-reply-to-misskey-thread.json", /\S/, "Public in cc: unlisted, and shown"),
  reply("pleroma/lemmy-create_note.json", /\S/, "answers a post with a group in its audience"),
  fetched("pleroma/note-helene.json", /\S/, "the same note, by its id"),
  fetched("pleroma/doc-note-akkoma.json", /Look at that/, "a quote, with its source beside it"),
  fetched("pleroma/poll-attachment.json", /can you vote/, "a poll with a picture"),
  fetched("pleroma/poll-original.json", /can you vote/, "a poll"),
  row(
    "pleroma/poll-modified.json",
    "changes no comment",
    "an Update that brings new counts and the same words",
    async (stage, payload) => {
      const original = fixtureJson<Json>("pleroma/poll-original.json");
      stage.actor(payload.actor);
      stage.network.document({ ...original, inReplyTo: OUR_PAGE });
      await stage.send({
        id: `${payload.id}#c`,
        type: "Create",
        actor: payload.actor,
        object: payload.id,
        to: [PUBLIC],
      });
      const before = await stage.comment(payload.id);
      assert.notEqual(before, null);
      await stage.send({
        id: `${payload.id}#u`,
        type: "Update",
        actor: payload.actor,
        object: { ...payload, inReplyTo: OUR_PAGE },
      });
      const after = await stage.comment(payload.id);
      assert.equal(after?.content, before?.content);
      assert.equal(after?.updatedAt, undefined, "nobody is told of an edit");
    },
  ),
  fetched("pleroma/quoted-status.json", /^$/, "no words at all, and still a post"),
  ignored("pleroma/create-chat-message.json", /not-a-post/, "a private chat is no comment"),
  row(
    "pleroma/lemmy-chat_message.json",
    "is ignored",
    "a private chat is no comment",
    async (stage, payload) => {
      stage.actor(payload.attributedTo);
      await stage.send({
        id: `${payload.id}#c`,
        type: "Create",
        actor: payload.attributedTo,
        object: payload,
      });
      assert.match(stage.row?.outcome ?? "", /not-a-post/);
    },
  ),
  reaction("pleroma/announce.json", "boosts", "Public stands in cc"),
  reaction("pleroma/emoji-reaction.json", "likes", "a reaction is a like with an emoji", "👌"),
  reaction("pleroma/doc-emojireact-unicode.json", "likes", "a reaction is a like with an emoji", "🧡"),
  reaction(
    "pleroma/doc-emojireact-custom.json",
    "likes",
    "a custom emoji, whose picture comes along",
    ":mouse:",
  ),
  undoReaction(
    "pleroma/doc-undo-emojireact.json",
    "likes",
    file("pleroma/doc-emojireact-unicode.json"),
    "the bare id of the reaction",
  ),
  row(
    "pleroma/emoji-reaction-too-long.json",
    "must not become a reaction",
    "two emoji",
    async (stage, payload) => {
      stage.actor(payload.actor);
      await stage.postNamed(payload.object);
      await stage.send(payload);
      assert.match(stage.row?.outcome ?? "", /nothing that is an emoji/);
      assert.equal((await reactionsOf(stage.site.site, payload.object)).likes, 0);
    },
  ),
  row(
    "pleroma/emoji-reaction-no-emoji.json",
    "must not become a reaction",
    "a tilde",
    async (stage, payload) => {
      stage.actor(payload.actor);
      await stage.postNamed(payload.object);
      await stage.send(payload);
      assert.match(stage.row?.outcome ?? "", /nothing that is an emoji/);
      assert.equal((await reactionsOf(stage.site.site, payload.object)).likes, 0);
    },
  ),
  deletion("pleroma/lemmy-delete.json", "a bare id"),

  actor("pixelfed/actor-person-real.json", "dansup@pixelfed.social"),
  actor("pixelfed/actor_object.json", "dansup@example.org"),
  jrd("pixelfed/webfinger.json", "dansup@pixelfed.social", "https://pixelfed.social/users/dansup"),
  follow("pixelfed/follow.json", "a Follow without an id gets one from its words"),
  unfollow("pixelfed/undo_follow.json", inner, "embedded"),
  answered("pixelfed/accept_follow.json", "accepted"),
  ignored("pixelfed/add_story.json", /not understood/, "stories are nothing for a blog"),
  reaction("pixelfed/like.json", "likes", "an id with a fragment"),
  undoReaction("pixelfed/undo_like.json", "likes", inner, "embedded"),
  reaction("pixelfed/announce.json", "boosts", "a date with +0000"),
  undoReaction("pixelfed/undo_announce.json", "boosts", inner, "embedded"),
  comment("pixelfed/create_note.json", /Hello Fediverse/, "a picture with a text"),
  comment("pixelfed/create-note-real.json", /Extra colours/, "a picture that answers"),
  fetched("pixelfed/note-real-2018.json", /first IG post/, "of 2018"),
  edit("pixelfed/update_note.json", /testing post editing/, "its updated is later than what is known"),
  deletion("pixelfed/delete_note.json", "a Tombstone"),

  actor("misskey/actor-person.json", "syuilo@misskey.io"),
  actor("misskey/aimu-at-misskey.io.json", "aimu@misskey.io"),
  actor("misskey/user.json", "mkljczk@misskey.io", (known) => assert.equal(known.name, "")),
  jrd("misskey/webfinger.json", "syuilo@misskey.io", "https://misskey.io/users/7rkrarq81i"),
  unfollow("misskey/undo-follow.json", inner, "embedded, the actor's id is not its name"),
  answered("misskey/reject-follow.json", "rejected"),
  reaction("misskey/custom-emoji-reaction.json", "likes", "a Like with an emoji", ":hanapog:"),
  refused(
    "misskey/like.json",
    400,
    "actor-on-another-host",
    "the file's id is of another host than its actor: nobody may mint those",
  ),
  row(
    "misskey/like.json",
    "counts among the likes once its id is its actor's own",
    "an old reaction by name is a plain like",
    async (stage, payload) => {
      stage.actor(payload.actor);
      await stage.postNamed(payload.object);
      await stage.send({ ...payload, id: "http://mastodon.example.org/likes/75149198" });
      assert.equal(stage.row?.outcome, "liked");
      assert.equal((await reactionsOf(stage.site.site, payload.object)).likes, 1);
    },
  ),
  comment("misskey/mk.absturztau.be-93e7nm8wqg-activity.json", /meow/, "simplified HTML is what is shown"),
  fetched("misskey/note-mfm-x.json", /this does not get replaced/, "MFM in its source is not looked at"),
  fetched("misskey/note-quote-akkoma.json", /quompt/, "a quote"),
  fetched("misskey/quote_post.json", /Fanbox/, "a quote"),
  fetched("misskey/poll_no_end_date.json", /How ar/, "a poll without an end"),
  deletion("misskey/delete.json", "a Tombstone"),

  actor("peertube/actor-framasoft.json", "framasoft@framatube.org"),
  actor("peertube/actor-person.json", "createurs@peertube.stream"),
  actor("peertube/actor-videochannel.json", "fediforum_demos@spectra.video", (known) =>
    assert.equal(known.type, "Group"),
  ),
  actor("peertube/lemmy-group.json", "thelinuxexperiment_channel@tilvids.com"),
  jrd("peertube/webfinger.json", "framasoft@framatube.org", "https://framatube.org/accounts/framasoft"),
  fetched("peertube/lemmy-note.json", /idk/, "Markdown or not: through the one sanitiser"),
  reaction("peertube/lemmy-announce_video.json", "boosts", "the channel announces; the object is a bare id"),
  reaction("peertube/announce-without-context.json", "boosts", "no @context: nothing of it is needed"),
  ignored("peertube/create-video-framatube.json", /answers nothing/, "a video is no comment"),
  row("peertube/lemmy-video.json", "is fetched and ignored", "a video answers nothing", videoRow),
  row("peertube/video-gts.json", "is fetched and ignored", "a video answers nothing", videoRow),
  row("peertube/video-peertube-social.json", "is fetched and ignored", "a video answers nothing", videoRow),

  actor("plume/actor-actapopuli.json", "actapopuli@fediverse.blog", (known) =>
    assert.ok(known.uri.endsWith("/")),
  ),
  actor("plume/actor-baptiste.json", "BaptisteGelez@baptiste.gelez.xyz"),
  actor("plume/group-blog.json", "Plume01 Blog 2@plume01.localhost", (known) =>
    assert.equal(known.uri, "https://plume01.localhost/~/Plume01%20Blog%202/"),
  ),
  jrd("plume/webfinger.json", "actapopuli@fediverse.blog", "https://fediverse.blog/@/actapopuli/"),
  follow("plume/follow.json", "Public in cc, ids that end in a slash"),
  unfollow("plume/undo-follow.json", file("plume/follow.json"), "the bare id of the Follow"),
  refused(
    "plume/accept-follow.json",
    400,
    "actor-on-another-host",
    "the file's id is of a test host, its actor's is not",
  ),
  reaction("plume/like.json", "likes", "an id with a whole URL inside; the post named by its page"),
  reaction("plume/announce.json", "boosts", "an id with a whole URL inside; the post named by its page"),
  reply("plume/create-comment.json", /My comment/, "answers the page, for Plume keeps a post under its url"),
  ignored("plume/create-article.json", /answers nothing/, "another blog's article is no comment"),
  ignored("plume/update-article.json", /is none of what is here/, "of an article that is not here"),
  row(
    "plume/article-this-month-in-plume.json",
    "is fetched and ignored",
    "another blog's article is no comment",
    async (stage, payload) => {
      const [author] = payload.attributedTo as string[];
      stage.actor(String(author));
      stage.network.document(payload);
      await stage.send({ id: `${payload.id}#c`, type: "Create", actor: author, object: payload.id });
      assert.match(stage.row?.outcome ?? "", /answers nothing/);
    },
  ),
  deletion("plume/delete-article.json", "a Tombstone"),
];

async function videoRow(stage: Stage, payload: Json): Promise<void> {
  const named = [payload.attributedTo ?? []].flat() as Json[];
  const person = named.find((one) => one.type === "Person") ?? {
    id: new URL("/accounts/someone", payload.id).href,
  };
  const author = String(person.id);
  stage.actor(author);
  stage.network.document(payload);
  await stage.send({ id: `${payload.id}#c`, type: "Create", actor: author, object: payload.id });
  assert.equal(stage.row?.state, "ignored", stage.row?.outcome);
}

/** Files of the six systems that no inbox and no fetcher of ours reads. */
const NOT_READ = [
  "mastodon/collection-featured.json",
  "mastodon/collection-followers-page.json",
  "mastodon/collection-replies.json",
  "mastodon/doc-note-attachment-focal.json",
  "mastodon/nodeinfo20.json",
  "mastodon/well-known-nodeinfo.json",
  "pixelfed/followers_collection.json",
  "pixelfed/outbox_collection.json",
];

describe("payloads of other servers, through the real door and the real fetcher", function () {
  this.timeout(60_000);
  if (!haveFixtures) {
    it("are passed over: there is no folder ../shared/fixtures beside this repository");
    return;
  }

  it("are all in the table", () => {
    const files = SYSTEMS.flatMap((system) =>
      readdirSync(`${fixtures}${system}`).map((name) => `${system}/${name}`),
    );
    const known = new Set([...TABLE.map((one) => one.file), ...NOT_READ]);
    assert.deepEqual(
      files.filter((name) => !known.has(name)),
      [],
    );
  });

  for (const one of TABLE) {
    it(`${one.file} ${one.effect} – ${one.why}`, async () => {
      const stage = new Stage();
      await stage.build();
      try {
        await one.run(stage, fixtureJson(one.file));
      } finally {
        await stage.site.close();
      }
    });
  }
});
