import assert from "node:assert/strict";
import { MEDIA_LIMITS, STATUS_LIMITS } from "../../src/domain/status-limits.ts";
import { VERSION } from "../../src/support/version.ts";
import { startApi, type StartedApi } from "./support/start-api.ts";

describe("what the site tells apps about itself", () => {
  let api: StartedApi;
  before(async () => {
    api = await startApi({
      accounts: [
        {
          username: "blog",
          name: "The Blog",
          summary: "Bread, *mostly*.",
          header: "https://cdn.example/header.jpg",
        },
      ],
      language: "de",
      contactEmail: "owner@blog.example",
    });
  });
  after(() => api.close());
  const get = async (path: string) => (await api.stranger().get(path)).body;

  it("is a version that clients can read, and promises that are kept", async () => {
    const v2 = await get("/api/v2/instance");
    assert.equal(v2.version, `4.5.0 (compatible; express-fediverse ${VERSION})`);
    assert.equal(Number(v2.version.slice(0, 3)), 4.5);
    assert.doesNotMatch(v2.version, /glitch|pleroma|akkoma|pixelfed/i);
    assert.deepEqual(v2.api_versions, { mastodon: 7 });
    assert.equal((await get("/api/v1/instance")).version, v2.version);
  });

  it("names the site, its owner and how to reach them", async () => {
    const v2 = await get("/api/v2/instance");
    const host = new URL(api.origin).host;
    assert.deepEqual([v2.domain, v2.title, v2.description], [host, "The Blog", "Bread, mostly."]);
    assert.equal(v2.contact.email, "owner@blog.example");
    assert.equal(v2.contact.account.acct, "blog");
    assert.match(v2.thumbnail.url, /^http:\/\/localhost:\d+\/fediverse\/media\//);
    assert.deepEqual(v2.languages, ["de"]);
    assert.equal(v2.registrations.enabled, false);
    assert.ok(v2.configuration.vapid.public_key.length > 80);
    const v1 = await get("/api/v1/instance");
    assert.deepEqual(
      [v1.uri, v1.title, v1.email, v1.registrations],
      [host, "The Blog", "owner@blog.example", false],
    );
    assert.deepEqual(v1.stats, { user_count: 1, status_count: 0, domain_count: 0 });
    assert.equal(v1.contact_account.username, "blog");
  });

  it("tells the limits that are checked", async () => {
    for (const path of ["/api/v1/instance", "/api/v2/instance"]) {
      const { configuration } = await get(path);
      assert.equal(configuration.statuses.max_characters, STATUS_LIMITS.characters);
      assert.equal(configuration.statuses.max_media_attachments, STATUS_LIMITS.attachments);
      assert.equal(configuration.polls.max_options, STATUS_LIMITS.pollOptions);
      assert.equal(configuration.media_attachments.image_size_limit, MEDIA_LIMITS.imageBytes);
      assert.ok(configuration.media_attachments.supported_mime_types.includes("image/jpeg"));
      assert.ok(!configuration.media_attachments.supported_mime_types.includes("image/svg+xml"));
    }
  });

  it("speaks of streams only where they are attached", async () => {
    assert.equal("streaming" in (await get("/api/v2/instance")).configuration.urls, false);
    assert.deepEqual((await get("/api/v1/instance")).urls, {});
    api.site.faces.streamingUrl = "wss://blog.example";
    assert.equal((await get("/api/v2/instance")).configuration.urls.streaming, "wss://blog.example");
    assert.equal((await get("/api/v1/instance")).urls.streaming_api, "wss://blog.example");
    delete api.site.faces.streamingUrl;
  });

  it("stands without a contact, an owner's picture or a language, too", async () => {
    const bare = await startApi({ accounts: [{ username: "a" }, { username: "b" }] });
    const { body } = await bare.stranger().get("/api/v2/instance");
    assert.equal(body.contact.email, "");
    assert.equal(body.title, new URL(bare.origin).host);
    assert.ok(URL.canParse(body.thumbnail.url));
    await bare.stranger().get("/api/v1/instance");
    await bare.close();
  });

  it("lists nothing where there is nothing", async () => {
    for (const path of [
      "/api/v1/instance/rules",
      "/api/v1/instance/peers",
      "/api/v1/custom_emojis",
      "/api/v1/trends",
      "/api/v1/trends/tags",
      "/api/v1/trends/statuses",
      "/api/v1/trends/links",
    ])
      assert.deepEqual(await get(path), [], path);
    assert.deepEqual(await get("/api/v1/instance/translation_languages"), {});
    for (const path of ["activity", "domain_blocks", "terms_of_service", "terms_of_service/2026-01-01"])
      await api.stranger().get(`/api/v1/instance/${path}`, {}, { expect: 404 });
  });

  it("names the hosts it speaks with", async () => {
    const other = await startApi();
    for (const _id of ["b.example", "a.example"])
      await other.site.models.hosts.create({ _id, failures: 0, expiresAt: new Date(Date.now() + 1e9) });
    assert.deepEqual((await other.stranger().get("/api/v1/instance/peers")).body, ["a.example", "b.example"]);
    await other.close();
  });

  it("has words about itself and about what it keeps", async () => {
    assert.match((await get("/api/v1/instance/extended_description")).content, /Bread, <em>mostly<\/em>/);
    assert.match((await get("/api/v1/instance/privacy_policy")).content, /stored here/);
    const languages = (await get("/api/v1/instance/languages")) as { code: string; name: string }[];
    assert.deepEqual(
      languages.find(({ code }) => code === "de"),
      { code: "de", name: "German" },
    );
    assert.ok(languages.length > 180 && languages.every(({ name }) => name.length > 1));
  });

  it("has announcements for nobody but answers those who ask", async () => {
    const caller = await api.client();
    assert.deepEqual((await caller.get("/api/v1/announcements")).body, []);
    assert.deepEqual((await caller.post("/api/v1/announcements/1/dismiss")).body, {});
    assert.deepEqual((await caller.put("/api/v1/announcements/1/reactions/x")).body, {});
    assert.deepEqual((await caller.delete("/api/v1/announcements/1/reactions/x")).body, {});
    await api.stranger().get("/api/v1/announcements", {}, { expect: 401 });
  });

  it("tells a person's preferences", async () => {
    const caller = await api.client("blog", "read:accounts");
    const { body } = await caller.get("/api/v1/preferences");
    assert.equal(body["posting:default:visibility"], "public");
    assert.equal(body["posting:default:language"], "de");
    const { _id } = await api.account();
    const defaults = {
      visibility: "followers" as const,
      sensitive: true,
      language: "fr",
      quotePolicy: "nobody" as const,
    };
    await api.site.models.actors.updateOne({ _id }, { $set: { defaults } });
    const changed = (await caller.get("/api/v1/preferences")).body;
    assert.equal(changed["posting:default:visibility"], "private");
    assert.equal(changed["posting:default:sensitive"], true);
    assert.equal(changed["posting:default:language"], "fr");
    await (await api.client("blog", "read:statuses")).get("/api/v1/preferences", {}, { expect: 403 });
  });

  it("says in nodeinfo whose API it speaks", async () => {
    for (const version of ["2.0", "2.1"]) {
      const response = await fetch(`${api.origin}/nodeinfo/${version}`);
      const body = (await response.json()) as {
        software: { name: string };
        metadata: { upstream: { name: string } };
      };
      assert.equal(body.software.name, "express-fediverse");
      assert.equal(body.metadata.upstream.name, "mastodon");
    }
  });
});
