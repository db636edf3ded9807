import assert from "node:assert/strict";
import { createRequire } from "node:module";
import type * as Blurhash from "blurhash";
import { onDemand } from "../../src/support/on-demand.ts";
import { FediverseError } from "../../src/support/errors.ts";

const { cache, resolve } = createRequire(import.meta.url);

describe("a library on demand", () => {
  it("is loaded by the first call, once, and is the one that an import gives", async () => {
    const file = resolve("blurhash");
    // Another test of this process may have loaded it.
    delete cache[file];
    const library = onDemand<typeof Blurhash>("blurhash");
    assert.equal(file in cache, false);
    const first = library();
    assert.equal(file in cache, true);
    assert.equal(library(), first);
    assert.equal(first.isBlurhashValid("LEHV6nWB2yk8pyo0adR*.7kCMdnj").result, true);
  });

  it("that is not there is an error which names it, with the cause, at each call", () => {
    const library = onDemand<unknown>("a-library-that-nobody-has-installed");
    for (let call = 0; call < 2; call += 1)
      assert.throws(library, (error: unknown) => {
        assert.ok(error instanceof FediverseError);
        assert.equal(error.code, "library");
        assert.match(error.message, /a-library-that-nobody-has-installed could not be loaded/);
        assert.equal((error.cause as { code?: string }).code, "MODULE_NOT_FOUND");
        return true;
      });
  });
});
