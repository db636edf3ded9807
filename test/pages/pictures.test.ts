import assert from "node:assert/strict";
import { readdirSync } from "node:fs";
import { chmod, mkdir, rm, writeFile } from "node:fs/promises";
import type { IncomingMessage, ServerResponse } from "node:http";
import { join } from "node:path";
import express from "express";
import request from "supertest";
import { loadPictureSecret, pictureAddress } from "../../src/domain/media.ts";
import { createNetwork } from "../../src/network/network.ts";
import { pictureRoutes } from "../../src/pages/pictures.ts";
import { MINUTE } from "../../src/support/clock.ts";
import { startServer, type TestServer } from "../support/server.ts";
import { until } from "../support/until.ts";
import { stage, type Stage } from "./stage.ts";

const png = (size = 100): Buffer =>
  Buffer.concat([Buffer.from("\x89PNG\r\n\x1a\n", "latin1"), Buffer.alloc(size - 8)]);

describe("the picture proxy", () => {
  let made: Stage;
  let server: TestServer;
  let answer: (request: IncomingMessage, response: ServerResponse) => void;

  beforeEach(async () => {
    made = await stage();
    await loadPictureSecret(made.site);
    server = await startServer((incoming, response) => answer(incoming, response));
    answer = (_request, response) => response.setHeader("content-type", "image/png").end(png());
  });
  afterEach(async () => {
    await made.close();
    await server.close();
  });

  const path = (name: string): string =>
    new URL(pictureAddress(made.site, `${server.origin}${name}`)).pathname;
  const get = (name: string) => request(made.app).get(path(name));
  const kept = (): string[] =>
    readdirSync(join(made.site.options.dataDir, "pictures"), { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => entry.name);

  it("shows a picture of another server, harmless and for long", async () => {
    const { headers, body } = await get("/cat.png").expect(200);
    assert.deepEqual(body, png());
    assert.equal(headers["content-type"], "image/png");
    assert.equal(headers["x-content-type-options"], "nosniff");
    assert.match(headers["content-security-policy"] ?? "", /default-src 'none'; sandbox/);
    assert.equal(headers["cache-control"], "public, max-age=604800, immutable");
    await get("/cat.png")
      .set("If-None-Match", headers["etag"] ?? "")
      .expect(304);
  });

  it("tells that server nothing of the visitor", async () => {
    await get("/cat.png")
      .set({
        "X-Forwarded-For": "192.0.2.7",
        Cookie: "a=b",
        Referer: "https://blog.example/x",
        "User-Agent": "Netscape",
      })
      .expect(200);
    const sent = JSON.stringify(server.requests[0]?.headers);
    assert.doesNotMatch(sent, /192\.0\.2\.7|a=b|referer|Netscape/i);
  });

  it("fetches it once, now and later", async () => {
    await get("/cat.png").expect(200);
    await get("/cat.png").expect(200);
    assert.equal(server.requests.length, 1);
  });

  it("fetches it once for all who ask at the same time", async () => {
    const waiting: ServerResponse[] = [];
    answer = (_request, response) => void waiting.push(response);
    const asking = Promise.all(
      Array.from({ length: 10 }, () => get("/cat.png").then(({ status }) => status)),
    );
    await until(() => waiting.length > 0);
    for (const response of waiting) response.end(png());
    assert.deepEqual(await asking, Array<number>(10).fill(200));
    assert.equal(server.requests.length, 1);
  });

  it("fetches only what our pages named", async () => {
    const good = path("/cat.png").split("/");
    const forged = [
      `/fediverse/media/${good[3] ?? ""}/${Buffer.from(`${server.origin}/admin`).toString("base64url")}`,
      `/fediverse/media/${"A".repeat(22)}/${good[4] ?? ""}`,
      `/fediverse/media/x/${good[4] ?? ""}`,
      `/fediverse/media/%2e%2e%2f/${good[4] ?? ""}`,
      `${path("/cat.png")}/more`,
      `/fediverse/media/${good[4] ?? ""}`,
    ];
    for (const address of forged) await request(made.app).get(address).expect(404);
    assert.equal(server.requests.length, 0);
  });

  it("goes by the bytes, not by what the server says", async () => {
    answer = (_request, response) => response.setHeader("content-type", "text/html").end(png());
    assert.equal((await get("/as-html").expect(200)).headers["content-type"], "image/png");
    for (const [type, body] of [
      ["image/svg+xml", '<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>'],
      ["image/png", "<!doctype html><script>alert(document.domain)</script>"],
      ["image/png", ""],
      ["application/json", '{"secret": true}          '],
    ] as const) {
      answer = (_request, response) => response.setHeader("content-type", type).end(body);
      const { text, headers } = await get(`/${type}/${body.length}`).expect(404);
      assert.doesNotMatch(text, /script|secret/);
      assert.equal(headers["x-content-type-options"], "nosniff");
    }
  });

  it("takes no picture that is too large, however it is sent", async () => {
    answer = (_request, response) => {
      response.writeHead(200);
      response.write(png(4 * 1024 * 1024));
      response.end(Buffer.alloc(2 * 1024 * 1024));
    };
    await get("/huge.png").expect(404);
    assert.throws(kept, { code: "ENOENT" });
  });

  it("does not ask again for ten minutes after it failed", async () => {
    answer = (_request, response) => response.writeHead(500).end();
    await get("/cat.png").expect(404).expect("cache-control", "public, max-age=600");
    answer = (_request, response) => response.end(png());
    await get("/cat.png").expect(404);
    assert.equal(server.requests.length, 1);
    made.clock.advance(10 * MINUTE);
    await get("/cat.png").expect(200);
  });

  it("fails kindly where the server is silent", async () => {
    const address = path("/cat.png");
    await server.close();
    await request(made.app).get(address).expect(404);
  });

  it("keeps no more than it may", async () => {
    const app = express().use(pictureRoutes(made.site, 1000));
    answer = (_request, response) => response.end(png(400));
    for (let n = 0; n < 6; n += 1) {
      await request(app)
        .get(path(`/${n}.png`))
        .expect(200);
      made.clock.advance(MINUTE);
    }
    assert.ok(kept().length <= 2, `${kept().length} pictures of 400 bytes`);
  });

  it("shows pictures though the disk takes none", async () => {
    const folder = join(made.site.options.dataDir, "pictures");
    await mkdir(made.site.options.dataDir, { recursive: true });
    await rm(folder, { recursive: true, force: true });
    await writeFile(folder, "a file in the way");
    await chmod(folder, 0o400);
    assert.deepEqual((await get("/cat.png").expect(200)).body, png());
  });

  it("asks no blocked host", async () => {
    const strict = await stage({ blockedHosts: ["127.0.0.1"] });
    await loadPictureSecret(strict.site);
    const address = pictureAddress(strict.site, `${server.origin}/cat.png`);
    await request(strict.app).get(new URL(address).pathname).expect(404);
    assert.equal(server.requests.length, 0);
    await strict.close();
  });

  it("asks no private address on a public site", async () => {
    const network = createNetwork({ userAgent: "test" });
    const open = await stage({ allowPrivateNetwork: false, network });
    await loadPictureSecret(open.site);
    for (const url of [`${server.origin}/x.png`, "https://169.254.169.254/latest", "https://localhost/x.png"])
      await request(open.app)
        .get(new URL(pictureAddress(open.site, url)).pathname)
        .expect(404);
    assert.equal(server.connections, 0);
    await open.close();
  });
});
