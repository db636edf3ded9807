import assert from "node:assert/strict";
import fc from "fast-check";
import { findMentionsAndTags, linkMentions } from "../../src/text/mentions-in-html.ts";

const link = (html: string): string =>
  linkMentions(
    html,
    (handle) => (handle.startsWith("nobody") ? undefined : `https://a.example/@${handle}`),
    (tag) => `https://blog.example/tags/${tag}`,
  );

describe("mentions and hashtags in an HTML post", () => {
  it("are found in its text, each once", () => {
    assert.deepEqual(
      findMentionsAndTags("<p>@a@B.example #Bread</p><ul><li>#bread @a@b.example @c@d.example</li></ul>"),
      {
        mentions: ["a@b.example", "c@d.example"],
        hashtags: ["Bread"],
      },
    );
  });
  it("are not found in links, code, attributes and entities", () => {
    const html =
      '<p title="#a">x&#35;b &#x1f35e; <a href="/#d">#d <b>#e @a@b.example</b></a> <code>#f</code></p><pre>#g</pre><!-- #h -->' +
      "<script>#i</script> me@blog.example";
    assert.deepEqual(findMentionsAndTags(html), { mentions: [], hashtags: [] });
  });
  it("are found again after a link or code", () => {
    assert.deepEqual(findMentionsAndTags("<a>x</a> #a <pre>x</pre>#b").hashtags, ["a", "b"]);
  });
  it("are found in plain text", () => {
    assert.deepEqual(findMentionsAndTags("1 < 2 #yes, says @a@b.example"), {
      mentions: ["a@b.example"],
      hashtags: ["yes"],
    });
  });
  it("become links, and everything else stays as it was, byte for byte", () => {
    assert.equal(
      link('<P class=x>Hi  @a@b.example &amp; #Tag<br>@nobody@b.example <a href="/">#no</a></P>'),
      '<P class=x>Hi  <span class="h-card"><a href="https://a.example/@a@b.example" class="u-url mention">@<span>a</span></a></span> &amp; ' +
        '<a href="https://blog.example/tags/Tag" class="mention hashtag" rel="tag">#<span>Tag</span></a><br>@nobody@b.example <a href="/">#no</a></P>',
    );
  });
  it("are linked once: linking twice changes nothing", () => {
    const once = link("<p>#a @b@c.example</p>");
    assert.equal(link(once), once);
  });
  it("take linear time", () => {
    for (const piece of ["@a", "#a", "@a@b.c ", "<b>#a</b>", "<p>@", "@a.a.a@"]) {
      const text = piece.repeat(100_000 / piece.length);
      assert.ok(link(text).length >= text.length);
    }
  });
  it("leave HTML without them untouched", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary", maxLength: 50 }), (text) => {
        const html = text.replace(/[@#]/g, "");
        assert.equal(link(html), html);
      }),
    );
  });
});
