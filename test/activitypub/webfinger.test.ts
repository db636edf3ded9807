import assert from "node:assert/strict";
import request from "supertest";
import { makeSite, type HandMadeSite } from "../support/make-site.ts";
import { serve } from "./serving.ts";

const PATH = "/.well-known/webfinger";

describe("WebFinger", () => {
  let made: HandMadeSite;
  let app: ReturnType<typeof serve>;
  const ask = (resource: string) => request(app).get(PATH).query({ resource });

  before(async () => {
    made = await makeSite({
      accounts: [
        {
          username: "blog",
          name: "The Blog",
          avatar: { url: "https://blog.example/a.png", mediaType: "image/png" },
        },
        { username: "Ann", url: "https://blog.example/about/ann" },
      ],
    });
    app = serve(made.site);
  });
  after(() => made.close());

  it("leads from the handle to the actor and back", async () => {
    const { body, headers } = await ask("acct:blog@blog.example").expect(200);
    assert.match(headers["content-type"] ?? "", /^application\/jrd\+json/);
    assert.equal(headers["access-control-allow-origin"], "*");
    assert.equal(body.subject, "acct:blog@blog.example");
    assert.deepEqual(body.aliases, ["https://blog.example/@blog", "https://blog.example/ap/accounts/blog"]);
    const self = body.links.filter((link: { rel: string }) => link.rel === "self");
    assert.deepEqual(self, [
      { rel: "self", type: "application/activity+json", href: "https://blog.example/ap/accounts/blog" },
      {
        rel: "self",
        type: 'application/ld+json; profile="https://www.w3.org/ns/activitystreams"',
        href: "https://blog.example/ap/accounts/blog",
      },
    ]);
    const actor = await request(app)
      .get("/ap/accounts/blog")
      .set("Accept", "application/activity+json")
      .expect(200);
    assert.equal(actor.body.id, self[0]?.href);
    assert.equal(`acct:${actor.body.webfinger}`, body.subject);
  });

  it("names the page, the avatar and where a visitor subscribes", async () => {
    const { body } = await ask("acct:blog@blog.example");
    const link = (rel: string) => body.links.find((one: { rel: string }) => one.rel === rel);
    assert.equal(link("http://webfinger.net/rel/profile-page").href, "https://blog.example/@blog");
    assert.equal(link("http://webfinger.net/rel/avatar").href, "https://blog.example/a.png");
    assert.equal(
      link("http://ostatus.org/schema/1.0/subscribe").template,
      "https://blog.example/fediverse/interact?uri={uri}",
    );
  });

  const same = [
    "acct:BLOG@BLOG.example",
    "ACCT:blog@blog.example",
    "blog@blog.example",
    "@blog@blog.example",
    "acct:blog@blog.example:443",
    "https://blog.example/ap/accounts/blog",
    "https://blog.example/@blog",
    "https://BLOG.example/@blog/",
    "https://blog.example/@blog#profile",
  ];
  for (const resource of same)
    it(`knows the account by ${resource}`, async () => {
      const { body } = await ask(resource).expect(200);
      assert.equal(body.subject, "acct:blog@blog.example");
    });

  it("answers the canonical spelling of a name with capitals, and knows its own page", async () => {
    for (const resource of ["acct:ann@blog.example", "https://blog.example/about/ann"]) {
      const { body } = await ask(resource).expect(200);
      assert.equal(body.subject, "acct:Ann@blog.example");
    }
  });

  for (const resource of [
    "acct:blog.example@blog.example",
    "https://blog.example/",
    "https://blog.example",
    "https://blog.example/ap/actor",
  ])
    it(`knows the site itself by ${resource}`, async () => {
      const { body } = await ask(resource).expect(200);
      assert.equal(body.links[0].href, "https://blog.example/ap/actor");
      assert.equal(body.subject, "acct:blog.example@blog.example");
    });

  for (const resource of [
    "acct:nobody@blog.example",
    "acct:blog@other.example",
    "acct:blog@blog.example.evil.example",
    "acct:blog@evil.example@blog.example",
    "acct:*site@blog.example",
    "acct:blog@",
    "acct:@blog.example",
    "acct:blog",
    "https://other.example/@blog",
    "https://blog.example@evil.example/@blog",
    "http://blog.example/@blog",
    "https://blog.example/@blog/1",
    "https://blog.example/ap/accounts/blog/inbox",
    "javascript:alert(1)",
    "%61cct:blog@blog.example",
    "acct%3Ablog%40blog.example",
    "acct:bl\u0000og@blog.example",
    "acct:blog @blog.example",
    '{"$ne":null}',
  ])
    it(`knows nobody called ${JSON.stringify(resource)}`, async () => {
      const { body, headers } = await ask(resource).expect(404);
      assert.equal(body.reason, "not-found");
      assert.doesNotMatch(headers["cache-control"] ?? "", /public/);
    });

  it("asks for a resource where there is none, and for a shorter one", async () => {
    assert.equal((await request(app).get(PATH).expect(400)).body.reason, "no-resource");
    assert.equal((await request(app).get(`${PATH}?resource=`).expect(400)).body.reason, "no-resource");
    const long = await request(app)
      .get(`${PATH}?resource=acct:${"a".repeat(8000)}@blog.example`)
      .expect(400);
    assert.equal(long.body.reason, "resource-too-long");
  });

  it("decodes percent-encoding once, and lives with broken one", async () => {
    await request(app).get(`${PATH}?resource=acct%3Ablog%40blog.example`).expect(200);
    await request(app).get(`${PATH}?resource=acct%253Ablog%2540blog.example`).expect(404);
    await request(app).get(`${PATH}?resource=acct:%zz@blog.example`).expect(404);
    await request(app).get(`${PATH}?resource[]=acct:blog@blog.example`).expect(400);
  });

  it("gives only the links asked for", async () => {
    const { body } = await ask("acct:blog@blog.example").query({ rel: "self" }).expect(200);
    assert.deepEqual([...new Set(body.links.map((link: { rel: string }) => link.rel))], ["self"]);
  });

  it("does not take one link with a blank in its name for two", async () => {
    const rels = ["self", "http://ostatus.org/schema/1.0/subscribe"];
    const asked = (rel: string | string[]) =>
      request(app).get(PATH).query({ resource: "acct:blog@blog.example", rel });
    assert.deepEqual((await asked(rels.join(" "))).body.links, []);
    assert.equal((await asked(rels)).body.links.length, 3);
  });

  it("answers HEAD, and refuses what would change it", async () => {
    const head = await request(app).head(PATH).query({ resource: "acct:blog@blog.example" }).expect(200);
    assert.equal(head.text, undefined);
    const { headers } = await request(app).post(PATH).expect(405);
    assert.equal(headers["allow"], "GET, HEAD, OPTIONS");
  });
});

describe("a site on a port", () => {
  it("is found under its whole host", async () => {
    const made = await makeSite({ origin: "http://localhost:3000" });
    try {
      const app = serve(made.site);
      for (const [resource, subject] of [
        ["acct:blog@localhost:3000", "acct:blog@localhost:3000"],
        ["acct:localhost:3000@localhost:3000", "acct:localhost:3000@localhost:3000"],
      ]) {
        const { body } = await request(app).get(PATH).query({ resource }).expect(200);
        assert.equal(body.subject, subject);
      }
      await request(app).get(PATH).query({ resource: "acct:blog@localhost" }).expect(404);
    } finally {
      await made.close();
    }
  });
});
