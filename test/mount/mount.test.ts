import assert from "node:assert/strict";
import express5, { type Express } from "express";
import express4 from "express4";
import type { Fediverse } from "../../src/index.ts";
import type { Logger } from "../../src/support/logger.ts";
import { startBlog, type Blog, type BlogOptions } from "../support/blog.ts";
import { FakeRemote } from "../support/fake-remote.ts";
import { until } from "../support/until.ts";

const ACTIVITY = "application/activity+json";

for (const [name, express] of [
  ["Express 5", express5],
  ["Express 4", express4],
] as const) {
  describe(`mounted on ${name}`, () => {
    const open: { close(): Promise<void> }[] = [];
    const start = async (options: BlogOptions = {}): Promise<Blog> => {
      const blog = await startBlog({ express, routes, ...options });
      open.push(blog);
      return blog;
    };
    const startRemote = async (): Promise<FakeRemote> => {
      const remote = await FakeRemote.start("127.0.0.1", 0);
      open.push(remote);
      return remote;
    };

    afterEach(async () => {
      for (const one of open.splice(0).reverse()) await one.close();
    });

    const get = (blog: Blog, path: string, accept = "text/html"): Promise<Response> =>
      fetch(blog.origin + path, { headers: { accept }, redirect: "manual" });

    it("answers what other servers ask for", async () => {
      const blog = await start();
      const jrd = await get(blog, `/.well-known/webfinger?resource=acct:blog@${blog.host}`, "*/*");
      assert.equal(jrd.headers.get("content-type"), "application/jrd+json; charset=utf-8");
      const { links } = (await jrd.json()) as { links: { rel: string; href: string }[] };
      const self = links.find((link) => link.rel === "self")?.href ?? "";
      const actor = await fetch(self, { headers: { accept: ACTIVITY } });
      assert.equal(actor.status, 200);
      assert.equal(((await actor.json()) as { id: string }).id, self);
      assert.equal((await get(blog, "/nodeinfo/2.1")).status, 200);
    });

    it("publishes, and shows comments, while a source reads its first thousand posts, and ends in the middle of it", async () => {
      const started: string[] = [];
      let goOn: () => void = () => undefined;
      const source = (name: string) => ({
        name,
        start: () => {
          started.push(name);
          return new Promise<void>((resolve) => (goOn = resolve));
        },
        stop: () => Promise.resolve(goOn()),
      });
      const blog = await start({ wait: false, options: { posts: [source("first"), source("second")] } });
      const { url } = await blog.fedi.publish({ markdown: "Rye." });
      assert.equal((await blog.fedi.comments(url)).total, 0);
      assert.equal((await get(blog, new URL(url).pathname)).status, 200);
      await blog.fedi.close();
      await blog.fedi.ready;
      assert.deepEqual(started, ["first"], "a source that starts now would be stopped by nobody");
    });

    it("answers people with pages, and takes their queries", async () => {
      const blog = await start();
      const profile = await get(blog, "/@blog");
      assert.equal(profile.status, 200);
      assert.match(await profile.text(), /The Blog/);
      assert.equal((await get(blog, "/fediverse/follow?account=blog")).status, 200);
      assert.equal((await get(blog, "/fediverse/follow?account=nobody")).status, 404);
      const style = /href="(\/fediverse\/assets\/[^"]+\.css)"/.exec(
        await (await get(blog, "/@blog")).text(),
      )?.[1];
      assert.equal((await get(blog, style ?? "")).headers.get("content-type"), "text/css; charset=utf-8");
    });

    it("leaves the host's own pages as they are, to the byte and the header", async () => {
      const blog = await start();
      const bare = express();
      routes(bare);
      const server = bare.listen(0);
      open.push({ close: () => new Promise((resolve) => void server.close(() => resolve())) });
      const address = server.address() as { port: number };
      for (const path of ["/", "/posts/rye", "/api/things", "/nothing-here"]) {
        const [with_, without] = await Promise.all([
          get(blog, path),
          fetch(`http://localhost:${address.port}${path}`, { headers: { accept: "text/html" } }),
        ]);
        const headers = (response: Response) =>
          [...response.headers].filter(([header]) => header !== "date" && header !== "connection");
        assert.equal(with_.status, without.status, path);
        assert.deepEqual(headers(with_), headers(without), path);
        assert.equal(await with_.text(), await without.text(), path);
      }
    });

    it("gives the host what is under its prefixes and not its own", async () => {
      const blog = await start();
      for (const path of ["/@nobody", "/tags/of-the-host", "/ap/of-the-host", "/fediverse/of-the-host"]) {
        assert.equal(await (await get(blog, path)).text(), `the host at ${path}`, path);
      }
    });

    it("answers a post's page with the object to who asks for it, and with HTML to everybody else", async () => {
      const blog = await start();
      await blog.fedi.publish({ url: `${blog.origin}/posts/rye`, title: "Rye", html: "<p>Dense.</p>" });
      const object = await get(blog, "/posts/rye", ACTIVITY);
      assert.match(object.headers.get("content-type") ?? "", /^application\/activity\+json/);
      assert.match(object.headers.get("vary") ?? "", /Accept/);
      assert.equal(((await object.json()) as { name: string }).name, "Rye");
      assert.equal(await (await get(blog, "/posts/rye")).text(), "<h1>rye</h1>");
      assert.equal(await (await get(blog, "/posts/rye", "*/*")).text(), "<h1>rye</h1>");
      assert.equal(await (await get(blog, "/posts/none-of-ours", ACTIVITY)).text(), "<h1>none-of-ours</h1>");
    });

    it("says what is wrong in words where it throws: JSON for servers, a page for people", async () => {
      const blog = await start();
      const forServers = await get(blog, "/.well-known/webfinger", "*/*");
      assert.equal(forServers.status, 400);
      assert.equal(((await forServers.json()) as { reason: string }).reason, "no-resource");
      const malformed = await get(blog, "/@%E0%A4%A");
      assert.equal(malformed.status, 400);
      assert.match(await malformed.text(), /<!doctype html>/);
    });

    describe("takes a signed Follow", () => {
      const follow = async (blog: Blog) => {
        const remote = await startRemote();
        const alice = remote.character("alice");
        const actor = `${blog.origin}/ap/accounts/blog`;
        const answer = await remote.send(alice, `${actor}/inbox`, alice.activity("Follow", actor));
        return { alice, answer };
      };

      it("with no parser in front", async () => {
        const blog = await start();
        const { alice, answer } = await follow(blog);
        assert.equal(answer.status, 202);
        await until(() => alice.received.length === 1, "the Accept");
        assert.equal(alice.received[0]?.json?.["type"], "Accept");
      });

      it("behind express.json(), which leaves ActivityPub alone", async () => {
        const blog = await start({ before: (app) => app.use(express.json()) });
        assert.equal((await follow(blog)).answer.status, 202);
      });

      it("behind a parser of everything that keeps the raw bytes", async () => {
        const keep = {
          type: () => true,
          verify: (request: object, _: unknown, rawBody: Buffer) => Object.assign(request, { rawBody }),
        };
        const blog = await start({ before: (app) => app.use(express.json(keep)) });
        assert.equal((await follow(blog)).answer.status, 202);
      });

      it("not behind a parser that has eaten the bytes: says so, once in the log, and how to mend it", async () => {
        const errors: string[] = [];
        const nothing = (): void => undefined;
        const logger: Logger = {
          debug: nothing,
          info: nothing,
          warn: nothing,
          error: (_, text) => errors.push(String(text)),
        };
        const blog = await start({
          before: (app) => app.use(express.json({ type: () => true })),
          options: { logger },
        });
        for (let time = 0; time < 2; time += 1) {
          const { answer } = await follow(blog);
          assert.equal(answer.status, 500);
          assert.equal(answer.json?.["reason"], "body-eaten");
          assert.match(answer.body, /mounting fediverse\(\) before the body parser/);
        }
        assert.equal(errors.filter((text) => text.includes("before the body parser")).length, 1);
      });
    });

    it("is two sites in one process that know nothing of each other", async () => {
      const [one, other] = [await start(), await start()];
      const post = await one.fedi.publish({ markdown: "Said on one." });
      assert.equal((await get(one, new URL(post.url).pathname)).status, 200);
      assert.equal(
        await (await get(other, new URL(post.url).pathname)).text(),
        `the host at ${new URL(post.url).pathname}`,
      );
      const strangers = await get(other, `/.well-known/webfinger?resource=acct:blog@${one.host}`);
      assert.equal(strangers.status, 404);
      await one.fedi.close();
      assert.equal((await get(other, "/@blog")).status, 200, "closing one leaves the other");
      assert.equal((await get(one, "/@blog")).status, 503);
      assert.equal((await get(one, "/posts/rye")).status, 200, "the host goes on");
    });
  });
}

/** A host as it was before: pages, an API, its own answer to what it does not know. */
function routes(app: Express, _fedi?: Fediverse): void {
  app.get("/", (_request, response) => void response.send("<h1>Welcome</h1>"));
  app.get("/posts/:slug", (request, response) => void response.send(`<h1>${request.params.slug}</h1>`));
  app.get("/api/things", (_request, response) => void response.json({ things: [1, 2, 3] }));
  app.use((request, response) => void response.status(404).send(`the host at ${request.path}`));
}
