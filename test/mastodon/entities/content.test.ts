import assert from "node:assert/strict";
import { contentOf } from "../../../src/mastodon/entities/content.ts";

const base = {
  content: "<p>Text</p>",
  excerpt: "Text",
  local: false,
  type: "Note",
  url: "https://remote.example/1",
};

describe("the text of a status", () => {
  it("of a note without a title is its text", () => {
    assert.equal(contentOf(base), "<p>Text</p>");
    assert.equal(contentOf({ ...base, type: "Question" }), "<p>Text</p>");
  });

  it("begins with the title, as text, and ends with the page of what is more than a note", () => {
    assert.equal(
      contentOf({ ...base, title: 'A "new" <loaf>' }),
      '<p><strong>A "new" &lt;loaf&gt;</strong></p><p>Text</p>',
    );
    for (const type of ["Article", "Page", "Video", "Event"])
      assert.match(
        contentOf({ ...base, type, title: "Loaf" }),
        /^<p><strong>Loaf<\/strong><\/p><p>Text<\/p><p><a href="https:\/\/remote\.example\/1"/,
      );
  });

  it("cannot be broken out of by an address", () => {
    const html = contentOf({ ...base, type: "Page", url: 'https://x.example/"><script>alert(1)</script>' });
    assert.doesNotMatch(html, /<script/);
  });

  it("of own posts holds only what apps draw, the same each time", () => {
    const own = {
      ...base,
      local: true,
      content: '<figure><img src="https://blog.example/1.jpg" alt="A loaf"></figure><p class="x">Text</p>',
    };
    const html = contentOf(own);
    assert.doesNotMatch(html, /<img|<figure|class="x"/);
    assert.match(html, /A loaf/);
    assert.equal(contentOf(own), html);
  });

  it("that is very long is its own summary, or its beginning", () => {
    const long = { ...base, content: `<p>${"x".repeat(60_000)}</p>`, excerpt: "xxx & …" };
    assert.match(contentOf(long), /^<p>xxx &amp; …<\/p><p><a /);
    assert.match(contentOf({ ...long, summary: "In short" }), /^<p>In short<\/p>/);
  });
});
