import assert from "node:assert/strict";
import { DocumentCache } from "../../src/activitypub/document-cache.ts";

describe("bytes made once", () => {
  const looked =
    (version: string, composed: string[], status: 200 | 410 = 200) =>
    async () => ({
      version,
      status,
      compose: () => {
        composed.push(version);
        return { version };
      },
    });

  it("are given again as long as the version is the same", async () => {
    const cache = new DocumentCache();
    const composed: string[] = [];
    const first = await cache.get("a", looked("1", composed));
    assert.equal(await cache.get("a", looked("1", composed)), first);
    const second = await cache.get("a", looked("2", composed));
    assert.notEqual(second.etag, first.etag);
    assert.deepEqual(composed, ["1", "2"]);
    assert.equal(second.body.toString(), '{"version":"2"}');
  });

  it("keep their status", async () => {
    assert.equal((await new DocumentCache().get("a", looked("gone", [], 410))).status, 410);
  });

  it("are looked for once by any number of askers at the same time", async () => {
    const cache = new DocumentCache();
    let looks = 0;
    const look = async () => {
      looks += 1;
      await new Promise((resolve) => setImmediate(resolve));
      return { version: "1", compose: () => ({}) };
    };
    const answers = await Promise.all(Array.from({ length: 500 }, () => cache.get("a", look)));
    assert.equal(looks, 1);
    assert.equal(new Set(answers).size, 1);
    await cache.get("a", look);
    assert.equal(looks, 2, "a later asker sees what has changed since");
  });

  it("are not kept when they could not be made, and the next asker tries again", async () => {
    const cache = new DocumentCache();
    const failing = () => Promise.reject(new Error("away"));
    await assert.rejects(cache.get("a", failing), /away/);
    assert.equal((await cache.get("a", looked("1", []))).status, 200);
  });

  it("do not grow without end", async () => {
    const cache = new DocumentCache();
    const composed: string[] = [];
    const big = (name: string) => async () => ({
      version: name,
      compose: () => {
        composed.push(name);
        return { text: "x".repeat(1024 * 1024) };
      },
    });
    for (let count = 0; count < 40; count += 1) await cache.get(`post ${count}`, big(`v${count}`));
    await cache.get("post 0", big("v0"));
    assert.equal(composed.filter((name) => name === "v0").length, 2, "the oldest had to go");
  });
});
