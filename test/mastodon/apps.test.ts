import assert from "node:assert/strict";
import { startApi, type StartedApi } from "./support/start-api.ts";

describe("registering an app", () => {
  let api: StartedApi;
  before(async () => {
    api = await startApi();
  });
  after(() => api.close());

  const app = {
    client_name: "Reader",
    redirect_uris: "https://reader.example/back",
    scopes: "read write follow push",
  };
  const register = (more: object, expect?: number, as: "json" | "form" = "json") =>
    api
      .stranger()
      .post("/api/v1/apps", { ...app, ...more }, { as, ...(expect === undefined ? {} : { expect }) });

  it("works as a form, as JSON, in the query, as multipart and without a Content-Type", async () => {
    for (const as of ["form", "json", "query", "multipart", "none"] as const) {
      const { body } = await api
        .stranger()
        .post("/api/v1/apps", { ...app, website: "https://reader.example" }, { as });
      assert.equal(body.name, "Reader", as);
      assert.equal(body.website, "https://reader.example");
      assert.equal(body.redirect_uri, "https://reader.example/back");
      assert.deepEqual(body.redirect_uris, ["https://reader.example/back"]);
      assert.deepEqual(body.scopes, ["read", "write", "follow", "push"]);
      assert.equal(body.client_secret_expires_at, 0);
      assert.ok(body.client_id.length > 20 && body.client_secret.length > 20 && body.vapid_key.length > 80);
    }
  });

  it("keeps of the secret only a hash", async () => {
    const { body } = await register({});
    const row = await api.site.models.apps.findOne({ clientId: body.client_id }).lean();
    assert.ok(!JSON.stringify(row).includes(body.client_secret));
    assert.match(row?.secretHash ?? "", /^[A-Za-z0-9_-]{43}$/);
  });

  it("takes several redirect URIs, on lines or as a list, and those that are no URLs to anybody else", async () => {
    const uris = [
      "com.tapbots.Ivory.10217:/request_token",
      "urn:ietf:wg:oauth:2.0:oob",
      "oauth2redirect://com.keylesspalace.tusky/",
      "icecubesapp://",
      "mastodon://joinmastodon.org/oauth",
      "tuba://auth_code",
      "http://localhost:1234/cb?x=1",
    ];
    for (const [given, as] of [
      [uris.join("\n"), "form"],
      [uris.join("\r\n"), "json"],
      [uris, "json"],
      [uris, "form"],
    ] as const) {
      const { body } = await register({ redirect_uris: given }, 200, as);
      assert.deepEqual(body.redirect_uris, uris);
    }
  });

  it("refuses redirect URIs that a browser would run, read or cut short", async () => {
    for (const uri of [
      "javascript:alert(1)",
      "JavaScript:alert(1)",
      "data:text/html,x",
      "file:///etc/passwd",
      "/relative",
      "reader.example",
      "https://",
      "https://reader.example/#part",
      'https://reader.example/"onload=x',
      "https://reader.example/;\u0000",
      `https://reader.example/${"x".repeat(3000)}`,
    ]) {
      const { body } = await register({ redirect_uris: [uri] }, 422);
      assert.match(body.error, /^Validation failed: Redirect URI/, uri);
    }
    assert.match((await register({ redirect_uris: "" }, 422)).body.error, /Redirect URI/);
    assert.match(
      (await register({ redirect_uris: Array.from({ length: 100 }, (_, n) => `app${n}://x`) }, 422)).body
        .error,
      /too many/,
    );
  });

  it("refuses an app without a name, with scopes that do not exist, or a home that is no web page", async () => {
    assert.match((await register({ client_name: " " }, 422)).body.error, /Application name can't be blank/);
    assert.match((await register({ client_name: "x".repeat(200) }, 422)).body.error, /too long/);
    assert.match((await register({ scopes: "read everything" }, 422)).body.error, /Scopes/);
    assert.match((await register({ website: "javascript:alert(1)" }, 422)).body.error, /Website/);
    for (const wrong of [
      { client_name: { a: 1 } },
      { client_name: null },
      { redirect_uris: { a: { b: 1 } } },
    ])
      await register(wrong, 422);
  });

  it("gives the scope read to an app that names none, and takes those for operators", async () => {
    assert.deepEqual((await register({ scopes: undefined })).body.scopes, ["read"]);
    assert.deepEqual((await register({ scopes: "" })).body.scopes, ["read"]);
    assert.deepEqual((await register({ scopes: "read admin:read admin:write:reports" })).body.scopes, [
      "read",
      "admin:read",
      "admin:write:reports",
    ]);
  });

  it("is slowed down per address", async () => {
    const caller = api.stranger();
    for (let n = 0; n < 5; n += 1) await caller.post("/api/v1/apps", app);
    const { headers, body } = await caller.post("/api/v1/apps", app, { expect: 429 });
    assert.equal(body.error, "Too many requests");
    assert.ok(Number(headers.get("retry-after")) > 0);
    assert.equal(headers.get("x-ratelimit-remaining"), "0");
    await register({});
  });

  it("can be asked about with a person's token and with the app's own; it says no secret", async () => {
    for (const account of ["blog", undefined]) {
      const caller = await api.client(account, "read");
      const { body } = await caller.get("/api/v1/apps/verify_credentials");
      assert.equal(body.name, "Test App");
      assert.deepEqual(body.redirect_uris, ["app://test"]);
      assert.equal("client_secret" in body || "client_id" in body, false);
    }
    await api.stranger().get("/api/v1/apps/verify_credentials", {}, { expect: 401 });
  });
});
