import assert from "node:assert/strict";
import { isActivityType } from "../../src/remote/fetch-document.ts";
import { FetchBudget } from "../../src/remote/fetch-budget.ts";
import { isBlockedHost } from "../../src/remote/hosts.ts";
import { fetchObject } from "../../src/remote/objects.ts";
import { SingleFlight } from "../../src/remote/single-flight.ts";
import { readJrd } from "../../src/remote/webfinger.ts";
import { fixtureJson, haveFixtures } from "../support/fixtures.ts";
import { startRemote, type FakeRemote } from "../support/fake-remote.ts";
import { makeSite, type HandMadeSite } from "../support/make-site.ts";
import { MappedNetwork } from "../support/mapped-network.ts";
import { resolveActor } from "../../src/remote/actors.ts";
import { findKey } from "../../src/remote/keys.ts";

describe("objects of other servers", () => {
  let made: HandMadeSite;
  let remote: FakeRemote;
  let other: FakeRemote;

  before(async () => {
    made = await makeSite({ blockedHosts: ["blocked.example"] });
    remote = await startRemote({ host: "127.0.0.2" });
    other = await startRemote({ host: "127.0.0.3" });
  });
  after(async () => {
    await remote.close();
    await other.close();
    await made.close();
  });
  const fails = (uri: string, code: string): Promise<void> =>
    assert.rejects(fetchObject(made.site, uri), { code });

  it("are fetched from their id, signed", async () => {
    const note = remote.character("alice").note("hello");
    assert.deepEqual(await fetchObject(made.site, String(note.id)), note);
    assert.match(String(remote.requests.at(-1)?.headers.signature), /ap\/actor#main-key/);
  });

  it("are fetched from their id where a page of the same host answers with them", async () => {
    const note = remote.character("alice").note("by its page");
    const page = remote.serve("/@alice/1", { body: { ...note, content: "<p>as the page has it</p>" } });
    assert.deepEqual(await fetchObject(made.site, page), note);
  });

  it("may stand behind a redirect on their host, not on another", async () => {
    const note = remote.character("alice").note("moved");
    const near = remote.redirect("/near", String(note.id));
    assert.deepEqual(await fetchObject(made.site, near), note);
    await assert.rejects(fetchObject(made.site, other.redirect("/far", String(note.id))));
  });

  it("are refused under an id of another host", async () => {
    const note = remote.character("alice").note("copied");
    await fails(other.serve("/copied", { body: note }), "object-foreign-id");
  });

  it("are refused when their page and their id disagree for good", async () => {
    remote.serve("/a", { body: { id: `${remote.origin}/b`, type: "Note" } });
    remote.serve("/b", { body: { id: `${remote.origin}/a`, type: "Note" } });
    await fails(`${remote.origin}/a`, "object-foreign-id");
  });

  it("are refused when they are said to be somebody's of another host", async () => {
    for (const name of ["attributedTo", "actor"]) {
      const id = `${remote.origin}/spoof-${name}`;
      remote.serve(`/spoof-${name}`, {
        body: { id, type: "Note", [name]: "https://victim.example/users/v" },
      });
      await fails(id, "object-spoofed");
    }
  });

  it("tell gone from missing, refused, away and nonsense", async () => {
    await fails(remote.serve("/gone", { status: 410 }), "object-gone");
    await fails(`${remote.origin}/missing`, "object-missing");
    await fails(remote.serve("/401", { status: 401 }), "object-refused");
    await fails(remote.serve("/500", { status: 500 }), "object-unreachable");
    await fails(remote.serve("/429", { status: 429 }), "object-unreachable");
    await fails(remote.serve("/teapot", { status: 418 }), "object-not-fetchable");
    await fails(remote.serve("/text", { body: "{}", contentType: "text/plain" }), "object-wrong-type");
    await fails(
      remote.serve("/broken", { body: "{", contentType: "application/activity+json" }),
      "object-malformed",
    );
    const deep = "[".repeat(50_000);
    await fails(
      remote.serve("/deep", { body: `{"a":${deep}`, contentType: "application/activity+json" }),
      "object-malformed",
    );
    await fails(remote.serve("/big", { body: `{"a":"${"x".repeat(1024 * 1024)}"}` }), "object-not-fetchable");
  });

  it("are not fetched from ourselves, from blocked hosts, or from what is no address", async () => {
    await fails("https://blog.example/ap/posts/1", "object-ours");
    await fails("https://blocked.example/1", "object-blocked");
    for (const uri of ["tag:example.org,2024:1", "javascript:alert(1)", "file:///etc/passwd", ""])
      await fails(uri, "object-not-fetchable");
  });
});

describe("the media type of an ActivityPub document", () => {
  const yes = [
    "application/activity+json",
    "application/activity+json; charset=utf-8",
    "Application/Activity+JSON",
    'application/ld+json; profile="https://www.w3.org/ns/activitystreams"',
    'application/ld+json;profile="https://www.w3.org/ns/activitystreams";charset=utf-8',
    "application/ld+json; profile=https://www.w3.org/ns/activitystreams",
  ];
  const no = [
    "",
    "application/json",
    "application/ld+json",
    'application/ld+json; profile="https://example.org/"',
    "text/html; application/activity+json",
    "application/activity+json-patch",
    "image/png",
  ];
  for (const type of yes) it(`is ${type}`, () => assert.equal(isActivityType(type), true));
  for (const type of no)
    it(`is not ${type === "" ? "nothing" : type}`, () => assert.equal(isActivityType(type), false));
});

describe("the fetches that a host may cause", () => {
  it("are limited, grow back with time, and are counted apart for each host", () => {
    const budget = new FetchBudget();
    const start = new Date(0);
    let taken = 0;
    while (budget.take("a.example", start)) taken += 1;
    assert.equal(taken, 300);
    assert.equal(budget.take("b.example", start), true);
    assert.equal(budget.take("a.example", new Date(100)), false);
    assert.equal(budget.take("a.example", new Date(300)), true);
    assert.equal(budget.take("a.example", new Date(300)), false);
    let later = 0;
    while (budget.take("a.example", new Date(86_400_000))) later += 1;
    assert.equal(later, 300, "never more than the burst");
  });

  it("do not grow when a clock goes back", () => {
    const budget = new FetchBudget();
    while (budget.take("a.example", new Date(10_000)));
    assert.equal(budget.take("a.example", new Date(0)), false);
  });
});

describe("a blocked host", () => {
  let made: HandMadeSite;
  before(async () => {
    made = await makeSite({ blockedHosts: ["Evil.example", "127.0.0.9:8080"] });
  });
  after(() => made.close());

  it("is itself and what is below it, whatever the port", () => {
    for (const host of [
      "evil.example",
      "evil.example:8443",
      "a.b.evil.example",
      "evil.example.",
      "127.0.0.9:8080",
    ])
      assert.equal(isBlockedHost(made.site, host), true, host);
    for (const host of ["notevil.example", "example", "evil.example.org", "127.0.0.9:8081"])
      assert.equal(isBlockedHost(made.site, host), false, host);
  });
});

describe("work that several ask for at once", () => {
  it("is done once, and again after it failed", async () => {
    const flights = new SingleFlight<number>();
    let runs = 0;
    const work = async (): Promise<number> => {
      runs += 1;
      await Promise.resolve();
      if (runs === 1) throw new Error("first");
      return runs;
    };
    const [one, two] = await Promise.allSettled([flights.run("a", work), flights.run("a", work)]);
    assert.equal(one.status, "rejected");
    assert.equal(two.status, "rejected");
    assert.equal(await flights.run("a", work), 2);
  });
});

describe("WebFinger answers", () => {
  const asked = { username: "alice", host: "a.example" };

  it("may be empty, strange or hostile", () => {
    const strange = [
      {},
      { links: null },
      { links: "x" },
      { links: [null, 1, { rel: "self" }] },
      { subject: 7 },
    ];
    for (const document of strange) {
      const answer = readJrd(document, asked);
      assert.deepEqual(answer.subject, asked);
      assert.deepEqual(answer.actors, []);
    }
  });

  it("may hold links in any order, of which those to ActivityPub count", () => {
    const answer = readJrd(
      {
        subject: "acct:Alice@A.example",
        links: [
          { rel: "self", type: "text/html", href: "https://a.example/@alice" },
          { rel: "http://ostatus.org/schema/1.0/subscribe", template: "https://a.example/follow?uri={uri}" },
          { rel: "self", type: "application/activity+json", href: "https://a.example/users/alice" },
          { rel: "self", type: "application/activity+json", href: 7 },
        ],
      },
      asked,
    );
    assert.deepEqual(answer.subject, { username: "Alice", host: "a.example" });
    assert.deepEqual(answer.actors, [{ uri: "https://a.example/users/alice" }]);
    assert.equal(answer.subscribeTemplate, "https://a.example/follow?uri={uri}");
  });
});

describe("hostile documents of other projects' tests", () => {
  if (!haveFixtures) {
    it("are passed over: there is no folder ../shared/fixtures beside this repository");
    return;
  }
  let made: HandMadeSite;
  let network: MappedNetwork;
  beforeEach(async () => {
    network = new MappedNetwork();
    made = await makeSite({ network });
  });
  afterEach(() => made.close());

  it("an actor with the key id of another is refused, and does not become the key's owner", async () => {
    const evil = fixtureJson<Record<string, unknown>>("hostile/actor-foreign-keyid.json");
    network.document(evil);
    network.webfinger("http:", "evil", "remote.example", String(evil.id));
    await assert.rejects(resolveActor(made.site, String(evil.id)), { code: "actor-invalid" });
    const key = await findKey(made.site, "http://mastodon.example.org/users/admin#main-key");
    assert.equal(key.ok, false);
  });

  it("a WebFinger answer for somebody else's name proves nothing", async () => {
    const jrd = fixtureJson<Record<string, unknown>>("hostile/webfinger-spoof.json");
    const uri = "https://gleasonator.com/users/alex";
    network.document({
      id: uri,
      type: "Person",
      preferredUsername: "alex",
      inbox: `${uri}/inbox`,
    });
    const at = `https://gleasonator.com/.well-known/webfinger?resource=${encodeURIComponent("acct:alex@gleasonator.com")}`;
    network.serve(at, { body: jrd, contentType: "application/jrd+json" });
    // The host whose name is claimed answers, and knows nothing of it.
    await assert.rejects(resolveActor(made.site, uri), { code: "webfinger-missing" });
    assert.equal(await made.site.models.actors.countDocuments({ local: false }), 0);
  });

  it("notes of a victim's, or under a victim's id, are refused when they lie elsewhere", async () => {
    for (const file of ["hostile/info-pleroma-activity4.json", "hostile/spoofed-object.json"]) {
      const note = fixtureJson<Record<string, unknown>>(file);
      network.serve("https://evil.example/note", { body: note });
      await assert.rejects(fetchObject(made.site, "https://evil.example/note"), {
        code: "object-foreign-id",
      });
    }
  });
});
