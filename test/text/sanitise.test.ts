import assert from "node:assert/strict";
import fc from "fast-check";
import { FOREIGN_HTML_LENGTH, POLICY_VERSION, sanitiseHtml } from "../../src/text/sanitise.ts";
import { plainText } from "../../src/text/plain-text.ts";
import { ATTACKS } from "./attacks.ts";
import { assertOnlyMarkup, FOREIGN } from "./markup.ts";

const REL = 'rel="nofollow noopener noreferrer ugc" target="_blank"';

describe("sanitising foreign HTML", () => {
  it("keeps the elements that Mastodon keeps", () => {
    const html =
      "<h2>Head</h2><p>a<br />b <b>b</b><strong>s</strong><i>i</i><em>e</em><u>u</u><s>s</s><del>d</del>" +
      "<sub>1</sub><sup>2</sup><code>c</code> <ruby>漢<rp>(</rp><rt>kan</rt><rp>)</rp></ruby></p>" +
      '<blockquote><p>q</p></blockquote><pre><code>x\n  y</code></pre><ol start="3" reversed><li value="2">o</li></ol>' +
      '<ul><li>u</li></ul><p><abbr title="HyperText">HT</abbr></p>';
    assert.equal(sanitiseHtml(html), html);
  });

  it("forces rel and target on links, whatever was there", () => {
    assert.equal(
      sanitiseHtml('<a href="https://a.example/x?y=1&amp;z=2" rel="me opener" target="_top" title="t">x</a>'),
      `<a href="https://a.example/x?y=1&amp;z=2" title="t" ${REL}>x</a>`,
    );
  });

  it("keeps the markup of mentions and hashtags, and its own spelling of addresses", () => {
    const html =
      `<p><span class="h-card" translate="no"><a href="https://A.example/@bo" class="u-url mention" ${REL}>@<span>bo</span></a></span> ` +
      `<a href="https://a.example/tags/%C3%A9" class="mention hashtag" ${REL}>#<span>é</span></a></p>`;
    assert.equal(sanitiseHtml(html), html);
  });

  it("keeps classes that mean something and no other", () => {
    assert.equal(
      sanitiseHtml(
        '<p class="quote-inline modal fixed u-url h-entry e-content x-u-url p-">x</p><span class="btn">y</span>',
      ),
      '<p class="quote-inline u-url h-entry e-content">x</p><span>y</span>',
    );
    assert.equal(
      sanitiseHtml('<span class="invisible">https://</span><span class="ellipsis">a.example/long</span>'),
      '<span class="invisible">https://</span><span class="ellipsis">a.example/long</span>',
    );
  });

  it("keeps schemes that open a page, a letter or a chat", () => {
    for (const href of [
      "http://a.example/",
      "mailto:bo@a.example",
      "xmpp:bo@a.example",
      "gemini://a.example/",
      "gopher://a.example/",
    ]) {
      assert.match(sanitiseHtml(`<a href="${href}">x</a>`), new RegExp(`href="${href}"`));
    }
    for (const href of [
      "magnet:?xt=1",
      "tel:1",
      "ftp://a.example/",
      "file:///etc/passwd",
      "intent://x",
      "about:blank",
    ]) {
      assert.equal(sanitiseHtml(`<a href="${href}">x</a>`), "<span>x</span>", href);
    }
  });

  it("drops a name and password that disguise the host", () => {
    assert.match(
      sanitiseHtml('<a href="https://bank.example@evil.example/">x</a>'),
      /href="https:\/\/evil\.example\/"/,
    );
  });

  it("drops an address longer than any browser wants", () => {
    assert.equal(sanitiseHtml(`<a href="https://a.example/${"x".repeat(3000)}">x</a>`), "<span>x</span>");
  });

  it("leaves relative links as text unless told what they are relative to", () => {
    assert.equal(sanitiseHtml('<a href="/x">x</a>'), "<span>x</span>");
    assert.match(
      sanitiseHtml('<a href="/x">x</a>', { baseUrl: "https://a.example/y" }),
      /href="https:\/\/a\.example\/x"/,
    );
  });

  it("makes a picture a link named by its alt text", () => {
    assert.equal(
      sanitiseHtml('<p><img src="https://a.example/cat.png" alt="A <cat>"></p>'),
      `<p><a href="https://a.example/cat.png" ${REL}>A &lt;cat&gt;</a></p>`,
    );
    assert.match(sanitiseHtml('<img src="https://a.example/i/cat.png">'), />cat\.png<\/a>$/);
  });

  it("makes a picture within a link, and a custom emoji, its alt text", () => {
    assert.equal(
      sanitiseHtml('<a href="https://a.example/">see <img src="https://a.example/i.png" alt="it"></a>'),
      `<a href="https://a.example/" ${REL}>see <span>it</span></a>`,
    );
    assert.equal(
      sanitiseHtml('Hi <img class="emoji" src="https://a.example/b.png" alt=":blob:">!'),
      "Hi <span>:blob:</span>!",
    );
  });

  it("does not leave a link within a link", () => {
    assert.equal(
      sanitiseHtml('<a href="https://a.example/">a <a href="https://b.example/">b</a></a>'),
      `<a href="https://a.example/" ${REL}>a <span>b</span></a>`,
    );
  });

  it("keeps lines apart that were apart in elements it drops", () => {
    assert.equal(
      plainText(sanitiseHtml("<div>one</div><div>two <table><tr><td>three</td></tr></table></div>")),
      "one\n\ntwo\n\nthree",
    );
  });

  it("keeps text that only looks like markup", () => {
    assert.equal(sanitiseHtml("1 < 2 & 3 > 2 <3"), "1 &lt; 2 &amp; 3 &gt; 2 &lt;3");
    assert.equal(sanitiseHtml("&lt;script&gt; &amp;amp; &quot;"), '&lt;script&gt; &amp;amp; "');
  });

  for (const [name, html] of Object.entries(ATTACKS)) {
    it(`makes harmless: ${name}`, () => {
      const clean = sanitiseHtml(html);
      assertOnlyMarkup(clean, FOREIGN);
      assert.doesNotMatch(clean.replace(/&lt;[^]*?&gt;/g, ""), /position:|@import|onload/);
      assert.equal(sanitiseHtml(clean), clean);
    });
  }

  it("keeps the text around an attack", () => {
    assert.equal(
      plainText(sanitiseHtml("before <script>alert(1)</script><svg><script>x</script></svg>after")),
      "before after",
    );
  });

  it("never gives other markup, and never changes its mind, whatever comes in", () => {
    const pieces = fc.oneof(
      fc.constantFrom(...Object.values(ATTACKS)),
      fc.constantFrom(
        ..."<p> </p> <div> </div> <a href='https://a.example/'> </a> <li> <ul> </ul> <b> </i> <td> <!-- -->".split(
          " ",
        ),
      ),
      fc.constantFrom(
        "<img src='https://a.example/i.png' alt='x'>",
        "<h1>",
        "</h1>",
        "<option>",
        "<svg>",
        "</svg>",
        "&#x1;",
        "&#0;",
        "\ud800",
        "<br/>",
        "<button>",
        "<pre>\n",
        "<x y='",
      ),
      fc.string({ unit: "binary", maxLength: 12 }),
    );
    fc.assert(
      fc.property(fc.array(pieces, { maxLength: 14 }), (parts) => {
        const clean = sanitiseHtml(parts.join(""));
        assertOnlyMarkup(clean, FOREIGN);
        assert.equal(sanitiseHtml(clean), clean);
      }),
      { numRuns: 400 },
    );
  });

  it("shows HTML that is nested beyond reason as its text", () => {
    for (const [open, close] of [
      ["<b>", "</b>"],
      ["<blockquote><p>", "</p></blockquote>"],
      ["<li><a>", ""],
      ["<zz>", "</yy>"],
    ]) {
      const clean = sanitiseHtml(
        `<p>start</p>${open?.repeat(10_000)}deep &amp; down${close?.repeat(10_000)}`,
      );
      assert.equal(plainText(clean).replace(/\s+/g, " "), "start deep & down");
      assertOnlyMarkup(clean, FOREIGN);
    }
  });

  it("reads long broken markup in linear time", () => {
    const broken = [
      "<b></z>",
      "<",
      "<a href='",
      "&",
      "<!--",
      "<img src=x ",
      "</p>",
      "<p><b>",
      "<b>x</z>",
      "&#x",
    ];
    for (const piece of broken) assertOnlyMarkup(sanitiseHtml(piece.repeat(200_000 / piece.length)), FOREIGN);
  });

  it("reads no more than its limit and leaves no half tag or half character", () => {
    const clean = sanitiseHtml(`${"x".repeat(FOREIGN_HTML_LENGTH - 1)}👍<b>beyond</b>`);
    assert.equal(clean.length, FOREIGN_HTML_LENGTH - 1);
    assert.equal(
      sanitiseHtml(`${"x".repeat(FOREIGN_HTML_LENGTH - 3)}<b onclick=x>beyond</b>`).includes("<"),
      false,
    );
  });

  it("has a version, so that stored texts can be cleaned again", () => {
    assert.ok(Number.isInteger(POLICY_VERSION) && POLICY_VERSION >= 1);
  });
});
