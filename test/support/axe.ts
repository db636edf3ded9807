import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import type { Page } from "playwright-core";

const AXE = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");

/** What axe finds wrong with a page as it stands in the browser: a line for each rule that is broken; none is well. */
export async function violationsIn(page: Page): Promise<string[]> {
  return page.evaluate<string[]>(
    `(() => { ${AXE}; return axe.run(document, { resultTypes: ["violations"] }).then((r) => r.violations.map((v) => v.id + ": " + v.nodes.map((n) => n.html.slice(0, 160) + " " + n.failureSummary).join(" | "))); })()`,
  );
}
