import assert from "node:assert/strict";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { startScript } from "../support/child.ts";

interface Seen {
  status: number;
  packages: string[];
  /** The package's own: routers, each with all that stands behind it. */
  faces: string[];
}

/** What waits until somebody needs it, with what it brings along. */
const WAITING = [
  ...["feedsmith", "fast-xml-parser", "chokidar", "yaml"],
  ...["undici", "http-signature", "sshpk", "web-push"],
  ...["sanitize-html", "postcss", "htmlparser2", "handlebars", "sharp"],
  ...["multer", "busboy", "ws", "rate-limiter-flexible"],
  ...["lmdb", "msgpackr"],
];
const MIGRATING = ["umzug", "@rushstack/ts-command-line"];

describe("a host with a site on it", function () {
  this.timeout(120_000);
  let folder: string;
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), "fedi-light-"));
  });
  after(() => rm(folder, { recursive: true, force: true }));

  async function run(...pages: string[]): Promise<Seen[]> {
    const { code, stdout, stderr } = await startScript("test/mount/light-site.ts", {
      args: [folder, ...pages],
    }).ended();
    assert.equal(code, 0, stderr);
    return stdout
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line) as Seen);
  }
  const among = ({ packages }: Seen, names: string[]): string[] =>
    names.filter((name) => packages.includes(name));

  it("holds no library that waits for work, at its first start only what makes the store", async () => {
    const [started] = await run();
    assert.ok(started);
    assert.deepEqual(among(started, WAITING), []);
    assert.deepEqual(among(started, [...MIGRATING, "mongoose", "zod"]), [...MIGRATING, "mongoose", "zod"]);
  });

  it("does not hold what makes the store at later starts, and each of the others, its own faces too, from the request on that needs it", async () => {
    const [started, found, page, api] = await run(
      "/.well-known/webfinger?resource=acct:blog@light.localhost",
      "/@blog",
      "/api/v1/instance",
    );
    assert.ok(started && found && page && api);
    assert.deepEqual([found.status, page.status, api.status], [200, 200, 200]);
    assert.deepEqual(among(started, [...WAITING, ...MIGRATING]), []);
    assert.deepEqual(among(found, WAITING), []);
    assert.deepEqual(among(page, WAITING), ["htmlparser2", "handlebars"]);
    // The site's keys for push messages are made for the first app that asks.
    assert.deepEqual(among(api, WAITING), ["web-push", "htmlparser2", "handlebars", "rate-limiter-flexible"]);
    assert.deepEqual(started.faces, []);
    assert.deepEqual(found.faces, ["activitypub/router"]);
    assert.deepEqual(page.faces, ["activitypub/router", "pages/router"]);
    assert.deepEqual(api.faces, ["activitypub/router", "mastodon/router", "pages/router"]);
  });
});
