import assert from "node:assert/strict";
import { noteMethod } from "./support/methods-called.ts";
import { startApi, type StartedApi } from "./support/start-api.ts";

/** What an app in a browser reads, from its own origin, before it knows that there is an API. */
describe("an app finds the API", () => {
  let api: StartedApi;

  before(async () => {
    api = await startApi();
  });
  after(() => api.close());

  interface Found {
    status: number;
    type: string;
    text: string;
  }
  const open = async (path: string): Promise<Found> => {
    noteMethod("GET", path);
    const answer = await fetch(api.origin + path, { headers: { origin: "https://app.example" } });
    assert.equal(answer.headers.get("access-control-allow-origin"), "*", path);
    return {
      status: answer.status,
      type: answer.headers.get("content-type") ?? "",
      text: await answer.text(),
    };
  };
  const json = async (path: string): Promise<Record<string, unknown>> => {
    const { status, type, text } = await open(path);
    assert.equal(status, 200, text);
    assert.match(type, /^application\/(?:\w+\+)?json/);
    return JSON.parse(text) as Record<string, unknown>;
  };

  it("by host-meta, which Phanpy reads as XML", async () => {
    const { status, type, text } = await open("/.well-known/host-meta");
    assert.equal(status, 200);
    assert.match(type, /^application\/xrd\+xml/);
    const [, template = ""] = /template="([^"]+)"/.exec(text) ?? [];
    assert.equal(new URL(template.replace("{uri}", "x")).origin, api.origin);
    assert.ok(template.includes("/.well-known/webfinger?resource={uri}"), template);
  });

  it("by the links of nodeinfo, each of which leads to its document", async () => {
    const { links } = (await json("/.well-known/nodeinfo")) as { links: { rel: string; href: string }[] };
    const versions = links.map(
      ({ rel }) => /^http:\/\/nodeinfo\.diaspora\.software\/ns\/schema\/(2\.\d)$/.exec(rel)?.[1],
    );
    assert.ok(versions.includes("2.0"), JSON.stringify(links));
    for (const [at, { href }] of links.entries()) {
      assert.ok(href.startsWith(`${api.origin}/`), href);
      const document = await json(href.slice(api.origin.length));
      if (versions[at] === undefined) continue;
      assert.equal(document["version"], versions[at]);
      const { metadata, software } = document as {
        metadata: { upstream: { name: string } };
        software: { name: string };
      };
      assert.deepEqual([software.name, metadata.upstream.name], ["express-fediverse", "mastodon"]);
    }
  });

  it("at /nodeinfo/2.0, exactly there, since Elk does not look for it", async () => {
    const { protocols, usage } = await json("/nodeinfo/2.0");
    assert.deepEqual(protocols, ["activitypub"]);
    assert.equal((usage as { users: { total: number } }).users.total, 1);
    assert.equal((await fetch(`${api.origin}/nodeinfo/1.0`)).status, 404);
  });

  it("and its accounts by webfinger, where a stranger's name leads to nobody", async () => {
    const { host } = new URL(api.origin);
    const found = await json(`/.well-known/webfinger?resource=acct:blog@${host}`);
    assert.equal(found["subject"], `acct:blog@${host}`);
    for (const [resource, status] of [
      ["", 400],
      ["?resource=", 400],
      ["?resource=blog", 404],
      [`?resource=acct:nobody@${host}`, 404],
      ["?resource=acct:blog@elsewhere.example", 404],
      [`?resource=acct:${"x".repeat(5000)}@${host}`, 400],
      [`?resource=acct:blog%00@${host}`, 404],
    ] as const) {
      const answer = await open(`/.well-known/webfinger${resource}`);
      assert.equal(answer.status, status, `${resource.slice(0, 60)}: ${answer.text.slice(0, 200)}`);
      assert.doesNotMatch(answer.text, /"subject"/);
    }
  });
});
