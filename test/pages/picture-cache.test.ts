import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { mkdtempSync, readdirSync } from "node:fs";
import { rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { PictureCache } from "../../src/pages/picture-cache.ts";

const key = (name: string): string => createHash("sha256").update(name).digest("hex");
const at = (minute: number): Date => new Date(Date.UTC(2026, 0, 1, 0, minute));

describe("kept pictures", () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "fedi-pictures-"));
  });
  afterEach(() => rm(folder, { recursive: true, force: true }));

  const files = (): string[] =>
    readdirSync(folder, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => entry.name);

  it("come back as they were put", async () => {
    const cache = new PictureCache(join(folder, "deep", "below"), 1000);
    assert.equal(await cache.get(key("a"), at(0)), undefined);
    await cache.put(key("a"), Buffer.from("abc"), at(0));
    assert.equal((await cache.get(key("a"), at(1)))?.toString(), "abc");
  });

  it("make room for new ones, the one not asked for the longest first", async () => {
    const cache = new PictureCache(folder, 1000);
    for (const [minute, name] of ["a", "b", "c"].entries())
      await cache.put(key(name), Buffer.alloc(300), at(minute));
    await cache.get(key("a"), at(10));
    await cache.put(key("d"), Buffer.alloc(300), at(11));
    assert.deepEqual(files().sort(), [key("a"), key("c"), key("d")].sort());
  });

  it("count what another process, or an earlier one, has put there", async () => {
    const earlier = new PictureCache(folder, 1000);
    await earlier.put(key("a"), Buffer.alloc(600), at(0));
    await new PictureCache(folder, 1000).put(key("b"), Buffer.alloc(600), at(1));
    assert.deepEqual(files(), [key("b")]);
  });

  it("stay within the cap however many come at once", async () => {
    const cache = new PictureCache(folder, 1000);
    await Promise.all(
      Array.from({ length: 20 }, (_, n) => cache.put(key(String(n)), Buffer.alloc(200), at(n))),
    );
    assert.ok(files().length <= 5, `${files().length} files of 200 bytes`);
  });

  it("leave no half-written file behind when the disk refuses", async () => {
    await writeFile(join(folder, key("a").slice(0, 2)), "a file where the folder should be");
    const cache = new PictureCache(folder, 1000);
    await assert.rejects(cache.put(key("a"), Buffer.alloc(10), at(0)));
    assert.deepEqual(files(), [key("a").slice(0, 2)]);
  });

  it("have keys that cannot lead out of their folder", async () => {
    const cache = new PictureCache(folder, 1000);
    for (const wrong of ["../../etc/passwd", "A".repeat(64), "", `${key("a")}/..`])
      await assert.rejects(cache.put(wrong, Buffer.alloc(1), at(0)), wrong);
  });
});
