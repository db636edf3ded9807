import assert from "node:assert/strict";
import type { Page } from "playwright-core";
import { registerApp } from "../../src/domain/apps.ts";
import { setPassword } from "../../src/domain/logins.ts";
import { openSession } from "../../src/domain/sessions.ts";
import { giveToken } from "../../src/domain/tokens.ts";
import { startApi, type StartedApi } from "../mastodon/support/start-api.ts";
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
import { startServer, type TestServer } from "../support/server.ts";

const PASSWORD = "a few words in a row";
const LONG = "an-app-name-without-an-end-".repeat(2);

interface Visit {
  path: string;
  /** Accounts that are logged in. */
  as?: string[];
}

/** With `SCREENSHOTS=<folder>` in the environment: for people to look at. */
async function keepPicture(page: Page, name: string): Promise<void> {
  if (process.env.SCREENSHOTS === undefined) return;
  const path = `${process.env.SCREENSHOTS}/${name.replaceAll(" ", "-")}.png`;
  await page.screenshot({ path, fullPage: true });
}

describe("the pages of login and consent in a browser", function () {
  this.timeout(120_000);
  let browser: TestBrowser;
  let api: StartedApi;
  /** Where an app on the web is at home; it goes on to another origin, as Elk does. */
  let app: TestServer;
  let landed: TestServer;

  before(async function () {
    if (!hasBrowser) {
      console.log(`    ${NO_BROWSER}`);
      return this.skip();
    }
    browser = await startBrowser();
    landed = await startServer(
      (_request, response) =>
        void response.setHeader("content-type", "text/html").end("<h1>Welcome back</h1>"),
    );
    app = await startServer(
      (_request, response) => void response.writeHead(302, { location: `${landed.origin}/done` }).end(),
    );
    api = await startApi({
      accounts: [
        { username: "blog", name: "The Example Blog" },
        { username: "photos", name: LONG.slice(0, 60) },
      ],
    });
    await setPassword(api.site, await api.account("blog"), PASSWORD);
  });

  after(async () => {
    if (!hasBrowser) return;
    await browser.close();
    await api.close();
    await app.close();
    await landed.close();
  });

  const questionOf = async (redirectUri: string, name = "Pocket Reader"): Promise<string> => {
    const registered = await registerApp(api.site, {
      name,
      redirectUris: [redirectUri],
      scopes: "read write follow push",
      website: "https://reader.example/about",
    });
    const query = new URLSearchParams({
      response_type: "code",
      client_id: registered.app.clientId,
      redirect_uri: redirectUri,
      scope: "read write follow push",
      state: "x",
    });
    return `/oauth/authorize?${query.toString()}`;
  };

  async function go(page: Page, { path, as }: Visit): Promise<void> {
    await page.context().clearCookies();
    if (as !== undefined) {
      const secrets = await Promise.all(
        as.map(async (name) => openSession(api.site, await api.account(name))),
      );
      await page
        .context()
        .addCookies([
          { name: "fediverse", value: secrets.join("."), url: api.origin, httpOnly: true, sameSite: "Lax" },
        ]);
    }
    await page.goto(`${api.origin}${path}`, { waitUntil: "load" });
  }

  const look = (visit: Visit, options: LookOptions, use: (page: Page) => Promise<void>) =>
    inWindow(browser, options, async (page) => {
      await go(page, visit);
      await use(page);
    });

  /** All pages in one window: a new one for each would take most of the time. */
  const lookAtAll = (options: LookOptions, use: (page: Page, name: string) => Promise<void>) =>
    inWindow(browser, options, async (page) => {
      for (const [name, visit] of Object.entries(await pages())) {
        await go(page, visit);
        await use(page, name);
      }
    });

  /** Every page with who is logged in at it. */
  const pages = async (): Promise<Record<string, Visit>> => {
    const oob = await questionOf("urn:ietf:wg:oauth:2.0:oob");
    const connected = await registerApp(api.site, {
      name: LONG.slice(0, 60),
      redirectUris: ["x://y"],
      scopes: "read:statuses write:media",
    });
    await giveToken(api.site, connected.app, connected.app.scopes, await api.account("blog"));
    return {
      "the login": { path: "/fediverse/login" },
      "the login of somebody who is logged in": { path: "/fediverse/login", as: ["blog"] },
      "the consent": { path: await questionOf("https://reader.example/back"), as: ["blog"] },
      "the consent with a choice": {
        path: await questionOf("app://back", LONG.slice(0, 60)),
        as: ["blog", "photos"],
      },
      "the consent for a code": { path: oob, as: ["blog"] },
      "the code": { path: `/oauth/authorize/native?code=${"Ab0-_".repeat(9)}` },
      "the connected apps": { path: "/fediverse/desk/apps?done=1", as: ["blog", "photos"] },
      "an error": { path: "/oauth/authorize?client_id=nobody", as: ["blog"] },
    };
  };

  for (const scheme of ["light", "dark"] as const) {
    it(`have nothing that axe finds wrong, in ${scheme}`, async () => {
      await lookAtAll({ scheme }, async (page, name) => {
        assert.deepEqual(await violationsIn(page), [], `${name} in ${scheme}`);
        await keepPicture(page, `${name}-${scheme}`);
      });
    });
  }

  it("fit a phone 360 pixels wide without scrolling sideways", async () => {
    await lookAtAll({ width: 360 }, async (page, name) => {
      const beyond = await pixelsBeyond(page);
      assert.ok(beyond <= 0, `${name} is ${beyond} pixels too wide`);
      await keepPicture(page, `${name}-phone`);
    });
  });

  it("lead by keyboard alone, without script, through login and consent back to the app", async () => {
    await look({ path: await questionOf(`${app.origin}/back`) }, { javaScript: false }, async (page) => {
      const focused = (): Promise<string> =>
        page.evaluate("document.activeElement.name || document.activeElement.innerText");
      const tabTo = async (name: string): Promise<void> => {
        for (let n = 0; n < 30; n += 1) {
          await page.keyboard.press("Tab");
          if ((await focused()).trim() === name) return;
        }
        assert.fail(`the keyboard never reaches "${name}"`);
      };
      assert.match(page.url(), /\/fediverse\/login\?return=/);
      await tabTo("username");
      await page.keyboard.type("blog");
      await tabTo("password");
      await page.keyboard.type("wrong");
      await page.keyboard.press("Enter");
      await page.getByRole("alert").waitFor();
      assert.equal(await page.inputValue("#username"), "blog", "what was typed is still there");
      await tabTo("password");
      await page.keyboard.type(PASSWORD);
      await page.keyboard.press("Enter");
      await page.waitForURL("**/oauth/authorize?**");
      assert.equal(await page.locator("h1").innerText(), "Let Pocket Reader use your account?");
      await tabTo("decision");
      assert.equal(await page.evaluate("document.activeElement.value"), "allow");
      await page.keyboard.press("Enter");
      await page.waitForURL(`${landed.origin}/done`);
      assert.match(app.requests.at(-1)?.target ?? "", /^\/back\?code=[A-Za-z0-9_-]{43}&state=x$/);
    });
  });

  it("let a redirect into an app through, which a stricter policy would stop", async () => {
    for (const uri of ["com.example.Reader.17:/request_token", "icecubesapp://"]) {
      await look({ path: await questionOf(uri), as: ["blog"] }, {}, async (page) => {
        const back = page.waitForResponse((response) => response.request().method() === "POST");
        await page.getByRole("button", { name: "Allow", exact: true }).click();
        const location = (await back).headers()["location"] ?? "";
        assert.ok(location.startsWith(`${uri}?code=`), location);
        // A refusal would have come to the console by the time the page has answered once more.
        await page.evaluate(
          "new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))",
        );
      });
    }
  });
});
