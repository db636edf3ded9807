import { existsSync, mkdtempSync } from "node:fs";
import { rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { chromium, type BrowserContext } from "playwright-core";

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
