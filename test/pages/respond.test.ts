import assert from "node:assert/strict";
import { linkHeader } from "../../src/pages/respond.ts";

describe("a Link header", () => {
  it("names an address and its relation", () => {
    assert.equal(
      linkHeader("https://blog.example/ap/posts/1", { rel: "alternate", type: "application/activity+json" }),
      '<https://blog.example/ap/posts/1>; rel="alternate"; type="application/activity+json"',
    );
  });

  it("cannot be ended early or continued by what stands in the address", () => {
    const header = linkHeader(
      'https://x.example/>; rel="next", <https://evil.example/\r\nSet-Cookie: a=b\u00fc',
      { rel: "prev" },
    );
    assert.equal(header.match(/[<>]/g)?.length, 2);
    assert.doesNotMatch(header, /[\r\n\u00fc]/);
    assert.match(header, />; rel="prev"$/);
  });
});
