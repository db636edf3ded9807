import assert from "node:assert/strict";
import { statusLength } from "../../src/text/status-length.ts";
import { renderStatusText } from "../../src/text/status-text.ts";

const options = {
  localHost: "blog.example",
  tagUrl: (tag: string) => `https://blog.example/tags/${tag}`,
  mentionUrl: (handle: string) =>
    ({
      "anna@remote.example": "https://remote.example/@anna",
      "blog@blog.example": "https://blog.example/@blog",
    })[handle],
};
const html = (text: string): string => renderStatusText(text, options).html;

describe("what was typed into an app", () => {
  it("keeps its paragraphs and line ends", () => {
    assert.equal(html("one\ntwo\n\nthree"), "<p>one<br />two</p><p>three</p>");
    assert.equal(html("one\r\ntwo\r\n \t\r\n\r\n\nthree\n\n"), "<p>one<br />two</p><p>three</p>");
    assert.equal(html("\n \n"), "");
  });

  it("is plain text: neither HTML nor Markdown", () => {
    assert.equal(html("<b>a</b> & *b* `c` _d_"), "<p>&lt;b&gt;a&lt;/b&gt; &amp; *b* `c` _d_</p>");
    assert.equal(
      html("# no heading\n1. no list\n> no quote"),
      "<p># no heading<br />1. no list<br />&gt; no quote</p>",
    );
    assert.equal(html('<img src=x onerror="alert(1)">'), '<p>&lt;img src=x onerror="alert(1)"&gt;</p>');
  });

  it("links links, and nothing that runs", () => {
    assert.equal(
      html("see https://a.example/?b=1&c=2."),
      '<p>see <a href="https://a.example/?b=1&amp;c=2">https://a.example/?b=1&amp;c=2</a>.</p>',
    );
    assert.equal(html("javascript:alert(1)"), "<p>javascript:alert(1)</p>");
    assert.doesNotMatch(html('https://a.example/"onmouseover="x'), /href="[^"]*"\s*onmouseover/);
  });

  it("links people of other servers, neighbours, and leaves strangers as text", () => {
    const { html: made, mentions } = renderStatusText(
      "@anna@remote.example @blog, @nobody and me@example.org",
      options,
    );
    assert.match(
      made,
      /<a href="https:\/\/remote\.example\/@anna" class="u-url mention">@<span>anna<\/span><\/a>/,
    );
    assert.match(
      made,
      /<a href="https:\/\/blog\.example\/@blog" class="u-url mention">@<span>blog<\/span><\/a><\/span>, @nobody/,
    );
    assert.deepEqual(mentions, ["anna@remote.example", "blog@blog.example", "nobody@blog.example"]);
  });

  it("finds no neighbour inside a handle, an address or a path", () => {
    for (const text of ["@x@nowhere", "https://a.example/@blog", "a@blog", "@blog@", "@@blog"])
      assert.deepEqual(renderStatusText(text, options).mentions, [], text);
  });

  it("links tags", () => {
    const { html: made, hashtags } = renderStatusText("#Bread and #bread, not #1", options);
    assert.match(made, /class="mention hashtag" rel="tag">#<span>Bread<\/span>/);
    assert.deepEqual(hashtags, ["Bread"]);
  });

  it("takes no more than linear time on what is made to hurt", () => {
    for (const text of [
      "@a".repeat(50_000),
      "\n \n".repeat(40_000),
      "https://".repeat(20_000),
      "@a@".repeat(30_000),
    ])
      renderStatusText(text, options);
  });
});

describe("the length of a status", () => {
  const length = (text: string): number => statusLength(text, 5000);
  it("counts links as 23 and handles without their host", () => {
    assert.equal(length(`https://a.example/${"x".repeat(300)}`), 23);
    assert.equal(length("a https://a.example b"), 27);
    assert.equal(length("@anna@a-very-long-host.example hi"), "@anna hi".length);
  });

  it("counts what a person sees as one character once", () => {
    assert.equal(length("👨‍👩‍👧‍👦"), 1);
    assert.equal(length("é"), 1);
    assert.equal(length("a\nb"), 3);
  });

  it("stops behind the limit", () => {
    assert.equal(length("x".repeat(5000)), 5000);
    assert.equal(length("x".repeat(5001)), 5001);
    assert.equal(length("x".repeat(50_000)), 5001);
    assert.equal(length("x".repeat(30_000_000)), 5001);
  });
});
