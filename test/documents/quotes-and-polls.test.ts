import assert from "node:assert/strict";
import { composePoll } from "../../src/documents/compose-poll.ts";
import { readPoll } from "../../src/documents/read-poll.ts";
import { readQuote, readQuotePolicy, readStamp } from "../../src/documents/read-quote.ts";

const now = new Date("2026-03-01T12:00:00Z");
const quoted = "https://remote.example/notes/1";

describe("a quote", () => {
  it("is read under each of its names, the agreed one first", () => {
    for (const name of ["quote", "_misskey_quote", "quoteUrl", "quoteUri"])
      assert.equal(readQuote({ id: "https://a.example/1", [name]: quoted })?.uri, quoted, name);
    const both = { quoteUrl: "https://b.example/2", quote: { id: quoted } };
    assert.deepEqual(readQuote({ ...both, quoteAuthorization: "https://remote.example/stamps/1" }), {
      uri: quoted,
      authorization: "https://remote.example/stamps/1",
    });
  });

  it("is read from a link with the media type of an activity, and from no other link", () => {
    const link = { type: "Link", href: quoted };
    const profile = 'application/ld+json; profile="https://www.w3.org/ns/activitystreams"';
    for (const mediaType of [profile, "application/activity+json"])
      assert.equal(readQuote({ tag: { ...link, mediaType } })?.uri, quoted);
    for (const mediaType of ["text/html", "application/ld+json", undefined, 7])
      assert.equal(readQuote({ tag: [{ ...link, mediaType }, null, "x"] }), undefined);
  });

  it("of itself, of a script or of nothing is none", () => {
    for (const value of ["https://a.example/1", "javascript:alert(1)", "", null, [], {}, 5])
      assert.equal(readQuote({ id: "https://a.example/1", quote: value }), undefined);
  });

  it("is permitted as its author says, to nobody where that is not understood, and unknown where nothing is said", () => {
    const author = "https://a.example/users/anna";
    const policy = (automaticApproval: unknown) =>
      readQuotePolicy({ attributedTo: author, interactionPolicy: { canQuote: { automaticApproval } } });
    assert.equal(policy("as:Public"), "public");
    assert.equal(policy([`${author}/followers`]), "followers");
    assert.equal(policy("https://evil.example/followers"), "nobody");
    for (const said of [author, [], undefined]) assert.equal(policy(said), "nobody");
    for (const doc of [{}, { interactionPolicy: null }, { interactionPolicy: { canReply: {} } }])
      assert.equal(readQuotePolicy(doc), undefined);
  });

  it("has a stamp only on its author's own host", () => {
    const stamp = {
      id: "https://remote.example/stamps/1",
      type: "QuoteAuthorization",
      attributedTo: "https://remote.example/users/anna",
      interactingObject: "https://a.example/1",
      interactionTarget: quoted,
    };
    assert.equal(readStamp(stamp)?.quoting, "https://a.example/1");
    for (const more of [
      { attributedTo: "https://evil.example/users/eve" },
      { type: "Note" },
      { interactingObject: null },
      { interactionTarget: "x" },
    ])
      assert.equal(readStamp({ ...stamp, ...more }), undefined);
    for (const nothing of [null, "x", []]) assert.equal(readStamp(nothing), undefined);
  });
});

describe("a poll", () => {
  const option = (name: unknown, totalItems: unknown = 0) => ({
    type: "Note",
    name,
    replies: { totalItems },
  });

  it("is read with its counts and end, however that is said", () => {
    const poll = { oneOf: [option("a", 2), option("b")], votersCount: 2, endTime: "2026-03-02T00:00:00Z" };
    assert.deepEqual(readPoll(poll, now), {
      options: [
        { title: "a", votes: 2 },
        { title: "b", votes: 0 },
      ],
      multiple: false,
      voters: 2,
      endsAt: new Date("2026-03-02T00:00:00Z"),
    });
    assert.equal(readPoll({ anyOf: poll.oneOf, closed: true }, now)?.endsAt, now);
    assert.equal(readPoll({ anyOf: poll.oneOf }, now)?.multiple, true);
    assert.equal(readPoll({ anyOf: poll.oneOf, endTime: "soon" }, now)?.endsAt, undefined);
  });

  it("with nonsense in it is read as far as it makes sense, or is none", () => {
    const odd = [
      option("a", -5),
      option("b", "7"),
      option("c", 1.5),
      option("d", 1e300),
      option(""),
      null,
      "e",
      option({}),
    ];
    assert.deepEqual(
      readPoll({ oneOf: odd }, now)?.options.map((one) => [one.title, one.votes]),
      [
        ["a", 0],
        ["b", 0],
        ["c", 0],
        ["d", 1e9],
      ],
    );
    for (const oneOf of [undefined, [], [option("alone")], "ab", { a: 1 }])
      assert.equal(readPoll({ oneOf }, now), undefined);
    const many = Array.from({ length: 100_000 }, (_, at) => option(`${at}`));
    assert.equal(readPoll({ oneOf: many }, now)?.options.length, 500);
  });

  it("comes back as it was sent", () => {
    const poll = {
      options: [
        { title: "a", votes: 1 },
        { title: "b", votes: 2 },
      ],
      multiple: true,
      voters: 3,
      endsAt: now,
    };
    assert.deepEqual(readPoll(composePoll(poll), now), poll);
    const hidden = composePoll({ ...poll, hideTotals: true });
    assert.equal(readPoll(hidden, now)?.options[1]?.votes, 0);
    assert.equal(composePoll({ ...poll, hideTotals: true, endToldAt: now })["closed"], now.toISOString());
  });
});
