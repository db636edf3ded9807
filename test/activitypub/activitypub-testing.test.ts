import assert from "node:assert/strict";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { ActorUrlTestRun } from "activitypub-testing/test-actor";
import { makeSite, type HandMadeSite } from "../support/make-site.ts";
import { publish, serve } from "./serving.ts";

/** Every check of npm's `activitypub-testing`, run over loopback against what we serve. */
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
    it(`finds nothing wrong with ${path}`, async () => {
      const quiet = { ...console, debug: () => undefined, log: () => undefined, warn: () => undefined };
      const outcomes: Record<string, string> = {};
      for await (const { test, result } of new ActorUrlTestRun(new URL(origin + path), { console: quiet }))
        outcomes[test.slug ?? ""] = result.outcome;
      assert.deepEqual(
        Object.entries(outcomes).filter(([, outcome]) => outcome === "failed"),
        [],
        JSON.stringify(outcomes),
      );
      assert.ok(
        Object.values(outcomes).filter((outcome) => outcome === "passed").length >= 6,
        JSON.stringify(outcomes),
      );
    });
});
