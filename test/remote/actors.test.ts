import assert from "node:assert/strict";
import { findActor, resolveActor, resolveHandle } from "../../src/remote/actors.ts";
import type { Site } from "../../src/site.ts";
import { startRemote, type Character, type FakeRemote } from "../support/fake-remote.ts";
import { makeSite, type HandMadeSite } from "../support/make-site.ts";
import { TestClock } from "../support/test-clock.ts";

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
const ACTIVITY_JSON = "application/activity+json";

describe("actors of other servers", () => {
  let made: HandMadeSite;
  let site: Site;
  let clock: TestClock;
  let remote: FakeRemote;
  let other: FakeRemote;
  let alice: Character;
  let seed = 0;

  before(async () => {
    remote = await startRemote({ host: "127.0.0.2" });
    other = await startRemote({ host: "127.0.0.3" });
  });
  after(async () => {
    await remote.close();
    await other.close();
  });
  beforeEach(async () => {
    seed += 1;
    clock = new TestClock(new Date());
    made = await makeSite({ clock, blockedHosts: ["127.0.0.9", "blocked.example"] });
    site = made.site;
    alice = remote.character(`alice${seed}`, "Person", "alice");
    remote.restore("/.well-known/webfinger");
    other.restore("/.well-known/webfinger");
  });
  afterEach(() => made.close());

  const fetches = (): number => remote.count(`/users/${alice.name}`);
  const fails = (uri: string, code: string): Promise<void> =>
    assert.rejects(resolveActor(site, uri), { code });

  describe("are read", () => {
    it("from their id, signed by the site's own actor, with ActivityPub asked for", async () => {
      const row = await resolveActor(site, alice.uri);
      assert.equal(row.uri, alice.uri);
      assert.equal(row.handle, alice.handle);
      assert.equal(row.local, false);
      assert.equal(row.inbox, alice.inbox);
      assert.equal(row.sharedInbox, remote.sharedInbox);
      const asked = remote.requests.find((request) => request.path === `/users/${alice.name}`);
      assert.match(String(asked?.headers.accept), /^application\/activity\+json/);
      assert.match(String(asked?.headers.signature), /keyId="https:\/\/blog\.example\/ap\/actor#main-key"/);
    });

    it("with every text made safe", async () => {
      alice.document = {
        ...alice.document,
        name: "<b>Al</b>ice &amp; co<script>x()</script>",
        summary: '<p onclick="x()">Hi <script>x()</script><a href="javascript:x()">me</a></p>',
        attachment: [
          {
            type: "PropertyValue",
            name: "<i>Web</i>",
            value: '<a href="https://a.example" onmouseover="x()">a</a>',
          },
        ],
      };
      const row = await resolveActor(site, alice.uri);
      assert.equal(row.name, "Alice & co");
      assert.doesNotMatch(row.summary + JSON.stringify(row.fields), /onclick|onmouseover|script/);
      assert.match(row.summary, /^<p>Hi /);
      assert.equal(row.fields[0]?.name, "Web");
      assert.match(row.fields[0].value, /href="https:\/\/a\.example"/);
    });

    it("once, however many ask at the same time", async () => {
      const rows = await Promise.all(Array.from({ length: 20 }, () => resolveActor(site, alice.uri)));
      assert.equal(new Set(rows.map((row) => row._id)).size, 1);
      assert.equal(fetches(), 1);
      assert.equal(await site.models.actors.countDocuments({ uri: alice.uri }), 1);
    });

    it("by the address of their page too, where it answers with the actor", async () => {
      remote.serve(`/@${alice.name}`, () => ({ body: alice.document }));
      assert.equal((await resolveActor(site, `${remote.origin}/@${alice.name}`)).uri, alice.uri);
    });

    it("without a question when they are ours", async () => {
      const blog = await made.account("blog");
      assert.equal((await resolveActor(site, blog.uri))._id, blog._id);
      await fails("https://blog.example/ap/accounts/nobody", "actor-missing");
    });
  });

  describe("are refused", () => {
    it("from a blocked host", async () => {
      await fails("https://blocked.example/users/x", "actor-blocked");
      await fails("https://sub.blocked.example:8443/users/x", "actor-blocked");
    });

    it("in any other media type, since uploads are served so", async () => {
      for (const contentType of ["application/json", "text/html", 'application/ld+json; profile="x"', ""]) {
        const path = `/upload${seed}`;
        remote.serve(path, { body: { ...alice.document, id: remote.origin + path }, contentType });
        clock.advance(11 * MINUTE);
        await fails(remote.origin + path, "actor-wrong-type");
      }
    });

    it("under another id than their address", async () => {
      const uri = other.serve(`/copy${seed}`, () => ({ body: alice.document }));
      await fails(uri, "actor-invalid");
    });

    it("behind a redirect to another host", async () => {
      const uri = other.redirect(`/away${seed}`, alice.uri);
      await assert.rejects(resolveActor(site, uri));
      assert.equal(fetches(), 0);
    });

    it("when they claim a key of another host or actor", async () => {
      const { publicKey } = alice.document as { publicKey: object };
      alice.document = {
        ...alice.document,
        publicKey: { ...publicKey, id: "https://victim.example/u#main-key" },
      };
      await fails(alice.uri, "actor-invalid");
    });

    it("when they are no actor, or have no inbox", async () => {
      await fails(
        remote.serve(`/n${seed}`, { body: { id: `${remote.origin}/n${seed}`, type: "Note" } }),
        "actor-invalid",
      );
      alice.document = { ...alice.document, inbox: undefined };
      await fails(alice.uri, "actor-invalid");
    });

    it("when their host has used up its fetches", async () => {
      for (let count = 0; count < 310; count += 1) {
        const uri = `${remote.origin}/flood/${seed}/${count}`;
        await assert.rejects(resolveActor(site, uri));
      }
      const seen = remote.requests.length;
      await fails(alice.uri, "actor-over-budget");
      assert.equal(remote.requests.length, seen);
      clock.advance(2 * MINUTE);
      assert.equal((await resolveActor(site, alice.uri)).uri, alice.uri);
    });
  });

  describe("are proven by WebFinger", () => {
    it("must be led back to", async () => {
      alice.jrd = { ...alice.jrd, links: [{ rel: "self", type: ACTIVITY_JSON, href: `${alice.uri}/` }] };
      await fails(alice.uri, "handle-unproven");
      assert.equal(await findActor(site, alice.uri), null);
    });

    it("must have one at all", async () => {
      remote.forget(alice.name);
      await fails(alice.uri, "webfinger-missing");
    });

    it("may spell their name with capitals here and without there", async () => {
      alice.jrd = { ...alice.jrd, subject: `acct:${alice.handle.toUpperCase()}` };
      const row = await resolveActor(site, alice.uri);
      assert.equal(row.handle, alice.handle);
      assert.equal(row.username, alice.name.toUpperCase());
    });

    it("may have a subject without a host, or none", async () => {
      alice.jrd = { ...alice.jrd, subject: alice.name };
      assert.equal((await resolveActor(site, alice.uri)).handle, alice.handle);
      const bob = remote.character(`bob${seed}`, "Person", "bob");
      bob.jrd = { links: bob.jrd.links };
      assert.equal((await resolveActor(site, bob.uri)).handle, bob.handle);
    });

    it("may have a self link of ld+json only, as Mitra's is", async () => {
      const type = 'application/ld+json; profile="https://www.w3.org/ns/activitystreams"';
      alice.jrd = { ...alice.jrd, links: [{ rel: "self", type, href: alice.uri }] };
      assert.equal((await resolveActor(site, alice.uri)).handle, alice.handle);
    });

    it("may live on another host than their handle, when both say so", async () => {
      const subject = `acct:${alice.name}@${other.host}`;
      alice.jrd = { ...alice.jrd, subject };
      other.serve("/.well-known/webfinger", { body: alice.jrd, contentType: "application/jrd+json" });
      const row = await resolveActor(site, alice.uri);
      assert.equal(row.handle, `${alice.name}@${other.host}`);
      assert.equal(row.host, other.host);
    });

    it("may not take a handle of a host that does not know them", async () => {
      alice.jrd = { ...alice.jrd, subject: `acct:${alice.name}@${other.host}` };
      await fails(alice.uri, "webfinger-missing");
    });

    it("may not take the handle of somebody else there", async () => {
      const victim = other.character(`victim${seed}`, "Person", "victim");
      alice.jrd = { ...alice.jrd, subject: `acct:${victim.handle}` };
      await fails(alice.uri, "handle-unproven");
    });

    it("may name their handle in their document (FEP-2c59), which is believed only if it leads back", async () => {
      alice.document = { ...alice.document, webfinger: `${alice.name}@${other.host}` };
      const subject = `acct:${alice.name}@${other.host}`;
      other.serve("/.well-known/webfinger", {
        body: { ...alice.jrd, subject },
        contentType: "application/jrd+json",
      });
      assert.equal((await resolveActor(site, alice.uri)).handle, `${alice.name}@${other.host}`);
      const mallory = remote.character(`mallory${seed}`, "Person", "mallory");
      const victim = other.character(`victim${seed}`, "Person", "victim");
      other.restore("/.well-known/webfinger");
      mallory.document = { ...mallory.document, webfinger: victim.handle };
      assert.equal((await resolveActor(site, mallory.uri)).handle, mallory.handle);
    });

    it("are looked for again when their host could not be asked", async () => {
      remote.serve("/.well-known/webfinger", { status: 503 });
      await fails(alice.uri, "webfinger-unreachable");
      remote.restore("/.well-known/webfinger");
      clock.advance(2 * MINUTE);
      assert.equal((await resolveActor(site, alice.uri)).handle, alice.handle);
    });
  });

  describe("are remembered", () => {
    it("for a day, then read again on use", async () => {
      await resolveActor(site, alice.uri);
      clock.advance(DAY - MINUTE);
      await resolveActor(site, alice.uri);
      assert.equal(fetches(), 1);
      alice.document = { ...alice.document, name: "Alice the Second" };
      clock.advance(2 * MINUTE);
      assert.equal((await resolveActor(site, alice.uri)).name, "Alice the Second");
      assert.equal(fetches(), 2);
    });

    it("keeping their own id and counters, and losing what their document has lost", async () => {
      alice.document = { ...alice.document, icon: { type: "Image", url: "https://cdn.example/a.png" } };
      const before = await resolveActor(site, alice.uri);
      assert.equal(before.icon?.url, "https://cdn.example/a.png");
      await site.models.actors.updateOne({ uri: alice.uri }, { $set: { followersCount: 3 } });
      alice.document = { ...alice.document, icon: undefined };
      const after = await resolveActor(site, alice.uri, { refresh: true });
      assert.equal(after._id, before._id);
      assert.equal(after.followersCount, 3);
      assert.equal(after.icon, undefined);
    });

    it("as they were while their host is away; each failed look doubles the pause", async () => {
      await resolveActor(site, alice.uri);
      remote.serve(`/users/${alice.name}`, { status: 502 });
      const pauses: number[] = [];
      for (let count = 0; count < 4; count += 1) {
        clock.advance(8 * DAY);
        assert.equal((await resolveActor(site, alice.uri)).handle, alice.handle);
        const row = await findActor(site, alice.uri);
        pauses.push(((row?.refreshAfter?.getTime() ?? 0) - clock.now().getTime()) / HOUR);
        const seen = fetches();
        await resolveActor(site, alice.uri);
        assert.equal(fetches(), seen, "not asked within the pause");
      }
      assert.deepEqual(pauses, [1, 2, 4, 8]);
    });

    it("as gone after a 410", async () => {
      await resolveActor(site, alice.uri);
      alice.disappear();
      clock.advance(DAY + 1);
      await fails(alice.uri, "actor-gone");
      assert.notEqual((await findActor(site, alice.uri))?.goneAt, undefined);
      const seen = fetches();
      await fails(alice.uri, "actor-gone");
      assert.equal(fetches(), seen);
    });

    it("as not there for ten minutes, by this process and by others", async () => {
      const uri = `${remote.origin}/users/nobody${seed}`;
      await fails(uri, "actor-missing");
      await fails(uri, "actor-missing");
      assert.equal(remote.count(`/users/nobody${seed}`), 1);
      // Another process of the same site shares nothing with this one but the store.
      await assert.rejects(resolveActor({ ...site }, uri), { code: "actor-missing" });
      assert.equal(remote.count(`/users/nobody${seed}`), 1);
      clock.advance(11 * MINUTE);
      await fails(uri, "actor-missing");
      assert.equal(remote.count(`/users/nobody${seed}`), 2);
    });
  });

  describe("are found by their handle", () => {
    it("however it is written", async () => {
      for (const text of [alice.handle, `@${alice.handle}`, `acct:${alice.handle}`])
        assert.equal((await resolveHandle(site, text)).uri, alice.uri);
    });

    it("from the store, once they are known", async () => {
      await resolveHandle(site, alice.handle);
      const seen = remote.requests.length;
      await resolveHandle(site, alice.handle.toUpperCase());
      assert.equal(remote.requests.length, seen);
    });

    it("here, without capitals counting; nobody else lives here", async () => {
      assert.equal((await resolveHandle(site, "@BLOG@blog.example")).localName, "blog");
      await assert.rejects(resolveHandle(site, "@nobody@blog.example"), { code: "not-found" });
    });

    it("as a person where a group has the same name, as on Lemmy", async () => {
      const group = remote.character(`group${seed}`, "Group", "group");
      const property = (type: string): object => ({ "https://www.w3.org/ns/activitystreams#type": type });
      alice.jrd = {
        ...alice.jrd,
        links: [
          { rel: "self", type: ACTIVITY_JSON, href: group.uri, properties: property("Group") },
          { rel: "self", type: ACTIVITY_JSON, href: alice.uri, properties: property("Person") },
        ],
      };
      assert.equal((await resolveHandle(site, alice.handle)).uri, alice.uri);
    });

    it("or not: what is no handle, and who is not there", async () => {
      await assert.rejects(resolveHandle(site, "alice"), { code: "not-a-handle" });
      await assert.rejects(resolveHandle(site, `nobody@${remote.host}`), { code: "webfinger-missing" });
      alice.jrd = { subject: `acct:${alice.handle}`, links: [] };
      await assert.rejects(resolveHandle(site, alice.handle), { code: "webfinger-no-actor" });
    });

    it("never on the word of a stranger's WebFinger alone", async () => {
      const victim = other.character(`victim${seed}`, "Person", "victim");
      alice.jrd = {
        subject: `acct:${alice.handle}`,
        links: [{ rel: "self", type: ACTIVITY_JSON, href: victim.uri }],
      };
      assert.equal((await resolveHandle(site, alice.handle)).handle, victim.handle);
    });
  });
});
