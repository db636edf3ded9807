import assert from "node:assert/strict";
import fc from "fast-check";
import { InvalidInput } from "../../src/support/errors.ts";
import { OWN_HTML_LENGTH, sanitiseOwnHtml } from "../../src/text/sanitise.ts";
import { ATTACKS } from "./attacks.ts";
import { assertOnlyMarkup, OWN } from "./markup.ts";

const own = (html: string): string => sanitiseOwnHtml(html, { baseUrl: "https://blog.example/posts/bread" });

describe("preparing the owner's own HTML", () => {
  it("keeps what a post is made of", () => {
    const html =
      '<h2 lang="de">Brot</h2><figure><img src="https://blog.example/i.png" alt="A loaf" width="800" height="600" loading="lazy" />' +
      '<figcaption>Crust</figcaption></figure><table><thead><tr><th scope="col">a</th></tr></thead><tbody><tr>' +
      '<td colspan="2">b</td></tr></tbody></table><pre><code class="language-c++">x &lt; y</code></pre><hr />' +
      '<dl><dt>t</dt><dd>d</dd></dl><p><kbd>Ctrl</kbd> <mark>m</mark> <time datetime="2026-01-01">today</time></p>' +
      "<details open><summary>s</summary><p>d</p></details>";
    assert.equal(own(html), html);
  });

  it("resolves links and pictures against the permalink", () => {
    assert.equal(own('<a href="../about">x</a>'), '<a href="https://blog.example/about">x</a>');
    assert.equal(own('<a href="#fn1">1</a>'), '<a href="https://blog.example/posts/bread#fn1">1</a>');
    assert.equal(own('<a href="//cdn.example/x">x</a>'), '<a href="https://cdn.example/x">x</a>');
    assert.equal(
      own('<img src="loaf.jpg">'),
      '<img src="https://blog.example/posts/loaf.jpg" alt="" loading="lazy" />',
    );
    assert.equal(
      own('<blockquote cite="/q">q</blockquote>'),
      '<blockquote cite="https://blog.example/q">q</blockquote>',
    );
  });

  it("finds the picture that a lazy loader hides", () => {
    const lazy =
      '<img src="data:image/gif;base64,R0lGOD" data-src="/real.jpg" alt="Real"><noscript><img src="/real.jpg" alt="Real"></noscript>';
    assert.equal(own(lazy), '<img src="https://blog.example/real.jpg" alt="Real" loading="lazy" />');
  });

  it("leaves the alt text of a picture that cannot be shown elsewhere", () => {
    assert.equal(
      own('<p><img src="data:image/png;base64,AA" alt="A chart"></p>'),
      "<p><span>A chart</span></p>",
    );
  });

  it("makes frames links, named by their title", () => {
    assert.equal(
      own('<iframe src="https://video.example/embed/1" title="How to knead">old browser</iframe> after'),
      '<a href="https://video.example/embed/1">How to knead</a> after',
    );
    assert.equal(
      own('<embed src="/map">'),
      '<a href="https://blog.example/map">https://blog.example/map</a>',
    );
    assert.equal(own('<iframe src="javascript:alert(1)"></iframe>'), "<span></span>");
  });

  it("keeps players, without starting them", () => {
    assert.equal(
      own('<video src="/v.mp4" autoplay loop onplay="x"><source src="v.webm" type="video/webm"></video>'),
      '<video src="https://blog.example/v.mp4" controls preload="metadata">' +
        '<source src="https://blog.example/posts/v.webm" type="video/webm" /></video>',
    );
  });

  it("keeps the relations that an owner may claim", () => {
    assert.equal(
      own('<a href="https://a.example/" rel="ME stylesheet tag opener">x</a>'),
      '<a href="https://a.example/" rel="me tag">x</a>',
    );
  });

  it("drops scripts, styles, forms and names that could shadow the page's own", () => {
    assert.equal(
      own(
        "<style>p{}</style><p id=location style='color:red' data-x=1>x</p><script>1</script><input name=x>",
      ),
      "<p>x</p>",
    );
  });

  it("keeps what it made itself, whatever class a theme had", () => {
    const mention =
      '<p><span class="h-card"><a href="https://a.example/@bo" class="u-url mention">@<span>bo</span></a></span></p>';
    assert.equal(own(mention), mention);
    assert.equal(
      own('<p class="wp-block language-js h-entry modal">x</p>'),
      '<p class="language-js h-entry">x</p>',
    );
  });

  for (const [name, html] of Object.entries(ATTACKS)) {
    it(`makes harmless: ${name}`, () => {
      const clean = own(html);
      assertOnlyMarkup(clean, OWN);
      assert.equal(own(clean), clean);
    });
  }

  it("never gives other markup, and never changes its mind, whatever comes in", () => {
    const pieces = fc.oneof(
      fc.constantFrom(...Object.values(ATTACKS)),
      fc.constantFrom(
        "<table>",
        "<tr>",
        "<td>",
        "</table>",
        "<p>",
        "</p>",
        "<div>",
        "</div>",
        "<a href=x>",
        "</a>",
        "<figure>",
        "<img src=x>",
      ),
      fc.constantFrom(
        "<video>",
        "</video>",
        "<source src=a>",
        "<dl>",
        "<dd>",
        "<h1>",
        "<iframe src=x>",
        "<object data=y>",
        "</object>",
        "<q cite=x>",
      ),
      fc.string({ unit: "binary", maxLength: 12 }),
    );
    fc.assert(
      fc.property(fc.array(pieces, { maxLength: 14 }), (parts) => {
        const clean = own(parts.join(""));
        assertOnlyMarkup(clean, OWN);
        assert.equal(own(clean), clean);
      }),
      { numRuns: 400 },
    );
  });

  it("refuses a post that no server would take, and says how long it is", () => {
    assert.throws(
      () => own("x".repeat(OWN_HTML_LENGTH + 1)),
      (error: unknown) =>
        error instanceof InvalidInput && error.message.includes(String(OWN_HTML_LENGTH + 1)),
    );
  });
});
