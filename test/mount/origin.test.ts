import { strict as assert } from "node:assert";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fediverse, type Fediverse } from "../../src/index.ts";
import { silentLogger } from "../../src/support/logger.ts";

describe("the origin of a store", () => {
  let dataDir: string;
  let fedi: Fediverse | undefined;

  const start = (origin: string, more: { collectionPrefix?: string } = {}): Fediverse =>
    (fedi = fediverse({
      origin,
      accounts: [{ username: "blog" }],
      dataDir,
      clockwork: false,
      logger: silentLogger,
      ...more,
    }));

  beforeEach(async () => {
    dataDir = await mkdtemp(join(tmpdir(), "fedi-origin-"));
    await start("https://old.example").ready;
    await fedi?.close();
  });
  afterEach(async () => {
    await fedi?.close();
    await rm(dataDir, { recursive: true, force: true });
  });

  it("is that of its first start, and may start again", async () => {
    await start("https://old.example").ready;
  });

  it("is not changed: the new one is refused by a sentence that names both and says what to do", async () => {
    await assert.rejects(start("https://new.example").ready, (error: Error & { code?: string }) => {
      assert.equal(error.code, "other-origin");
      assert.match(error.message, /belongs to https:\/\/old\.example.*started as https:\/\/new\.example/);
      assert.match(error.message, /"origin".*"dataDir"/);
      return true;
    });
    await fedi?.close();
    await start("https://old.example").ready;
  });

  it("counts the scheme and the port", async () => {
    await assert.rejects(start("https://old.example:8443").ready, { code: "other-origin" });
  });

  it("is one for each prefix: two sites may share a database", async () => {
    await start("https://new.example", { collectionPrefix: "second_" }).ready;
    assert.equal((await fedi?.account({ username: "blog" }))?.uri.startsWith("https://new.example/"), true);
  });
});
