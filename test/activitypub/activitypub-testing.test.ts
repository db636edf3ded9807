import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { createServer, type Server } from "node:http";
import { createRequire } from "node:module";
import type { AddressInfo } from "node:net";
import { pathToFileURL } from "node:url";
import { promisify } from "node:util";
import { makeSite, type HandMadeSite } from "../support/make-site.ts";
import { publish, serve } from "./serving.ts";

const module = new URL(
  "test-actor.js",
  pathToFileURL(createRequire(import.meta.url).resolve("activitypub-testing")),
).href;

/**
 * Runs its checks in a process of their own: its modules await at the top, which mocha's way of loading tests does not
 * bear, and its own command expands its report with a context that it would fetch.
 */
const script = `
  const { ActorUrlTestRun } = await import(process.argv[1]);
  const nothing = () => undefined;
  const quiet = { ...console, debug: nothing, log: nothing, warn: nothing };
  for await (const { test, result } of new ActorUrlTestRun(new URL(process.argv[2]), { console: quiet }))
    process.stdout.write(result.outcome + ": " + test.slug + "\\n");
`;

/** Every check of npm's `activitypub-testing`, over loopback, against what we serve. */
describe("activitypub-testing", () => {
  let made: HandMadeSite;
  let server: Server;
  let origin: string;

  before(async () => {
    server = createServer();
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    made = await makeSite({ origin, accounts: [{ username: "blog" }, { username: "group", type: "Group" }] });
    server.on("request", serve(made.site));
    await publish(made.site, { url: `${origin}/posts/1` });
  });
  after(async () => {
    server.closeAllConnections();
    server.close();
    await made.close();
  });

  for (const path of ["/ap/accounts/blog", "/ap/accounts/group", "/ap/actor"])
    it(`finds nothing wrong with ${path}`, async function () {
      this.timeout(60_000);
      const { stdout } = await promisify(execFile)(
        process.execPath,
        ["--input-type=module", "--eval", script, "--", module, origin + path],
        { timeout: 50_000 },
      );
      const outcomes = stdout.trim().split("\n");
      assert.deepEqual(
        outcomes.filter((outcome) => outcome.startsWith("failed")),
        [],
      );
      assert.ok(outcomes.filter((outcome) => outcome.startsWith("passed")).length >= 6, outcomes.join("\n"));
    });
});
