import assert from "node:assert/strict";
import fc from "fast-check";
import { cutAt, plainText } from "../../src/text/plain-text.ts";

describe("plain text of HTML", () => {
  it("decodes entities once", () => {
    assert.equal(
      plainText("A &amp; B &lt;b&gt; &quot;c&quot; &eacute;&#x1F35E; &amp;lt;"),
      'A & B <b> "c" é🍞 &lt;',
    );
  });
  it("sets line ends where a reader sees them", () => {
    assert.equal(
      plainText("<p>One<br>two</p><p>three</p><ul><li>a</li><li>b</li></ul>end"),
      "One\ntwo\n\nthree\n\na\nb\n\nend",
    );
  });
  it("makes runs of blanks one, except in code", () => {
    assert.equal(plainText("  a \n\t b  <b> c</b> <pre>x  y\n  z</pre>"), "a b c\n\nx  y\n  z");
  });
  it("leaves out what is not for reading", () => {
    assert.equal(
      plainText("<title>t</title>a<script>x<b></script><style>y</style><svg><text>z</text></svg>b<!-- c -->"),
      "ab",
    );
  });
  it("keeps the hidden parts of a shortened link, so that the address is whole", () => {
    assert.equal(
      plainText(
        '<a href="https://a.example/long"><span class="invisible">https://</span><span class="ellipsis">a.example/lo</span><span class="invisible">ng</span></a>',
      ),
      "https://a.example/long",
    );
  });
  it("stops reading at the length asked for, at a whole character", () => {
    assert.equal(plainText(`<p>${"ab".repeat(10)}</p>`, 5), "ababa");
    assert.equal(plainText("aaaa👍", 5), "aaaa");
    assert.equal(cutAt("👍", 1), "");
  });
  it("takes no time for depth or for broken markup", () => {
    assert.equal(plainText("<b>".repeat(100_000) + "x" + "</z>".repeat(100_000)), "x");
    assert.equal(plainText("<svg>".repeat(50_000) + "x"), "");
  });
  it("never throws", () => {
    fc.assert(
      fc.property(
        fc.string({ unit: "binary", maxLength: 60 }),
        (text) => typeof plainText(text) === "string",
      ),
    );
  });
});
