import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { until } from "../support/until.ts";
import { cleanUp, runExample } from "./run-example.ts";

describe("the minimal example", function () {
  this.timeout(90_000);

  it("is a site in twenty lines", async () => {
    const code = readFileSync(new URL("../../examples/minimal/server.js", import.meta.url), "utf8");
    const lines = code.split("\n").filter((line) => line.trim() !== "" && !line.startsWith("//"));
    assert.ok(lines.length <= 20, `${lines.length} lines`);

    const site = await runExample("minimal");
    await site.child.prints(/Open http/, 80_000);
    await until(async () => (await fetch(`${site.origin}/@hello`)).status === 200, "the account", 60_000);
    const posted = await fetch(`${site.origin}/post`, {
      method: "POST",
      body: "Hello from **twenty** lines!",
    });
    assert.equal(posted.status, 201);
    const page = await fetch((await posted.text()).trim());
    assert.match(await page.text(), /Hello from <strong>twenty<\/strong> lines!/);
    await site.child.stop("SIGTERM");
    assert.equal((await site.child.ended()).code, 0);
    await cleanUp(site);
  });
});
