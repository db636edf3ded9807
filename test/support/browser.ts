import assert from "node:assert/strict";
import { existsSync, mkdtempSync } from "node:fs";
import { rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { chromium, type BrowserContext, type Page } from "playwright-core";

const CHROMIUM = "/usr/bin/chromium";

/** Whether browser tests can run here. */
export const hasBrowser = existsSync(CHROMIUM);
/** Why not, in one line. */
export const NO_BROWSER = `browser tests are skipped: there is no ${CHROMIUM} (apt-get install chromium)`;

export interface LookOptions {
  /** CSS pixels; default 1100. 360 is a small phone. */
  width?: number;
  scheme?: "light" | "dark";
  javaScript?: boolean;
  /** Takes a certificate that nobody has signed. */
  anyCertificate?: boolean;
}

/** A real browser with an empty profile of its own. */
export interface TestBrowser {
  /** A window; closed by the caller. */
  look(options?: LookOptions): Promise<BrowserContext>;
  close(): Promise<void>;
}

export async function startBrowser(): Promise<TestBrowser> {
  const profile = mkdtempSync(join(tmpdir(), "fedi-browser-"));
  const browser = await chromium.launch({
    executablePath: CHROMIUM,
    env: { ...process.env, HOME: profile },
    args: [
      "--headless",
      "--no-sandbox",
      "--disable-gpu",
      "--disable-quic",
      "--no-first-run",
      "--disable-background-networking",
      "--disable-component-update",
      "--disable-sync",
    ],
  });
  return {
    look: ({ width = 1100, scheme = "light", javaScript = true, anyCertificate = false } = {}) =>
      browser.newContext({
        viewport: { width, height: width < 600 ? 760 : 900 },
        colorScheme: scheme,
        javaScriptEnabled: javaScript,
        ignoreHTTPSErrors: anyCertificate,
      }),
    async close() {
      await browser.close();
      await rm(profile, { recursive: true, force: true });
    },
  };
}

/**
 * Opens a window, closes it, and finds fault with every page in it that breaks its own policy.
 * @returns the addresses that its pages have asked for.
 */
export async function inWindow(
  browser: TestBrowser,
  options: LookOptions,
  use: (page: Page, context: BrowserContext) => Promise<void>,
): Promise<string[]> {
  const context = await browser.look(options);
  const page = await context.newPage();
  const refused: string[] = [];
  page.on("console", (message) => {
    if (/Content Security Policy/.test(message.text())) refused.push(`${page.url()}: ${message.text()}`);
  });
  const asked: string[] = [];
  page.on("request", (request) => asked.push(request.url()));
  await use(page, context);
  assert.deepEqual(refused, [], "a page breaks its own policy");
  await context.close();
  return asked;
}

/** Pixels by which a page is wider than its window; more than 0 has to be scrolled sideways. */
export async function pixelsBeyond(page: Page): Promise<number> {
  return Number(await page.evaluate("document.documentElement.scrollWidth - innerWidth"));
}
