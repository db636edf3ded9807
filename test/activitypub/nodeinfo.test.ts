import assert from "node:assert/strict";
import request from "supertest";
import { publishPost } from "../../src/domain/posts.ts";
import { makeSite, type HandMadeSite } from "../support/make-site.ts";
import { TestClock } from "../support/test-clock.ts";
import { publish, serve } from "./serving.ts";

const DAY = 24 * 3600 * 1000;

describe("NodeInfo", () => {
  let made: HandMadeSite;
  let app: ReturnType<typeof serve>;
  const clock = new TestClock();

  before(async () => {
    made = await makeSite({ clock, accounts: [{ username: "blog" }, { username: "ann" }] });
    app = serve(made.site);
  });
  after(() => made.close());

  it("is linked in both versions, with the site's own actor beside", async () => {
    const { body, headers } = await request(app).get("/.well-known/nodeinfo").expect(200);
    assert.equal(headers["access-control-allow-origin"], "*");
    const links = Object.fromEntries(
      body.links.map((link: { rel: string; href: string }) => [link.rel, link.href]),
    );
    assert.deepEqual(links, {
      "http://nodeinfo.diaspora.software/ns/schema/2.1": "https://blog.example/nodeinfo/2.1",
      "http://nodeinfo.diaspora.software/ns/schema/2.0": "https://blog.example/nodeinfo/2.0",
      "https://www.w3.org/ns/activitystreams#Application": "https://blog.example/ap/actor",
    });
  });

  it("counts what anybody may see, and nothing else", async () => {
    const post = await publish(made.site);
    await publish(made.site, { author: "ann", visibility: "followers" });
    await publishPost(made.site, { markdown: "thanks", inReplyTo: post.uri });
    for (const version of ["2.0", "2.1"]) {
      const { body, headers } = await request(app).get(`/nodeinfo/${version}`).expect(200);
      assert.match(
        headers["content-type"] ?? "",
        new RegExp(`profile="http://nodeinfo.diaspora.software/ns/schema/${version}#"`),
      );
      assert.equal(body.version, version);
      assert.equal(body.software.name, "express-fediverse");
      assert.match(body.software.version, /^\d+\.\d+\.\d+/);
      assert.deepEqual(body.protocols, ["activitypub"]);
      assert.deepEqual(body.usage, {
        users: { total: 2, activeMonth: 2, activeHalfyear: 2 },
        localPosts: 1,
        localComments: 1,
      });
    }
  });

  it("sees new posts within ten minutes, and who has fallen silent", async () => {
    await publish(made.site);
    assert.equal((await request(app).get("/nodeinfo/2.1")).body.usage.localPosts, 1);
    clock.advance(40 * DAY);
    const { usage } = (await request(app).get("/nodeinfo/2.1")).body;
    assert.deepEqual(usage.users, { total: 2, activeMonth: 0, activeHalfyear: 2 });
    assert.equal(usage.localPosts, 2);
  });

  it("is not there in other versions, and not to be written", async () => {
    assert.match((await request(app).get("/nodeinfo/1.0")).text, /^<p>host/);
    await request(app).post("/nodeinfo/2.0").expect(405).expect("Allow", "GET, HEAD, OPTIONS");
  });
});

describe("host-meta", () => {
  let made: HandMadeSite;
  before(async () => void (made = await makeSite()));
  after(() => made.close());

  it("leads to WebFinger, as XML and as JSON", async () => {
    const app = serve(made.site);
    const template = "https://blog.example/.well-known/webfinger?resource={uri}";
    const xml = await request(app).get("/.well-known/host-meta").buffer().parse(asText).expect(200);
    assert.match(xml.headers["content-type"] ?? "", /^application\/xrd\+xml/);
    assert.ok((xml.body as string).includes(`template="${template}"`));
    for (const [path, accept] of [
      ["/.well-known/host-meta.json", "*/*"],
      ["/.well-known/host-meta", "application/json"],
    ] as const) {
      const { body } = await request(app).get(path).set("Accept", accept).buffer().parse(asText).expect(200);
      assert.equal(JSON.parse(body as string).links[0].template, template);
    }
  });
});

function asText(response: request.Response, done: (error: Error | null, body: string) => void): void {
  let text = "";
  const stream = response as unknown as NodeJS.ReadableStream;
  stream.on("data", (chunk: Buffer) => (text += chunk.toString()));
  stream.on("end", () => done(null, text));
}
