import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, writeFileSync } from "node:fs";
import { rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import express from "express";
import request from "supertest";
import { assetRoutes } from "../../src/pages/assets.ts";
import { createViews } from "../../src/pages/views.ts";

describe("the files that pages load", () => {
  const views = createViews();
  const app = express()
    .use(assetRoutes(views))
    .use((_request, response) => void response.status(404).send("the host"));

  it("are kept for ever at the address that changes with them", async () => {
    for (const name of ["pages.css", "comments.css", "pages.js", "comments.js"]) {
      const { headers } = await request(app).get(views.assetUrl(name)).expect(200);
      assert.equal(headers["cache-control"], "public, max-age=31536000, immutable", name);
      assert.match(headers["content-type"] ?? "", name.endsWith("css") ? /text\/css/ : /text\/javascript/);
      assert.equal(headers["x-content-type-options"], "nosniff");
    }
  });

  it("are asked for again at their plain address, which other sites name", async () => {
    const { headers, text } = await request(app).get("/fediverse/assets/comments.js").expect(200);
    assert.equal(headers["cache-control"], "public, max-age=3600");
    assert.equal(headers["access-control-allow-origin"], "*");
    assert.match(text, /data-fediverse-comments/);
    await request(app)
      .get("/fediverse/assets/comments.js")
      .set("If-None-Match", headers["etag"] ?? "")
      .expect(304);
  });

  it("are not kept for long under the hash of another version", async () => {
    const { headers } = await request(app).get("/fediverse/assets/pages.000000000000.css").expect(200);
    assert.equal(headers["cache-control"], "public, max-age=3600");
  });

  it("are no others than these", async () => {
    for (const name of [
      "",
      "nothing.css",
      "..%2f..%2fpackage.json",
      "%2e%2e/%2e%2e/package.json",
      "../profile.hbs",
      "profile.hbs",
      "pages",
      "constructor",
      "__proto__.js",
    ])
      await request(app).get(`/fediverse/assets/${name}`).expect(404);
  });

  it("may be more in the host's folder, in folders of their own", async () => {
    const folder = mkdtempSync(join(tmpdir(), "fedi-assets-"));
    mkdirSync(join(folder, "assets", "fonts"), { recursive: true });
    writeFileSync(join(folder, "assets", "fonts", "own.woff2"), "font");
    const own = createViews(folder);
    const { headers } = await request(express().use(assetRoutes(own)))
      .get(own.assetUrl("fonts/own.woff2"))
      .expect(200);
    assert.equal(headers["content-type"], "font/woff2");
    await rm(folder, { recursive: true });
  });

  it("are small", () => {
    const size = (name: string): number => views.asset(name)?.content.length ?? Number.POSITIVE_INFINITY;
    assert.ok(size("pages.css") + size("comments.css") < 30_000);
    assert.ok(size("pages.js") + size("comments.js") < 5_000);
  });
});
