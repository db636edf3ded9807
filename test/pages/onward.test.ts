import assert from "node:assert/strict";
import { onwardUrl, type Directions, type Intent } from "../../src/pages/onward.ts";

const URI = "https://blog.example/ap/accounts/blog?a=1&b={uri}#x";
const HOST = "social.example";

const asking = (
  directions: Partial<Directions>,
  intent: Intent = "follow",
  options: { insecure?: boolean } = {},
): string | undefined => onwardUrl({ actors: [], ...directions }, HOST, intent, URI, options);

describe("the way to a visitor's own server", () => {
  it("fills the account's id, encoded, into the template", () => {
    assert.equal(
      asking({ subscribeTemplate: "https://social.example/authorize_interaction?uri={uri}" }),
      `https://social.example/authorize_interaction?uri=${encodeURIComponent(URI)}`,
    );
  });

  const refused: [what: string, template: string][] = [
    ["a script", "javascript:alert('{uri}')"],
    ["a data address", "data:text/html,{uri}"],
    ["http", "http://social.example/?uri={uri}"],
    ["another host", "https://evil.example/?uri={uri}"],
    ["a host that only begins alike", "https://social.example.evil.example/?uri={uri}"],
    ["a host that only ends alike", "https://antisocial.example/?uri={uri}"],
    ["another port", "https://social.example:8443/?uri={uri}"],
    ["credentials", "https://social.example@evil.example/?uri={uri}"],
    ["credentials before the right host", "https://you:secret@social.example/?uri={uri}"],
    ["the id as host", "https://{uri}/"],
    ["no place for the id", "https://social.example/follow"],
    ["a place with another name only", "https://social.example/?q={acct}"],
    ["a relative address", "/authorize?uri={uri}"],
    ["nothing", ""],
    ["endless text", `https://social.example/?${"x".repeat(2000)}&uri={uri}`],
  ];
  for (const [what, subscribeTemplate] of refused) {
    it(`refuses ${what}`, () => assert.equal(asking({ subscribeTemplate }), undefined));
  }

  it("lets no line end into the address", () => {
    const url = asking({ subscribeTemplate: "https://social.example/\r\nSet-Cookie:x?uri={uri}" });
    assert.doesNotMatch(url ?? "", /[\r\n]/);
  });

  it("goes to the host that the account lives on, and below the handle's host", () => {
    const split = "https://mastodon.elsewhere.example/interact?uri={uri}";
    assert.equal(asking({ subscribeTemplate: split }), undefined);
    assert.match(
      asking({
        subscribeTemplate: split,
        actors: [{ uri: "https://mastodon.elsewhere.example/users/anna" }],
      }) ?? "",
      /^https:\/\/mastodon\.elsewhere\.example\//,
    );
    assert.ok(asking({ subscribeTemplate: "https://www.social.example/interact?uri={uri}" }));
  });

  it("goes by http only where that was permitted", () => {
    const subscribeTemplate = "http://social.example/interact?uri={uri}";
    assert.ok(asking({ subscribeTemplate }, "follow", { insecure: true }));
  });

  const intents = [
    {
      rel: "https://w3id.org/fep/3b86/Follow",
      template: "https://social.example/follow?o={object}&s={on-success}",
    },
    { rel: "https://w3id.org/fep/3b86/like", template: "https://social.example/like?o={object}" },
    { rel: "https://w3id.org/fep/3b86/Announce", template: "https://social.example/boost?o={object}" },
    {
      rel: "https://w3id.org/fep/3b86/Create",
      template: "https://social.example/new?to={inReplyTo}&t={content}",
    },
  ];
  const encoded = encodeURIComponent(URI);
  const byIntent: [Intent, string][] = [
    ["follow", `https://social.example/follow?o=${encoded}&s=`],
    ["like", `https://social.example/like?o=${encoded}`],
    ["boost", `https://social.example/boost?o=${encoded}`],
    ["reply", `https://social.example/new?to=${encoded}&t=`],
  ];
  for (const [intent, url] of byIntent) {
    it(`takes the server's own page for a ${intent} (FEP-3b86)`, () => {
      const subscribeTemplate = "https://social.example/i?uri={uri}";
      assert.equal(asking({ intents, subscribeTemplate }, intent), url);
    });
  }

  it("does not answer by a page that opens an empty post", () => {
    const subscribeTemplate = "https://social.example/i?uri={uri}";
    const share = [
      { rel: "https://w3id.org/fep/3b86/Create", template: "https://social.example/share?uri={object}" },
    ];
    assert.match(asking({ intents: share, subscribeTemplate }, "reply") ?? "", /\/i\?uri=/);
  });

  it("falls back when an intent leads somewhere else", () => {
    const evil = [{ rel: "https://w3id.org/fep/3b86/Follow", template: "https://evil.example/?o={object}" }];
    assert.match(
      asking({ intents: evil, subscribeTemplate: "https://social.example/i?uri={uri}" }) ?? "",
      /social/,
    );
  });
});
