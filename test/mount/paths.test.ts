import { strict as assert } from "node:assert";
import { isApiPath, isOursByPath, mayBeOurs } from "../../src/paths.ts";

const OURS = [
  "/@blog",
  "/ap/actors/1",
  "/fediverse/comments",
  "/tags/bread",
  "/nodeinfo/2.1",
  "/oauth/authorize",
  "/.well-known/webfinger",
  "/.well-known/host-meta.json",
  "/.well-known/nodeinfo",
];
const API = [
  "/api/v1/instance",
  "/api/oembed",
  "/oauth/token",
  "/oauth/revoke",
  "/oauth/userinfo",
  "/.well-known/oauth-authorization-server",
];

describe("the look at a path", () => {
  it("passes every path of ours by its first look, with and without a query", () => {
    for (const path of [...OURS, ...API]) {
      assert.ok(isOursByPath(path) || isApiPath(path), `${path} is one of ours`);
      assert.ok(mayBeOurs(path) && mayBeOurs(`${path}?a=b`), path);
    }
  });

  it("lets the host's own pages go by after two characters", () => {
    for (const path of ["/", "/?page=2", "/posts/bread", "/static/site.css", "/users/sign_in"])
      assert.ok(!mayBeOurs(path), path);
  });

  it("leaves an absolute request target to the careful look", () => {
    assert.ok(mayBeOurs("http://blog.example/@blog"));
    assert.ok(mayBeOurs(""), "and what is no target at all");
  });
});
