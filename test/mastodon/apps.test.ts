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
});
