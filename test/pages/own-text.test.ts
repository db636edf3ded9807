import assert from "node:assert/strict";
import { loadPictureSecret, pictureAddress } from "../../src/domain/media.ts";
import { shownText } from "../../src/pages/own-text.ts";
import { sanitiseOwnHtml } from "../../src/text/sanitise.ts";
import { makeSite, type HandMadeSite } from "../support/make-site.ts";

describe("the owner's own text on a page", () => {
  let made: HandMadeSite;
  before(async () => {
    made = await makeSite();
    await loadPictureSecret(made.site);
  });
  after(() => made.close());

  const shown = (html: string): string =>
    shownText(made.site, sanitiseOwnHtml(html, { baseUrl: "https://blog.example/posts/rye" }));

  it("loads pictures of other servers through ours", () => {
    const url = "https://cdn.example/a.png?x=1&y=\"2'";
    const html = shown(`<p>One</p><img alt="A > B" src="https://cdn.example/a.png?x=1&amp;y=&quot;2&#39;">`);
    assert.ok(html.includes(`src="${pictureAddress(made.site, url)}"`), html);
    assert.ok(html.includes('alt="A &gt; B"'));
  });

  it("leaves the site's own pictures, links and words that look like pictures alone", () => {
    const html = shown(
      '<img src="/own.png" alt=""><a href="https://cdn.example/a.png">x</a><p>&lt;img src="https://cdn.example/b.png"&gt;</p>',
    );
    assert.match(html, /<img src="https:\/\/blog\.example\/own\.png"/);
    assert.match(html, /<a href="https:\/\/cdn\.example\/a\.png"/);
    assert.match(html, /&lt;img src="https:\/\/cdn\.example\/b\.png"&gt;/);
  });

  it("loads films only by a click, their posters through us", () => {
    const html = shown(
      '<video src="https://cdn.example/a.mp4" poster="https://cdn.example/p.png" preload="auto"></video>',
    );
    assert.match(html, /preload="none"/);
    assert.match(html, /poster="https:\/\/blog\.example\/fediverse\/media\//);
    assert.match(html, /src="https:\/\/cdn\.example\/a\.mp4"/);
  });

  it("lets the keyboard reach long lines of code", () => {
    assert.equal(shown("<pre><code>a</code></pre>"), '<pre tabindex="0"><code>a</code></pre>');
    assert.equal(shown("<p>&lt;pre&gt;</p>"), "<p>&lt;pre&gt;</p>");
  });
});
