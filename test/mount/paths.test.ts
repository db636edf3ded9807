import { strict as assert } from "node:assert";
import express from "express";
import { isApiPath, isOursByPath, pathOf } from "../../src/paths.ts";

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
const THE_HOSTS = ["/", "/posts/bread", "/static/site.css", "/users/sign_in", "/apples", "/api", "/tagset"];

describe("the look at a path", () => {
  const seen = (url: string): string => pathOf(Object.assign(Object.create(express.request), { url }));

  it("knows ours, the API's and the host's, with and without a query", () => {
    for (const query of ["", "?", "?page=2", "?url=/@blog?x"]) {
      for (const path of OURS) assert.ok(isOursByPath(seen(path + query)), path + query);
      for (const path of API) assert.ok(isApiPath(seen(path + query)), path + query);
      for (const path of THE_HOSTS)
        assert.ok(!isOursByPath(seen(path + query)) && !isApiPath(seen(path + query)), path + query);
    }
  });

  it("reads what Express reads, from an absolute target, too", () => {
    for (const url of ["/@blog?a=b", "//@blog", "http://blog.example/@blog?a=b", "*", "/a%3Fb?c"])
      assert.equal(seen(url), Object.assign(Object.create(express.request), { url }).path, url);
  });
});
