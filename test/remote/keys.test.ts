import assert from "node:assert/strict";
import { findKey } from "../../src/remote/keys.ts";
import type { Site } from "../../src/site.ts";
import { startRemote, type Character, type FakeRemote } from "../support/fake-remote.ts";
import { makeSite, type HandMadeSite } from "../support/make-site.ts";
import { TestClock } from "../support/test-clock.ts";

const MINUTE = 60_000;
const DAY = 24 * 60 * MINUTE;

describe("keys of other servers", () => {
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
    made = await makeSite({ clock, blockedHosts: ["blocked.example"] });
    site = made.site;
    alice = remote.character(`alice${seed}`, "Person", "alice");
  });
  afterEach(() => made.close());

  const fetches = (): number => remote.count(`/users/${alice.name}`);
  const found = async (keyId: string, at: Site = site): Promise<string> => {
    const key = await findKey(at, keyId);
    assert.ok(key.ok, JSON.stringify(key));
    assert.equal(key.key.keyId, keyId);
    assert.equal(key.key.owner, alice.uri);
    return key.key.pem;
  };
  const misses = async (keyId: string, reason: string): Promise<void> => {
    const key = await findKey(site, keyId);
    assert.deepEqual({ ok: key.ok, reason: key.ok ? "" : key.reason }, { ok: false, reason });
  };
  /** Lets the actor list its key under another id. */
  const listAs = (id: string): void => {
    alice.document = {
      ...alice.document,
      publicKey: { id, owner: alice.uri, publicKeyPem: alice.keys.publicPem },
    };
  };

  describe("are found", () => {
    for (const fragment of ["#main-key", "#main", "#publicKey", "#key-2"]) {
      it(`in the actor, under ${fragment}`, async () => {
        listAs(alice.uri + fragment);
        assert.equal(await found(alice.uri + fragment), alice.keys.publicPem);
      });
    }

    it("behind a stub with an address of its own, as GoToSocial's", async () => {
      const keyId = `${alice.uri}/main-key`;
      listAs(keyId);
      const { id, type, preferredUsername, publicKey } = alice.document;
      remote.serve(`/users/${alice.name}/main-key`, { body: { id, type, preferredUsername, publicKey } });
      assert.equal(await found(keyId), alice.keys.publicPem);
    });

    it("behind a query, as Hubzilla's", async () => {
      const keyId = `${alice.uri}?operation=getkey`;
      listAs(keyId);
      assert.equal(await found(keyId), alice.keys.publicPem);
    });

    it("as a document of their own, which the actor names by its bare id", async () => {
      const keyId = `${remote.origin}/keys/${alice.name}`;
      alice.document = { ...alice.document, publicKey: keyId };
      remote.serve(`/keys/${alice.name}`, {
        body: { id: keyId, owner: alice.uri, publicKeyPem: alice.keys.publicPem },
      });
      assert.equal(await found(keyId), alice.keys.publicPem);
    });

    it("among several", async () => {
      const keyId = `${alice.uri}#second`;
      alice.document = {
        ...alice.document,
        publicKey: [
          alice.document.publicKey,
          { id: keyId, owner: alice.uri, publicKeyPem: alice.keys.publicPem },
        ],
      };
      assert.equal(await found(keyId), alice.keys.publicPem);
    });

    it("once, however many ask at the same time, and then in memory and in the store", async () => {
      await Promise.all(Array.from({ length: 20 }, () => found(alice.keyId)));
      await found(alice.keyId);
      assert.equal(fetches(), 1);
      await found(alice.keyId, { ...site });
      assert.equal(fetches(), 1, "another process reads the store");
    });
  });

  describe("are refused", () => {
    it("when the actor does not list them", () => misses(`${alice.uri}#other`, "not-owned"));

    it("when they name an actor who does not know them", async () => {
      const keyId = `${other.origin}/keys/${seed}`;
      other.serve(`/keys/${seed}`, {
        body: { id: keyId, owner: alice.uri, publicKeyPem: alice.keys.publicPem },
      });
      await misses(keyId, "not-owned");
    });

    it("when an actor lists the key of another", async () => {
      const mallory = other.character(`mallory${seed}`, "Person", "mallory");
      mallory.document = {
        ...mallory.document,
        publicKey: { id: alice.keyId, owner: mallory.uri, publicKeyPem: mallory.keys.publicPem },
      };
      assert.notEqual(await found(alice.keyId), mallory.keys.publicPem);
      await misses(mallory.keyId, "not-owned");
    });

    it("when they belong to us, lie on a blocked host, or are no address", async () => {
      await misses("https://blog.example/ap/accounts/blog#main-key", "not-owned");
      await misses("https://blocked.example/u#main-key", "blocked");
      for (const keyId of ["acct:alice@example.org", "main-key", "ftp://x.example/1", "https://"])
        await misses(keyId, "malformed");
    });

    it("when what stands there is no PEM", async () => {
      alice.document = {
        ...alice.document,
        publicKey: { id: alice.keyId, owner: alice.uri, publicKeyPem: "x" },
      };
      await misses(alice.keyId, "malformed");
    });
  });

  describe("that are not there", () => {
    it("are not asked for again within ten minutes", async () => {
      const keyId = `${remote.origin}/none/${seed}#main-key`;
      await misses(keyId, "missing");
      await misses(keyId, "missing");
      assert.equal(remote.count(`/none/${seed}`), 1);
      const elsewhere = await findKey({ ...site }, keyId);
      assert.deepEqual(elsewhere, { ok: false, reason: "negative-cached", retry: true });
      assert.equal(remote.count(`/none/${seed}`), 1);
      clock.advance(11 * MINUTE);
      await misses(keyId, "missing");
      assert.equal(remote.count(`/none/${seed}`), 2);
    });

    it("are known as gone by every process, since that proves an account's own Delete", async () => {
      alice.disappear();
      await misses(alice.keyId, "gone");
      assert.deepEqual(await findKey({ ...site }, alice.keyId), { ok: false, reason: "gone", retry: false });
    });

    it("because their host is away are asked for again after a minute", async () => {
      remote.serve(`/users/${alice.name}`, { status: 503 });
      await misses(alice.keyId, "unreachable");
      remote.serve(`/users/${alice.name}`, () => ({ body: alice.document }));
      await misses(alice.keyId, "unreachable");
      clock.advance(MINUTE + 1);
      await found(alice.keyId);
    });
  });

  describe("that change", () => {
    it("are fetched again when a signature did not fit, once in ten minutes", async () => {
      await found(alice.keyId);
      alice.rotateKey();
      const again = await findKey(site, alice.keyId, { refetch: true });
      assert.equal(again.ok && again.key.pem, alice.keys.publicPem);
      alice.rotateKey();
      const tooSoon = await findKey(site, alice.keyId, { refetch: true });
      assert.notEqual(tooSoon.ok && tooSoon.key.pem, alice.keys.publicPem);
      assert.equal(fetches(), 2);
      clock.advance(10 * MINUTE);
      const later = await findKey(site, alice.keyId, { refetch: true });
      assert.equal(later.ok && later.key.pem, alice.keys.publicPem);
    });

    it("are forgotten at the daily look when the actor lists them no more", async () => {
      const old = alice.keyId;
      await found(old);
      alice.rotateKey(`${alice.uri}#second`);
      clock.advance(DAY + 1);
      await misses(old, "not-owned");
      assert.equal((await site.models.remoteKeys.findById(old).lean())?.pem, undefined);
    });

    it("serve on while their host is away, and the next look waits", async () => {
      const pem = await found(alice.keyId);
      remote.serve(`/users/${alice.name}`, { status: 503 });
      clock.advance(DAY + 1);
      assert.equal(await found(alice.keyId), pem);
      const seen = fetches();
      assert.equal(await found(alice.keyId), pem);
      assert.equal(fetches(), seen);
    });
  });
});
