import assert from "node:assert/strict";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import type { BrowserContext, Page } from "playwright-core";
import { receivePost } from "../../src/domain/receive.ts";
import { receiveInteraction } from "../../src/domain/interactions.ts";
import { violationsIn } from "../support/axe.ts";
import {
  hasBrowser,
  inWindow,
  NO_BROWSER,
  pixelsBeyond,
  startBrowser,
  type LookOptions,
  type TestBrowser,
} from "../support/browser.ts";
import { noteBy, storePerson } from "../support/people.ts";
import { startServer, type TestServer } from "../support/server.ts";
import { stage, type Stage } from "./stage.ts";

/** A grey picture of one pixel. */
const PIXEL = Buffer.from(
  "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNkYGD4DwABDQECqWkQ8QAAAABJRU5ErkJggg==",
  "base64",
);
const LONG = "a-word-without-an-end-".repeat(12);

describe("the pages in a browser", function () {
  this.timeout(120_000);
  let browser: TestBrowser;
  let made: Stage;
  let server: Server;
  let origin: string;
  /** The visitor's own server, and the one that pictures are on. */
  let remote: TestServer;
  let postPage: string;
  let paths: Record<string, string>;

  before(async function () {
    if (!hasBrowser) {
      console.log(`    ${NO_BROWSER}`);
      return this.skip();
    }
    browser = await startBrowser();
    remote = await startServer((request, response) => {
      if (request.url?.startsWith("/.well-known/webfinger") === true) {
        const template = `http://localhost:${remote.port}/interact?uri={uri}`;
        response
          .setHeader("content-type", "application/jrd+json")
          .end(JSON.stringify({ links: [{ rel: "http://ostatus.org/schema/1.0/subscribe", template }] }));
      } else if (request.url?.endsWith(".png") === true) response.end(PIXEL);
      else response.setHeader("content-type", "text/html").end("<h1>Your own server</h1>");
    });
    server = createServer((request, response) => made.app(request, response));
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    origin = `http://localhost:${(server.address() as AddressInfo).port}`;
    made = await stage({
      origin,
      accounts: [
        {
          username: "blog",
          name: "The Example Blog",
          summary: `Bread, **mostly**. ${LONG}`,
          avatar: { url: `${remote.origin}/avatar.png` },
          header: { url: `${remote.origin}/header.png`, alt: "Ears of wheat" },
          fields: [
            {
              name: "Shop",
              value: "https://shop.example/a/very/long/address/that/does/not/end/anywhere/soon",
            },
            { name: LONG.slice(0, 200), value: "2019" },
          ],
        },
      ],
    });
    await fill();
  });

  after(async () => {
    if (!hasBrowser) return;
    await browser.close();
    server.closeAllConnections();
    await new Promise<void>((resolve) => server.close(() => resolve()));
    await made.close();
    await remote.close();
  });

  async function fill(): Promise<void> {
    const post = await made.publish({
      title: "In praise of rye",
      markdown: `Stir it like mortar. ${LONG}\n\n    const long = "${LONG}";\n\n| a | b |\n| - | - |\n| ${LONG} | 2 |\n\n> So it was.\n\n\`code\` and [a link](https://x.example/${LONG})`,
      tags: ["rye", "sourdough"],
      image: { url: `${remote.origin}/rye.png`, alt: "A loaf", width: 1200, height: 675 },
    });
    await made.publish({
      markdown: "The oven is hot. #oven",
      attachments: [{ url: `${remote.origin}/oven.png`, alt: "An oven", mediaType: "image/png" }],
    });
    await made.publish({ markdown: "Behind a warning.", warning: "spiders" });
    const anna = await storePerson(made.site, "anna", {
      icon: { type: "Image", url: `${remote.origin}/anna.png` },
    });
    const ben = await storePerson(made.site, "ben", { name: LONG.slice(0, 120) });
    const first = noteBy(anna, { inReplyTo: post.uri, content: `<p>Lovely! ${LONG}</p><pre>${LONG}</pre>` });
    await receivePost(made.site, anna, first);
    let parent = first.uri;
    for (let n = 1; n <= 6; n += 1) {
      const answer = noteBy(ben, {
        inReplyTo: parent,
        content: `<p>Level ${n}</p>`,
        published: new Date(Date.UTC(2026, 1, 28, 11, n)),
      });
      await receivePost(made.site, ben, answer);
      parent = answer.uri;
    }
    await receivePost(
      made.site,
      ben,
      noteBy(ben, {
        inReplyTo: post.uri,
        warning: "butter",
        content: "<p>Hidden words</p>",
        published: new Date("2026-02-28T12:00:00Z"),
        sensitive: true,
        attachments: [{ type: "Image", url: `${remote.origin}/butter.png` }],
      }),
    );
    await receiveInteraction(made.site, "like", anna, post.uri, "https://remote.example/likes/1");
    await receiveInteraction(made.site, "boost", ben, post.uri, "https://remote.example/boosts/1");
    postPage = `/@blog/${post._id}`;
    paths = {
      "an account": "/@blog",
      "a post": postPage,
      "a tag": "/tags/rye",
      "the follow dialog": "/fediverse/follow?account=blog",
      "the follow dialog with a mistake": "/fediverse/follow?account=blog&handle=nonsense",
      "the reply dialog": `/fediverse/interact?uri=${encodeURIComponent(post.uri)}`,
      "a message": "/fediverse/follow?account=nobody",
    };
  }

  const open = (
    path: string,
    options: LookOptions,
    visit: (page: Page, context: BrowserContext) => Promise<void>,
  ): Promise<string[]> =>
    inWindow(browser, options, async (page, context) => {
      await page.goto(`${origin}${path}`, { waitUntil: "load" });
      await visit(page, context);
    });

  /** All pages, unfolded, in one window: a new one for each would take most of the time. */
  const openAll = (options: LookOptions, visit: (page: Page, name: string) => Promise<void>) =>
    inWindow(browser, options, async (page) => {
      for (const [name, path] of Object.entries(paths)) {
        await page.goto(`${origin}${path}`, { waitUntil: "load" });
        for (const fold of await page.locator("details").all())
          await fold.evaluate((node) => node.setAttribute("open", ""));
        await visit(page, name);
      }
    });

  for (const scheme of ["light", "dark"] as const) {
    it(`have nothing that axe finds wrong, in ${scheme}`, async () => {
      await openAll({ scheme }, async (page, name) => {
        assert.deepEqual(await violationsIn(page), [], `${name} in ${scheme}`);
      });
    });
  }

  it("fit a phone 360 pixels wide without scrolling sideways", async () => {
    await openAll({ width: 360 }, async (page, name) => {
      const beyond = await pixelsBeyond(page);
      assert.ok(beyond <= 0, `${name} is ${beyond} pixels too wide`);
    });
  });

  it("ask no other server for anything", async () => {
    for (const path of ["/@blog", postPage]) {
      const asked = await open(path, {}, async (page) => {
        await page.evaluate("scrollTo(0, document.body.scrollHeight)");
        await page.waitForLoadState("networkidle");
      });
      assert.deepEqual(
        asked.filter((url) => !url.startsWith(`${origin}/`)),
        [],
      );
      assert.ok(
        asked.some((url) => url.includes("/fediverse/media/")),
        "pictures came through the proxy",
      );
    }
  });

  it("are read without JavaScript, folds included", async () => {
    await open(postPage, { javaScript: false }, async (page) => {
      assert.equal(await page.locator("h1").innerText(), "In praise of rye");
      assert.equal(await page.locator(".fedi-comment").count(), 8);
      const hidden = page.getByText("Hidden words");
      assert.equal(await hidden.isVisible(), false);
      await page.getByText("butter", { exact: true }).click();
      assert.equal(await hidden.isVisible(), true);
    });
  });

  it("lead by keyboard alone from a post to the visitor's own server", async () => {
    await open("/@blog", { javaScript: false }, async (page) => {
      const focused = (): Promise<string> =>
        page.evaluate("document.activeElement.innerText || document.activeElement.name");
      const tabTo = async (name: string): Promise<void> => {
        for (let n = 0; n < 40; n += 1) {
          await page.keyboard.press("Tab");
          if ((await focused()).trim() === name) return;
        }
        assert.fail(`the keyboard never reaches "${name}"`);
      };
      await page.keyboard.press("Tab");
      assert.equal(await focused(), "Skip to the content");
      assert.ok(await page.locator(".skip").isVisible());
      await tabTo("Follow");
      const outline = await page.evaluate("getComputedStyle(document.activeElement).outlineStyle");
      assert.equal(outline, "solid", "one sees where one is");
      await page.keyboard.press("Enter");
      await page.waitForURL("**/fediverse/follow**");
      await tabTo("handle");
      await page.keyboard.type("nonsense");
      await page.keyboard.press("Enter");
      await page.getByRole("alert").waitFor();
      await tabTo("handle");
      await page.keyboard.press("Control+A");
      await page.keyboard.type(`@anna@localhost:${remote.port}`);
      await tabTo("remember");
      await page.keyboard.press("Space");
      await page.keyboard.press("Enter");
      await page.waitForURL("**/interact?uri=**");
      assert.equal(new URL(page.url()).searchParams.get("uri"), `${origin}/ap/accounts/blog`);
    });
  });

  it("remember the handle for the next time, and only then", async () => {
    const path = "/fediverse/follow?account=blog";
    await open(path, {}, async (page, context) => {
      await page.fill("#handle", `@anna@localhost:${remote.port}`);
      await page.check("#remember");
      await page.click("button[type=submit]");
      await page.waitForURL("**/interact?uri=**");
      await page.goto(`${origin}${path}`);
      assert.equal(await page.inputValue("#handle"), `@anna@localhost:${remote.port}`);
      await page.uncheck("#remember");
      await page.click("button[type=submit]");
      await page.waitForURL("**/interact?uri=**");
      assert.deepEqual(await context.cookies(), []);
    });
  });

  it("offer to copy the handle where there is script", async () => {
    await open("/@blog", {}, async (page, context) => {
      await context.grantPermissions(["clipboard-read", "clipboard-write"]);
      await page.getByRole("button", { name: /^Copy @blog@/ }).click();
      await page.getByText("Copied").waitFor();
      assert.match(await page.evaluate("navigator.clipboard.readText()"), /^@blog@localhost:\d+$/);
    });
  });

  it("bring comments into a page of another site", async () => {
    const elsewhere = await startServer((_request, response) => {
      response.setHeader("content-type", "text/html").end(`<!doctype html><title>A static blog</title>
        <main><h1>Elsewhere</h1><div data-fediverse-comments="${origin}${postPage}">No comments.</div></main>
        <script type="module" src="${origin}/fediverse/assets/comments.js"></script>`);
    });
    const context = await browser.look({ width: 360 });
    const page = await context.newPage();
    await page.goto(elsewhere.origin);
    await page.locator(".fedi-comment").first().waitFor();
    assert.equal(await page.locator(".fedi-comment").count(), 8);
    const marker = await page.evaluate(
      "getComputedStyle(document.querySelector('.fedi-thread')).listStyleType",
    );
    assert.equal(marker, "none", "the comments brought their style with them");
    assert.equal(await page.getByText("No comments.").count(), 0);
    assert.ok(Number(await page.evaluate("document.documentElement.scrollWidth - innerWidth")) <= 0);
    const link = page.getByRole("link", { name: "Reply from your own server" }).first();
    assert.ok((await link.getAttribute("href"))?.startsWith(`${origin}/fediverse/interact`));
    await context.close();
    await elsewhere.close();
  });

  it("leave another site's page as it is when there is nothing to bring", async () => {
    const elsewhere = await startServer((_request, response) => {
      response.setHeader("content-type", "text/html").end(`<!doctype html><title>A static blog</title>
        <div data-fediverse-comments="https://unknown.example/">No comments.</div>
        <script type="module" src="${origin}/fediverse/assets/comments.js"></script>`);
    });
    const context = await browser.look();
    const page = await context.newPage();
    const warned = page.waitForEvent("console", (message) =>
      message.text().startsWith("No fediverse comments"),
    );
    await page.goto(elsewhere.origin);
    await warned;
    assert.equal(await page.getByText("No comments.").count(), 1);
    await context.close();
    await elsewhere.close();
  });
});
