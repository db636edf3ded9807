import assert from "node:assert/strict";
import { preferenceForId, wantsActivity } from "../../src/activitypub/accept.ts";

const LD = 'application/ld+json; profile="https://www.w3.org/ns/activitystreams"';

/** What programs really send; the third is what an asker of an id gets who sends the same. */
const PROGRAMS: [string, string | undefined, boolean][] = [
  ["Mastodon, fetching", "application/activity+json, application/ld+json", true],
  ["Mastodon, a pasted address", `application/activity+json, ${LD}, text/html;q=0.1`, true],
  ["Mastodon 4.7", `application/activity+json, ${LD}`, true],
  ["Pleroma and Akkoma", "application/activity+json", true],
  ["Misskey", `application/activity+json, ${LD}`, true],
  ["Misskey's older form", "application/activity+json, application/ld+json", true],
  ["Pixelfed", `application/ld+json; profile="https://www.w3.org/ns/activitystreams"`, true],
  ["PeerTube", "application/activity+json, application/ld+json", true],
  [
    "Plume",
    `application/ld+json; profile="https://w3.org/ns/activitystreams", application/ld+json;profile="https://www.w3.org/ns/activitystreams", application/activity+json, application/ld+json`,
    true,
  ],
  [
    "GoToSocial",
    `application/activity+json,application/ld+json; profile="https://www.w3.org/ns/activitystreams"`,
    true,
  ],
  ["Lemmy", "application/activity+json", true],
  ["Fedify", `application/activity+json, application/ld+json`, true],
  ["Friendica", `application/activity+json, ${LD}`, true],
  ["WriteFreely", "application/activity+json", true],
  [
    "WordPress",
    `application/activity+json, application/ld+json; profile="https://www.w3.org/ns/activitystreams"`,
    true,
  ],
  [
    "Bridgy Fed",
    `application/activity+json, application/ld+json; profile="https://www.w3.org/ns/activitystreams"; q=0.8, text/html; charset=utf-8; q=0.5`,
    true,
  ],
  ["a library that adds anything", "application/activity+json, */*;q=0.1", true],
  ["a library that adds anything at the same rank", "application/activity+json, */*", true],
  ["Firefox", "text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,*/*;q=0.8", false],
  [
    "Firefox 130",
    "text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,image/png,image/svg+xml,*/*;q=0.8",
    false,
  ],
  [
    "Chrome",
    "text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,image/apng,*/*;q=0.8,application/signed-exchange;v=b3;q=0.7",
    false,
  ],
  ["Safari", "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8", false],
  ["curl", "*/*", false],
  [
    "Googlebot",
    "text/html,application/xhtml+xml,application/signed-exchange;v=b3,application/xml;q=0.9,*/*;q=0.8",
    false,
  ],
  ["facebookexternalhit", "*/*", false],
  ["Twitterbot", "*/*", false],
  ["axios", "application/json, text/plain, */*", false],
  ["a feed reader", "application/rss+xml, application/atom+xml, application/xml;q=0.8, */*;q=0.1", false],
  ["no header at all", undefined, false],
  ["an empty header", "", false],
];

describe("who wants the object of a page", () => {
  for (const [program, accept, wants] of PROGRAMS)
    it(`${program}: ${wants ? "the object" : "the page"}`, () => assert.equal(wantsActivity(accept), wants));

  it("counts q-values: HTML at the same rank or above wins", () => {
    assert.equal(wantsActivity("application/activity+json;q=0.9, text/html"), false);
    assert.equal(wantsActivity("application/activity+json, text/html"), false);
    assert.equal(wantsActivity("application/activity+json;q=0.9, text/html;q=0.8"), true);
    assert.equal(wantsActivity("application/activity+json;q=0.9, application/xhtml+xml"), false);
    assert.equal(wantsActivity("application/activity+json;q=0.5, text/*"), false);
    assert.equal(wantsActivity("application/activity+json;q=0.5, */*"), false);
    assert.equal(wantsActivity("application/activity+json;q=0"), false);
    assert.equal(wantsActivity("text/html;q=0.1, application/ld+json;q=0.2"), true);
  });

  it("takes no other JSON for ActivityPub", () => {
    assert.equal(wantsActivity("application/json"), false);
    assert.equal(wantsActivity("application/*"), false);
    assert.equal(
      wantsActivity('application/ld+json; profile="http://www.w3.org/ns/json-ld#compacted"'),
      false,
    );
  });

  it("reads capitals, blanks, and commas inside a profile", () => {
    assert.equal(wantsActivity("  Application/Activity+JSON ; Q=1.0 "), true);
    assert.equal(
      wantsActivity('application/ld+json;profile="https://www.w3.org/ns/activitystreams,text/html";q=1'),
      true,
    );
    assert.equal(wantsActivity('text/html;x=",application/activity+json"'), false);
  });

  it("is not impressed by nonsense or by a hundred kilobytes of it", () => {
    for (const accept of [",;,;", '"', ";q=", "application/activity+json;q=two", "q=1", "\u0000"])
      assert.equal(wantsActivity(accept), false, accept);
    for (const unit of ["text/html,", ";", '"', ",", "application/activity+json;q=0.1;", "a/b;q="])
      assert.equal(typeof wantsActivity(unit.repeat(100_000 / unit.length)), "boolean");
    assert.equal(wantsActivity(`${"a/b,".repeat(25_000)}application/activity+json`), false);
  });
});

describe("what an asker of an id gets", () => {
  const table: [string | undefined, "activity" | "html", boolean][] = [
    [undefined, "activity", true],
    ["", "activity", true],
    ["*/*", "activity", true],
    ["application/json", "activity", true],
    ["application/*", "activity", true],
    [LD, "activity", true],
    ["application/activity+json, text/html", "activity", true],
    ["text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8", "html", true],
    ["text/html", "html", false],
    ["text/*", "html", false],
    ["image/png", "activity", false],
    ["application/activity+json;q=0, application/ld+json;q=0, application/json;q=0, */*", "html", false],
  ];
  for (const [accept, first, json] of table)
    it(`${accept ?? "nothing"}: ${first}${json ? "" : ", never JSON"}`, () =>
      assert.deepEqual(preferenceForId(accept), { first, json }));
});
