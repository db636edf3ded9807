import assert from "node:assert/strict";
import { imagesOf } from "../../src/text/images.ts";

describe("the pictures of a post", () => {
  const base = "https://blog.example/posts/1";
  it("come in their order with alt text and size", () => {
    assert.deepEqual(
      imagesOf(
        '<p><img src="/a.png" alt=" A &amp; b " width="10" height="20"></p><img src="b.jpg" width="100%">',
        base,
      ),
      [
        { url: "https://blog.example/a.png", alt: "A & b", width: 10, height: 20 },
        { url: "https://blog.example/posts/b.jpg", alt: "" },
      ],
    );
  });
  it("come once each, with the first alt text there is", () => {
    assert.deepEqual(
      imagesOf('<img src="/a.png"><img src="/a.png" alt="A"><img src="/a.png" alt="B">', base),
      [{ url: "https://blog.example/a.png", alt: "A" }],
    );
  });
  it("are only those that others can load", () => {
    assert.deepEqual(
      imagesOf(
        '<img src="data:image/png;base64,AA"><img src="javascript:1"><img><img src="file:///x">',
        base,
      ),
      [],
    );
  });
});
