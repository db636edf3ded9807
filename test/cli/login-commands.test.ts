import assert from "node:assert/strict";
import { mkdtempSync } from "node:fs";
import { rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { localAccount } from "../../src/domain/accounts.ts";
import { checkPassword } from "../../src/domain/logins.ts";
import { connectedApps, findToken } from "../../src/domain/tokens.ts";
import { fediverse } from "../../src/index.ts";
import { silentLogger } from "../../src/support/logger.ts";
import { start } from "../support/child.ts";

/** As it is installed: `npm test` has compiled it. */
const COMMAND = "dist/src/cli/main.js";

describe("the commands for logging in", function () {
  this.timeout(240_000);
  let folder: string;

  before(() => {
    folder = mkdtempSync(join(tmpdir(), "fedi-cli-"));
  });
  after(() => rm(folder, { recursive: true, force: true }));

  const origin = "http://localhost:3999";
  const run = (args: string[], input = "") =>
    start([COMMAND, ...args, "--origin", origin, "--allow-private-network", "--data-dir", folder], {
      input,
    }).ended();

  it("set a password from standard input, and give a token on standard output alone", async () => {
    await run(["account", "create", "blog"]);
    const set = await run(["account", "password", "blog"], "a few words in a row\nanother line\n");
    assert.equal(set.code, 0, set.stderr);
    assert.match(set.stdout, /\/fediverse\/login/);
    assert.ok(!(set.stdout + set.stderr).includes("a few words"));
    const given = await run([
      "token",
      "create",
      "blog",
      "--scopes",
      "read write:statuses",
      "--name",
      "My script",
    ]);
    assert.equal(given.code, 0, given.stderr);
    assert.match(given.stdout, /^[A-Za-z0-9_-]{43}\n$/);

    const fedi = fediverse({
      origin,
      allowPrivateNetwork: true,
      dataDir: folder,
      logger: silentLogger,
      clockwork: false,
    });
    try {
      await fedi.ready;
      const account = await localAccount(fedi.site, "blog");
      assert.equal((await checkPassword(fedi.site, "blog", "a few words in a row"))?._id, account?._id);
      const held = await findToken(fedi.site, given.stdout.trim());
      assert.deepEqual([held?.token.account, held?.token.scopes], [account?._id, ["read", "write:statuses"]]);
      const [app] = await connectedApps(fedi.site, account?._id ?? 0);
      assert.equal(app?.app.name, "My script");
    } finally {
      await fedi.close();
    }
  });

  it("say what is wrong and change nothing", async () => {
    for (const [args, input, about] of [
      [["account", "password", "nobody"], "a few words in a row\n", /There is no account "nobody"/],
      [["account", "password", "blog"], "short\n", /at least 10 characters/],
      [["account", "password", "blog"], "", /at least 10 characters/],
      [["account", "password"], "", /Usage/],
      [["token", "create", "nobody"], "", /There is no account "nobody"/],
      [["token", "create", "blog", "--scopes", "everything"], "", /Scopes/],
      [["token", "create"], "", /Usage/],
    ] as const) {
      const ended = await run([...args], input);
      assert.notEqual(ended.code, 0, args.join(" "));
      assert.match(ended.stderr, about);
      assert.equal(ended.stdout, "");
    }
  });
});
