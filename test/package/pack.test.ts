import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readdirSync, symlinkSync, writeFileSync } from "node:fs";
import { rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { start, type Child } from "../support/child.ts";
import { freePort } from "../support/free-port.ts";

const run = promisify(execFile);
const ROOT = fileURLToPath(new URL("../../", import.meta.url));

/**
 * What npm would publish, in an empty folder, run by plain Node. The packed file is unpacked where npm would put it, and
 * its dependencies (those of package.json and no other) are links to the ones installed here: an install from a
 * registry would test the registry and take minutes.
 */
describe("the package as it is published", function () {
  this.timeout(120_000);
  let folder: string;
  let installed: string;
  let manifest: { dependencies: Record<string, string>; version: string };
  const running: Child[] = [];

  before(async () => {
    if (!existsSync(join(ROOT, "dist/src/index.js"))) throw new Error("the build is packed: npm run build");
    folder = mkdtempSync(join(tmpdir(), "fedi-packed-"));
    const packed = await run("npm", ["pack", "--json", "--ignore-scripts", "--pack-destination", folder], {
      cwd: ROOT,
    });
    const [{ filename = "" } = {}] = JSON.parse(packed.stdout) as { filename?: string }[];
    installed = join(folder, "node_modules", "express-fediverse");
    mkdirSync(installed, { recursive: true });
    await run("tar", ["-xzf", join(folder, filename), "-C", installed, "--strip-components=1"]);
    manifest = JSON.parse((await run("cat", [join(installed, "package.json")])).stdout) as typeof manifest;
    for (const name of Object.keys(manifest.dependencies)) link(name);
    writeFileSync(join(folder, "package.json"), JSON.stringify({ type: "module", private: true }));
  });

  afterEach(async () => {
    for (const child of running.splice(0)) await child.stop();
  });

  after(async () => {
    await rm(folder, { recursive: true, force: true });
  });

  function link(name: string): void {
    const at = join(folder, "node_modules", name);
    mkdirSync(join(at, ".."), { recursive: true });
    symlinkSync(join(ROOT, "node_modules", name), at);
  }

  function node(args: string[], env: Record<string, string> = {}): Child {
    const child = start(args, { cwd: folder, env });
    running.push(child);
    return child;
  }

  it("holds the code, its types, the views and the documents, and nothing else", () => {
    const files = readdirSync(installed, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => join(entry.parentPath, entry.name).slice(installed.length + 1));
    for (const wanted of [
      "dist/src/index.js",
      "dist/src/index.d.ts",
      "dist/src/cli/main.js",
      "dist/migrations/index.js",
      "dist/views/profile.hbs",
      "LICENSE",
      "README.md",
      "CHANGELOG.md",
      "FEDERATION.md",
      "docs/options.md",
    ])
      assert.ok(files.includes(wanted), `${wanted} is missing`);
    const strange = files.filter(
      (file) =>
        !/^(dist\/(src|migrations|views)\/|docs\/options\.md$|[A-Z]+(\.md)?$|package\.json$)/.test(file),
    );
    assert.deepEqual(strange, []);
    assert.ok(files.every((file) => !/\.test\.|tsbuildinfo|(?<!\.d)\.ts$/.test(file)));
  });

  it("needs no type packages or tools at run time: a site answers over HTTP", async () => {
    const port = await freePort();
    writeFileSync(
      join(folder, "app.js"),
      `import express from "express";
       import { fediverse } from "express-fediverse";
       const fedi = fediverse({ origin: "http://localhost:${port}", accounts: [{ username: "blog" }], allowPrivateNetwork: true });
       const app = express().use(fedi);
       app.get("/", (request, response) => response.send("the host"));
       app.listen(${port}, async () => {
         await fedi.ready;
         const post = await fedi.publish({ markdown: "Hello from an **empty** folder." });
         console.log("ready " + post.url);
       });
       process.once("SIGTERM", () => fedi.close().then(() => process.exit(0)));`,
    );
    const [, url = ""] = await node(["app.js"]).prints(/^ready (\S+)$/m, 60_000);
    const page = await fetch(url, { headers: { accept: "text/html" } });
    assert.match(await page.text(), /Hello from an <strong>empty<\/strong> folder\./);
    const style = /href="(\/fediverse\/assets\/[^"]+\.css)"/.exec(
      await (await fetch(url, { headers: { accept: "text/html" } })).text(),
    )?.[1];
    assert.equal((await fetch(new URL(style ?? "", url))).status, 200, "the views' own files are there");
    const jrd = await fetch(
      `http://localhost:${port}/.well-known/webfinger?resource=acct:blog@localhost:${port}`,
    );
    assert.equal(jrd.status, 200);
    assert.equal(await (await fetch(`http://localhost:${port}/`)).text(), "the host");
    assert.ok(existsSync(join(folder, "fediverse-data", "db")), "the store lies in the folder of the app");
  });

  it("brings its command", async () => {
    const command = join(installed, "dist/src/cli/main.js");
    const version = await run(command, ["version"], { cwd: folder });
    assert.equal(version.stdout.trim(), manifest.version, "executable as npm would link it");

    const port = await freePort();
    const serve = node([command, "serve", "--data-dir", join(folder, "served")], {
      FEDIVERSE_ORIGIN: `http://localhost:${port}`,
      FEDIVERSE_PORT: String(port),
      FEDIVERSE_ALLOW_PRIVATE_NETWORK: "1",
    });
    await serve.prints(/is on the fediverse/, 60_000);
    assert.equal((await fetch(`http://localhost:${port}/.well-known/nodeinfo`)).status, 200);
    serve.process.kill("SIGTERM");
    assert.equal((await serve.ended()).code, 0);
  });

  it("has declarations that a strict consumer type-checks against, without the types of Express", async () => {
    link("@types/node");
    link("undici-types");
    writeFileSync(
      join(folder, "consumer.ts"),
      `import { createServer } from "node:http";
       import { directory, feed, fediverse, type Comment, type FediverseOptions, type PostInput } from "express-fediverse";
       const options: FediverseOptions = {
         origin: "https://blog.example",
         accounts: [{ username: "blog", type: "Person", fields: [{ name: "Home", value: "here" }] }],
         posts: [feed("https://blog.example/feed.xml", { author: "blog" }), directory("./posts")],
         delivery: { perHost: 2 },
       };
       const fedi = fediverse(options);
       const post: PostInput = { markdown: "Hello", visibility: "unlisted", tags: ["bread"] };
       fedi.on("comment", ({ comment, author }) => console.log(comment.content, author.username));
       export async function template(url: string): Promise<string[]> {
         await fedi.ready;
         const row = await fedi.publish(post);
         const { comments, total, next } = await fedi.comments(url, { limit: 10 });
         const { likes, likers } = await fedi.reactions(row.url);
         const texts = (list: Comment[]): string[] => list.flatMap((one) => [one.author.name, one.html, ...texts(one.replies)]);
         return [...texts(comments), String(total + likes), next ?? "", ...likers.map((face) => face.handle)];
       }
       createServer((request, response) => fedi(request, response, () => response.end()));
       // @ts-expect-error a mistyped option does not compile
       fediverse({ origin: "https://blog.example", acounts: [] });
       // @ts-expect-error nor does a visibility that is none
       void fedi.publish({ markdown: "Hello", visibility: "secret" });`,
    );
    writeFileSync(
      join(folder, "tsconfig.json"),
      JSON.stringify({
        compilerOptions: {
          module: "NodeNext",
          target: "ES2023",
          strict: true,
          noEmit: true,
          types: ["node"],
          skipLibCheck: true,
        },
        files: ["consumer.ts"],
      }),
    );
    const tsc = join(ROOT, "node_modules/typescript/bin/tsc");
    const checked = await run(process.execPath, [tsc, "-p", folder], { cwd: folder }).catch(
      (error: unknown) => error as { stdout: string },
    );
    assert.equal(checked.stdout, "");
  });
});
