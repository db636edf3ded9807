import assert from "node:assert/strict";
import { connect } from "node:net";
import express from "express";
import type { ActorRow } from "../../../src/database/rows.ts";
import { findActor } from "../../../src/remote/actors.ts";
import { startRemote, type Character, type FakeRemote, type SendOptions } from "../../support/fake-remote.ts";
import { makeInboxSite, type InboxSite } from "../../support/inbox-site.ts";
import { keyPairFor } from "../../support/remote-keys.ts";
import type { Answer } from "../../support/signed-post.ts";
import { TestClock } from "../../support/test-clock.ts";

const MINUTE = 60_000;

describe("the door of the inbox", () => {
  let site: InboxSite;
  let remote: FakeRemote;
  let other: FakeRemote;
  let clock: TestClock;
  let alice: Character;
  let blog: ActorRow;

  before(async () => {
    remote = await startRemote({ host: "127.0.0.2" });
    other = await startRemote({ host: "127.0.0.3" });
  });
  after(async () => {
    await remote.close();
    await other.close();
  });
  beforeEach(async () => {
    clock = new TestClock(new Date());
    site = await makeInboxSite({ clock, blockedHosts: ["127.0.0.9", "blocked.example"] });
    alice = remote.character(`alice${Math.random().toString(36).slice(2, 8)}`, "Person", "alice");
    blog = await site.account("blog");
  });
  afterEach(() => site.close());

  const like = (): Record<string, unknown> => alice.activity("Like", `${site.origin}/ap/posts/1`);
  const knock = (activity: unknown, options: SendOptions = {}, path = "/ap/inbox"): Promise<Answer> =>
    remote.send(alice, site.origin + path, activity, { date: clock.now(), ...options });
  const refuses = async (
    status: number,
    reason: string,
    activity: unknown,
    options: SendOptions = {},
    path = "/ap/inbox",
  ): Promise<Answer> => {
    const answer = await knock(activity, options, path);
    assert.equal(answer.json?.reason, reason, answer.body);
    assert.equal(answer.status, status);
    assert.equal(typeof answer.json.error, "string");
    assert.equal(await site.site.models.inbound.countDocuments({}), 0);
    assert.equal(site.reasons().at(-1), reason);
    return answer;
  };

  describe("lets in", () => {
    it("a signed activity: stored before it is acknowledged, and the worker woken", async () => {
      const activity = like();
      const answer = await knock(activity);
      assert.equal(answer.status, 202, answer.body);
      assert.equal(answer.body, "");
      const row = await site.inbound(activity.id);
      assert.equal(row?.state, "pending");
      assert.equal(row.actor, alice.uri);
      assert.deepEqual(row.recipients, []);
      assert.deepEqual(JSON.parse(row.body), activity);
      assert.deepEqual(site.woken, ["inbox"]);
    });

    it("one at a personal inbox, and remembers whose", async () => {
      const activity = like();
      assert.equal((await knock(activity, {}, "/ap/accounts/BLOG/inbox")).status, 202);
      assert.deepEqual((await site.inbound(activity.id))?.recipients, ["blog"]);
    });

    it("one signed by RFC 9421", async () => {
      assert.equal((await knock(like(), { scheme: "rfc9421" })).status, 202);
    });

    it("one signed as hs2019 with (created) and (expires), as GoToSocial and others do", async () => {
      const created = Math.floor(clock.now().getTime() / 1000);
      const signed = ["(request-target)", "(created)", "(expires)", "host", "digest"];
      const answer = await knock(like(), { algorithm: "hs2019", created, expires: created + 60, signed });
      assert.equal(answer.status, 202, answer.body);
    });

    it("one that names no algorithm", async () => {
      assert.equal((await knock(like(), { algorithm: null })).status, 202);
    });

    it("both media types, with and without parameters", async () => {
      const types = [
        "application/activity+json; charset=utf-8",
        'application/ld+json; profile="https://www.w3.org/ns/activitystreams"',
        "application/ld+json",
        "Application/Activity+JSON",
      ];
      for (const contentType of types)
        assert.equal((await knock(like(), { contentType })).status, 202, contentType);
    });

    it("one behind a proxy that rewrites Host and passes the name on", async () => {
      const host = new URL(site.origin).host;
      const answer = await knock(like(), { headers: { host: "10.0.0.5:3000", "x-forwarded-host": host } });
      assert.equal(answer.status, 202, answer.body);
    });

    it("the byte order mark and the escapes of Rails, since the digest is of the bytes", async () => {
      const text = JSON.stringify({ ...like(), content: "<b>" }).replaceAll("<", "\\u003c");
      assert.equal((await knock(Buffer.from(text))).status, 202);
    });

    it("a thousand and more from one host without fetching its keys again", async () => {
      for (let count = 0; count < 5; count += 1) await knock(like());
      assert.equal(remote.count(`/users/${alice.name}`), 1);
    });

    it("a body that the platform has read and kept as rawBody", async () => {
      const kept = await makeInboxSite({
        clock,
        before: [
          express.json({
            type: () => true,
            verify: (request, _response, raw) => Object.assign(request, { rawBody: raw }),
          }),
        ],
      });
      const activity = alice.activity("Like", "https://x.example/1");
      const answer = await remote.send(alice, `${kept.origin}/ap/inbox`, activity, { date: clock.now() });
      assert.equal(answer.status, 202, answer.body);
      await kept.close();
    });
  });

  describe("refuses with the reason", () => {
    it("a media type of something else", async () => {
      for (const contentType of ["application/json", "text/plain", 'application/ld+json; profile="x"', ""])
        await refuses(415, "media-type", like(), { contentType });
    });

    it("a compressed body", () =>
      refuses(415, "content-encoding", like(), { headers: { "content-encoding": "gzip" } }));

    it("what is no JSON, no object, too deep, or not UTF-8", async () => {
      await refuses(400, "not-json", Buffer.from("{"));
      await refuses(400, "not-an-object", Buffer.from("[1]"));
      await refuses(400, "not-utf8", Buffer.from([0x7b, 0xff, 0x7d]));
      await refuses(400, "too-deep", Buffer.from(`{"a":${"[".repeat(100_000)}`));
    });

    it("what is no activity", async () => {
      await refuses(400, "no-type", { id: `${alice.uri}/1`, actor: alice.uri });
      await refuses(400, "no-actor", {
        id: `${alice.uri}/1`,
        type: "Like",
        actor: 7,
        object: "https://x.example/",
      });
      await refuses(400, "no-object", { id: `${alice.uri}/1`, type: "Like", actor: alice.uri });
    });

    it("an id of another host, before anything is fetched", async () => {
      const seen = remote.requests.length;
      await refuses(400, "actor-on-another-host", { ...like(), id: "https://victim.example/1" });
      assert.equal(remote.requests.length, seen);
    });

    it("an id longer than a key may be", () =>
      refuses(400, "id-too-long", { ...like(), id: `${alice.uri}/${"x".repeat(1600)}` }));

    it("an actor who lives here", () =>
      refuses(
        403,
        "own-actor",
        { ...like(), id: `${blog.uri}#1`, actor: blog.uri },
        { keyId: `${blog.uri}#main-key` },
      ));

    it("a blocked host and its subdomains, before anything is fetched", async () => {
      for (const host of ["127.0.0.9:1", "blocked.example", "a.blocked.example"]) {
        const actor = `http://${host}/users/mallory`;
        await refuses(403, "blocked", {
          id: `${actor}/1`,
          type: "Like",
          actor,
          object: "https://x.example/1",
        });
      }
      const near = {
        id: "http://notblocked.example/1",
        type: "Like",
        actor: "http://notblocked.example/u",
        object: "x",
      };
      await refuses(401, "no-signature", near, { unsigned: true });
    });

    it("no signature", () => refuses(401, "no-signature", like(), { unsigned: true }));

    it("a signature header that cannot be read", () =>
      refuses(401, "malformed", like(), { headers: { signature: 'keyId="a' } }));

    it("a body changed after it was signed", async () => {
      const activity = like();
      const bodyAfterSigning = JSON.stringify({ ...activity, object: "https://else.example/" });
      await refuses(401, "digest-mismatch", activity, { bodyAfterSigning });
    });

    it("a body without a digest", () =>
      refuses(401, "digest-missing", like(), { digest: null, signed: ["(request-target)", "host", "date"] }));

    it("a digest that is not signed", () =>
      refuses(401, "weak", like(), { signed: ["(request-target)", "host", "date"] }));

    it("a target that is not signed, and a host that is not", async () => {
      await refuses(401, "weak", like(), { signed: ["host", "date", "digest"] });
      await refuses(401, "weak", like(), { signed: ["(request-target)", "date", "digest"] });
    });

    it("a signature made for another path of ours", () =>
      refuses(401, "bad-signature", like(), { target: "/ap/else" }));

    it("a request made for another site, replayed here", () =>
      refuses(401, "wrong-host", like(), { host: "other.example" }));

    it("a request made for another site, with a forged X-Forwarded-Host", () => {
      const host = new URL(site.origin).host;
      return refuses(401, "bad-signature", like(), {
        host: "other.example",
        headers: { "x-forwarded-host": host },
      });
    });

    it("a date more than an hour off, to both sides", async () => {
      await refuses(401, "clock-skew", like(), { date: new Date(clock.now().getTime() - 61 * MINUTE) });
      await refuses(401, "clock-skew", like(), { date: new Date(clock.now().getTime() + 61 * MINUTE) });
    });

    it("a signature that has expired", () => {
      const created = Math.floor(clock.now().getTime() / 1000) - 1200;
      const signed = ["(request-target)", "(created)", "(expires)", "host", "digest"];
      return refuses(401, "expired", like(), {
        algorithm: "hs2019",
        created,
        expires: created + 300,
        signed,
      });
    });

    it("another key's signature under her key id, after one look at her home", async () => {
      await refuses(401, "bad-signature", like(), { privatePem: keyPairFor("mallory").privatePem });
      assert.equal(remote.count(`/users/${alice.name}`), 2);
      await refuses(401, "bad-signature", like(), { privatePem: keyPairFor("mallory").privatePem });
      assert.equal(remote.count(`/users/${alice.name}`), 2, "not again within ten minutes");
    });

    it("an actor other than the key's owner, on the same host", async () => {
      const bob = remote.character("bob");
      await refuses(403, "actor-not-key-owner", { ...like(), id: `${bob.uri}/1`, actor: bob.uri });
    });

    it("a key of another host than the actor's, before anything is fetched", async () => {
      const mallory = other.character("mallory");
      const seen = [remote.requests.length, other.requests.length];
      await refuses(403, "actor-not-key-owner", like(), {
        keyId: mallory.keyId,
        privatePem: mallory.keys.privatePem,
      });
      assert.deepEqual([remote.requests.length, other.requests.length], seen);
    });

    it("a key that its actor does not list", () =>
      refuses(403, "key-not-owned", like(), { keyId: `${alice.uri}#spare-key` }));

    it("a key that is not there, gone, or out of reach", async () => {
      const at = (path: string): SendOptions => ({ keyId: `${remote.origin}${path}#main-key` });
      const says = (path: string): Record<string, unknown> => ({
        ...like(),
        id: `${remote.origin}${path}/1`,
        actor: `${remote.origin}${path}`,
      });
      await refuses(401, "key-missing", says("/nobody"), at("/nobody"));
      remote.serve("/gone", { status: 410 });
      await refuses(401, "key-gone", says("/gone"), at("/gone"));
      remote.serve("/broken", { status: 500 });
      await refuses(401, "key-unreachable", says("/broken"), at("/broken"));
      remote.serve("/upload.txt", {
        body: { id: `${remote.origin}/upload.txt` },
        contentType: "application/json",
      });
      await refuses(401, "key-malformed", says("/upload.txt"), at("/upload.txt"));
    });

    it("a stranger's inbox, once the sender is proven", async () => {
      await refuses(404, "no-such-account", like(), {}, "/ap/accounts/nobody/inbox");
      await refuses(401, "no-signature", like(), { unsigned: true }, "/ap/accounts/nobody/inbox");
      await refuses(404, "no-such-account", like(), {}, "/ap/accounts/*site/inbox");
    });

    it("the inbox of an account that is gone", async () => {
      await site.site.models.actors.updateOne({ localName: "blog" }, { $set: { goneAt: clock.now() } });
      await refuses(410, "account-gone", like(), {}, "/ap/accounts/blog/inbox");
    });

    it("every refusal of a signature says what would be taken", async () => {
      const answer = await refuses(401, "no-signature", like(), { unsigned: true });
      assert.match(String(answer.headers["www-authenticate"]), /^Signature /);
    });

    it("anything but POST", async () => {
      for (const path of ["/ap/inbox", "/ap/accounts/blog/inbox"]) {
        const answer = await fetch(site.origin + path);
        assert.equal(answer.status, 405);
        assert.equal(answer.headers.get("allow"), "POST");
      }
    });
  });

  describe("counts bytes", () => {
    it("refuses a body over one MiB, with the length told and in chunks", async () => {
      const big = Buffer.alloc(1024 * 1024 + 1, 0x20);
      await refuses(413, "too-large", big);
      const answer = await raw(site.origin, [
        "POST /ap/inbox HTTP/1.1\r\nHost: x\r\nContent-Type: application/activity+json\r\nTransfer-Encoding: chunked\r\n\r\n",
        `${big.length.toString(16)}\r\n${big.toString()}\r\n0\r\n\r\n`,
      ]);
      assert.match(answer, /^HTTP\/1.1 413 /);
      assert.match(answer, /connection: close/i);
    });

    it("takes one of exactly one MiB", async () => {
      const activity = JSON.stringify(like());
      const body = activity + " ".repeat(1024 * 1024 - activity.length);
      assert.equal((await knock(Buffer.from(body))).status, 202);
    });

    it("does not wait for the bytes that a Content-Length promises in excess", async () => {
      const answer = await raw(site.origin, [
        "POST /ap/inbox HTTP/1.1\r\nHost: x\r\nContent-Type: application/activity+json\r\nContent-Length: 100\r\n\r\n{}",
        null,
      ]);
      assert.doesNotMatch(answer, /^HTTP\/1.1 2/, "the client hung up in the middle: nothing was taken");
      assert.equal((await knock(like())).status, 202, "and the next one is served");
    });
  });

  describe("behind a body parser that has eaten the body", () => {
    it("answers 500 with how to mend it, and logs it once", async () => {
      const eaten = await makeInboxSite({ clock, before: [express.json({ type: () => true })] });
      for (let count = 0; count < 3; count += 1) {
        const answer = await remote.send(alice, `${eaten.origin}/ap/inbox`, like(), { date: clock.now() });
        assert.equal(answer.status, 500);
        assert.equal(answer.json?.reason, "body-eaten");
        assert.match(String(answer.json.error), /mounting fediverse\(\) before the body parser/);
      }
      assert.equal(eaten.log.filter((line) => line.level === "error").length, 1);
      await eaten.close();
    });

    it("is not disturbed by a parser that lets our media types pass", async () => {
      const near = await makeInboxSite({
        clock,
        before: [express.json(), express.urlencoded({ extended: true })],
      });
      const answer = await remote.send(alice, `${near.origin}/ap/inbox`, like(), { date: clock.now() });
      assert.equal(answer.status, 202, answer.body);
      await near.close();
    });
  });

  describe("and keys that change", () => {
    it("takes a key that was changed under the same id, after one look", async () => {
      assert.equal((await knock(like())).status, 202);
      alice.rotateKey();
      assert.equal((await knock(like())).status, 202);
      assert.equal(remote.count(`/users/${alice.name}`), 2);
    });

    it("takes a new key under a new id", async () => {
      assert.equal((await knock(like())).status, 202);
      alice.rotateKey(`${alice.uri}#key-2`);
      assert.equal((await knock(like())).status, 202);
    });

    it("remembers the old key never", async () => {
      await knock(like());
      const old = alice.keys;
      alice.rotateKey();
      await knock(like());
      const answer = await knock(like(), { privatePem: old.privatePem });
      assert.equal(answer.json?.reason, "bad-signature");
    });
  });

  describe("and accounts that leave", () => {
    const leave = (): Record<string, unknown> => ({
      ...alice.activity("Delete", alice.uri),
      id: `${alice.uri}#delete`,
    });

    it("acknowledges a stranger's own Delete and forgets it: nothing fetched, nothing stored", async () => {
      alice.disappear();
      const seen = remote.requests.length;
      const answer = await knock(leave(), { unsigned: true });
      assert.equal(answer.status, 202);
      assert.equal(remote.requests.length, seen);
      assert.equal(await site.site.models.inbound.countDocuments({}), 0);
      assert.equal(site.reasons().at(-1), "stranger-left");
    });

    it("takes a known actor's own Delete on the word of its home, which answers 410", async () => {
      const follow = alice.activity("Follow", blog.uri);
      await knock(follow);
      await site.work();
      assert.notEqual(await findActor(site.site, alice.uri), null);
      alice.disappear();
      const answer = await knock(leave(), { keyId: `${alice.uri}#forgotten` });
      assert.equal(answer.status, 202, answer.body);
      await site.work();
      assert.notEqual((await findActor(site.site, alice.uri))?.goneAt, undefined);
    });

    it("does not take a known actor's own Delete while its home says otherwise", async () => {
      await knock(alice.activity("Follow", blog.uri));
      await site.work();
      const answer = await knock(leave(), { privatePem: keyPairFor("mallory").privatePem });
      assert.equal(answer.json?.reason, "bad-signature");
    });
  });

  describe("and copies", () => {
    it("stores the same activity once, and adds whose inbox it came to", async () => {
      const activity = like();
      const answers = await Promise.all([
        knock(activity),
        knock(activity, {}, "/ap/accounts/blog/inbox"),
        knock(activity),
      ]);
      assert.deepEqual(
        answers.map((answer) => answer.status),
        [202, 202, 202],
      );
      assert.equal(await site.site.models.inbound.countDocuments({}), 1);
      assert.deepEqual((await site.inbound(activity.id))?.recipients, ["blog"]);
    });

    it("never lets another actor of the same host write over an activity", async () => {
      const activity = like();
      await knock(activity);
      const bob = remote.character("bob");
      const stolen = { ...activity, actor: bob.uri, object: "https://else.example/" };
      const answer = await remote.send(bob, site.site.urls.inbox("blog"), stolen, { date: clock.now() });
      assert.equal(answer.status, 202);
      const row = await site.inbound(activity.id);
      assert.equal(row?.actor, alice.uri);
      assert.deepEqual(row.recipients, []);
      assert.deepEqual(JSON.parse(row.body), activity);
    });

    it("takes a Follow again under its old id, as Misskey sends it after an unfollow", async () => {
      const follow = {
        ...alice.activity("Follow", blog.uri),
        id: `${remote.origin}/follows/${alice.name}/blog`,
      };
      await knock(follow);
      await site.work();
      await knock(follow);
      assert.equal((await site.inbound(follow.id))?.state, "done", "a copy within minutes is a copy");
      clock.advance(5 * MINUTE);
      await knock(follow);
      assert.equal((await site.inbound(follow.id))?.state, "pending");
    });
  });

  describe("while the store is away", () => {
    /** Every insert of an inbound row fails while `work` runs. */
    async function withoutInserts<T>(error: Error, work: () => Promise<T>): Promise<T> {
      const { collection } = site.site.models.inbound;
      Object.defineProperty(collection, "insertOne", {
        configurable: true,
        value: () => Promise.reject(error),
      });
      try {
        return await work();
      } finally {
        Reflect.deleteProperty(collection, "insertOne");
      }
    }

    it("acknowledges nothing and asks to come again", async () => {
      const activity = like();
      assert.equal((await knock(like())).status, 202);
      const away = Object.assign(new Error("connection refused"), { name: "MongoServerSelectionError" });
      const answer = await withoutInserts(away, () => knock(activity));
      assert.equal(answer.status, 503);
      assert.equal(answer.json?.reason, "store-unavailable");
      assert.equal(answer.headers["retry-after"], "30");
      assert.equal(await site.inbound(activity.id), null);
      assert.equal((await knock(activity)).status, 202);
    });

    it("answers 500 for a mistake of ours, says nothing of it to strangers, and logs it", async () => {
      const answer = await withoutInserts(new Error("secret detail"), () => knock(like()));
      assert.equal(answer.status, 500);
      assert.doesNotMatch(answer.body, /secret/);
      assert.ok(
        site.log.some((line) => line.level === "error" && /secret detail/.test(String(line.fields.error))),
      );
    });
  });
});

/** Writes pieces to a socket as they are; null hangs up. Gives everything that came back. */
function raw(origin: string, pieces: (string | null)[]): Promise<string> {
  const { hostname, port } = new URL(origin);
  return new Promise((resolve, reject) => {
    const socket = connect(Number(port), hostname);
    let text = "";
    socket.on("data", (chunk: Buffer) => (text += chunk.toString("latin1")));
    socket.on("error", reject);
    socket.on("close", () => resolve(text));
    for (const piece of pieces) {
      if (piece === null) socket.end();
      else socket.write(piece);
    }
  });
}
