import assert from "node:assert/strict";
import { foreignContent } from "../../src/text/foreign-content.ts";
import { plainText } from "../../src/text/plain-text.ts";
import { ATTACKS } from "./attacks.ts";
import { assertOnlyMarkup, FOREIGN } from "./markup.ts";

const REL = 'rel="nofollow noopener noreferrer ugc" target="_blank"';

describe("the content of a foreign object", () => {
  it("is HTML unless it says otherwise", () => {
    assert.equal(foreignContent({ content: "<p>a <b>b</b></p>" }), "<p>a <b>b</b></p>");
    assert.equal(foreignContent({ content: "<p>a</p>", mediaType: "text/html; charset=utf-8" }), "<p>a</p>");
    assert.equal(
      foreignContent({ content: "<p onclick=x>a</p>", mediaType: "text/x-unheard-of" }),
      "<p>a</p>",
    );
  });
  it("is rendered where it is Markdown, its line ends kept as PeerTube means them", () => {
    assert.equal(
      foreignContent({
        content: "**Hi**\nyou, https://a.example/\n\n- x",
        mediaType: "Text/Markdown",
      }).trim(),
      `<p><strong>Hi</strong><br />you, <a href="https://a.example/" ${REL}>https://a.example/</a></p>\n<ul>\n<li>x</li>\n</ul>`,
    );
  });
  it("is not Markdown's way around the gate", () => {
    assert.equal(
      foreignContent({
        content: "<img src=x onerror=alert(1)>[x](javascript:alert(1))",
        mediaType: "text/markdown",
      }).includes("alert"),
      false,
    );
  });
  it("is escaped where it is plain text", () => {
    assert.equal(
      foreignContent({ content: "a <b> & https://a.example/?x=1&y=2\nc\r\n\r\nd", mediaType: "text/plain" }),
      `<p>a &lt;b&gt; &amp; <a href="https://a.example/?x=1&amp;y=2" ${REL}>https://a.example/?x=1&amp;y=2</a><br />c</p><p>d</p>`,
    );
  });
  it("is given its own page for relative links", () => {
    assert.match(
      foreignContent({ content: '<a href="/x">x</a>', baseUrl: "https://a.example/1" }),
      /href="https:\/\/a\.example\/x"/,
    );
  });
  for (const mediaType of ["text/markdown", "text/plain", "text/html"]) {
    it(`is harmless as ${mediaType}, whatever it holds`, () => {
      for (const attack of Object.values(ATTACKS))
        assertOnlyMarkup(foreignContent({ content: attack, mediaType }), FOREIGN);
    });
  }
  it("shows a reader of plain text what was written", () => {
    assert.equal(
      plainText(foreignContent({ content: "<script>alert(1)</script>", mediaType: "text/plain" })),
      "<script>alert(1)</script>",
    );
  });
  it("is cut where it is endless", () => {
    assert.ok(
      foreignContent({ content: "x ".repeat(1_000_000), mediaType: "text/markdown" }).length < 60_000,
    );
  });
});
