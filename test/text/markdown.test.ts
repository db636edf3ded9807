import assert from "node:assert/strict";
import fc from "fast-check";
import { InvalidInput } from "../../src/support/errors.ts";
import { MARKDOWN_LENGTH, renderMarkdown } from "../../src/text/markdown.ts";
import { ATTACKS } from "./attacks.ts";
import { assertOnlyMarkup, OWN } from "./markup.ts";

const options = {
  baseUrl: "https://blog.example/posts/bread",
  mentionUrl: (handle: string) =>
    handle.startsWith("nobody@") ? undefined : `https://remote.example/@${handle}`,
  tagUrl: (tag: string) => `https://blog.example/tags/${encodeURIComponent(tag)}`,
};
const render = (markdown: string) => renderMarkdown(markdown, options);
const html = (markdown: string): string => render(markdown).html.trimEnd();
const tagLink = (tag: string): string =>
  `<a href="https://blog.example/tags/${encodeURIComponent(tag)}" class="mention hashtag" rel="tag">#<span>${tag}</span></a>`;

describe("Markdown", () => {
  it("becomes HTML with tables, task lists, strikethrough and code", () => {
    assert.equal(
      html("# Bread\n\n*Flour* & **water** ~~salt~~"),
      "<h1>Bread</h1>\n<p><em>Flour</em> &amp; <strong>water</strong> <del>salt</del></p>",
    );
    assert.match(html("|a|b|\n|-|-|\n|1|2|"), /<td>1<\/td>\n<td>2<\/td>/);
    assert.match(html("- [x] knead\n- [ ] bake"), /<li>☑ knead<\/li>\n<li>☐ bake<\/li>/);
    assert.equal(html("```js\n1 < 2\n```"), '<pre><code class="language-js">1 &lt; 2\n</code></pre>');
    assert.equal(html("a  \nb\nc"), "<p>a<br />b\nc</p>");
  });

  it("resolves links and pictures, and names the pictures", () => {
    const post = render('[about](/about) ![A *brown* loaf](loaf.jpg "T") <img src="/b.png" alt="B">');
    assert.match(post.html, /<a href="https:\/\/blog\.example\/about">about<\/a>/);
    assert.deepEqual(post.images, [
      { url: "https://blog.example/posts/loaf.jpg", alt: "A brown loaf" },
      { url: "https://blog.example/b.png", alt: "B" },
    ]);
  });

  describe("with mentions", () => {
    it("links them with Mastodon's markup", () => {
      assert.equal(
        html("Hi @Anna@Remote.example!"),
        '<p>Hi <span class="h-card"><a href="https://remote.example/@Anna@remote.example" class="u-url mention">@<span>Anna</span></a></span>!</p>',
      );
    });
    it("lists each once, in order, host in lower case, also those that lead nowhere", () => {
      const post = render("@nobody@a.example, @Bo@B.example and @bo@b.example and again @nobody@a.example");
      assert.deepEqual(post.mentions, ["nobody@a.example", "Bo@b.example"]);
      assert.match(post.html, /<p>@nobody@a\.example, <span/);
    });
    it("takes names with underscores for names, not for emphasis", () => {
      assert.deepEqual(render("@a_b_@c.example and @_x_@c.example").mentions, [
        "a_b_@c.example",
        "_x_@c.example",
      ]);
    });
    it("does not swallow the end of a sentence", () => {
      assert.deepEqual(render("(@a@b.example) @c@d.example. @e@f.example- @g@h.example:").mentions, [
        "a@b.example",
        "c@d.example",
        "e@f.example",
        "g@h.example",
      ]);
    });
    it("does not take an e-mail address for one", () => {
      const post = render("Write to me@blog.example or <you@blog.example>.");
      assert.deepEqual(post.mentions, []);
      assert.match(post.html, /Write to me@blog\.example or <a href="mailto:you@blog\.example">/);
    });
    it("understands hosts in any script, and with a port", () => {
      assert.deepEqual(render("@a@bücher.example @b@localhost:3000").mentions, [
        "a@xn--bcher-kva.example",
        "b@localhost:3000",
      ]);
    });
  });

  describe("with hashtags", () => {
    it("links them with Mastodon's markup", () => {
      assert.equal(html("#Bread is good"), `<p>${tagLink("Bread")} is good</p>`);
    });
    it("lists each once, as first written", () => {
      assert.deepEqual(render("#Bread #bread #SourDough #BREAD").hashtags, ["Bread", "SourDough"]);
    });
    it("understands every script", () => {
      assert.deepEqual(render("#Größe #日本語 #brot·backen #naïve_1 #हिन्दी").hashtags, [
        "Größe",
        "日本語",
        "brot·backen",
        "naïve_1",
        "हिन्दी",
      ]);
    });
    it("leaves headings, numbers, entities, fragments and words alone", () => {
      const post = render(
        "# Heading\n\n#1 and #2024, a#b, &#35;x, a/#b, https://a.example/#c and [d](/#d) ##e",
      );
      assert.deepEqual(post.hashtags, []);
    });
    it("finds them after brackets and at the start of lines", () => {
      assert.deepEqual(render('(#a1) "#b1" **#c1**\n#d1, #e1. [#x](/y)').hashtags, [
        "a1",
        "b1",
        "c1",
        "d1",
        "e1",
      ]);
    });
  });

  it("leaves code, links and escaped signs alone", () => {
    const post = render(
      "`#a @a@b.example`\n\n    #b @b@b.example\n\n```\n#c\n```\n\n[#d @d@d.example](https://x.example/) \\#e \\@f@f.example " +
        '<code>#g</code> <a href="/h">#h</a> ![#i](i.png)',
    );
    assert.deepEqual([post.hashtags, post.mentions], [[], []]);
  });

  it("finds them behind blocks of HTML that are code or links", () => {
    for (const block of [
      "<pre>@not@me.example #not</pre>",
      "<pre>\n#not\n</pre>",
      '<a href="/x">\n<img src="/y.jpg" alt="y">\n</a>',
      "<p><kbd>#not</kbd></p>",
      "</code></pre>",
    ]) {
      const { mentions, hashtags } = render(`${block}\n\nHello @anna@example.org #bread`);
      assert.deepEqual([mentions, hashtags], [["anna@example.org"], ["bread"]], block);
    }
  });

  it("finds them in every other place", () => {
    const post = render(
      "> #quote\n\n- #list\n  - #deep\n\n|#head|\n|-|\n|@cell@a.example|\n\n## A #heading\n\n<b>#inline</b>",
    );
    assert.deepEqual(post.hashtags, ["quote", "list", "deep", "head", "heading", "inline"]);
    assert.deepEqual(post.mentions, ["cell@a.example"]);
  });

  it("links bare addresses, and not what ends the sentence", () => {
    assert.equal(
      html("See https://a.example/b_(c)?d=1&e=2, or (https://f.example)."),
      '<p>See <a href="https://a.example/b_(c)?d=1&amp;e=2">https://a.example/b_(c)?d=1&amp;e=2</a>, or (<a href="https://f.example">https://f.example</a>).</p>',
    );
    assert.equal(
      html("`https://a.example` javascript://x a.example"),
      "<p><code>https://a.example</code> javascript://x a.example</p>",
    );
  });

  it("does not trust the addresses that it is given", () => {
    const evil = {
      ...options,
      mentionUrl: () => "javascript:alert(1)",
      tagUrl: () => 'x" onclick="alert(1)',
    };
    assert.equal(renderMarkdown("@a@b.example #c", evil).html, "<p>@a@b.example #c</p>\n");
  });

  for (const [name, attack] of Object.entries(ATTACKS)) {
    it(`makes harmless: ${name}`, () => {
      for (const markdown of [
        attack,
        `> - ${attack}`,
        `[x](${attack})`,
        `![${attack}](x)`,
        `@a@b.example ${attack}`,
      ]) {
        assertOnlyMarkup(render(markdown).html, OWN);
      }
    });
  }

  it("never throws and never gives other markup, whatever it reads", () => {
    const pieces = fc.oneof(
      fc.constantFrom(
        ..."[ ] ( ) ! * ** _ ` ``` > - 1. # | ~ ~~ < & \\ : @a@b.example #tag https://a.example".split(" "),
      ),
      fc.constantFrom(
        "\n",
        "\n\n",
        "    ",
        "[a]: javascript:alert(1)",
        "[a](javascript:x)",
        "<script>",
        "<a href=x>",
        "<!--",
        "|-|\n",
        " ",
      ),
      fc.string({ unit: "binary", maxLength: 8 }),
    );
    fc.assert(
      fc.property(fc.array(pieces, { maxLength: 30 }), (parts) => {
        assertOnlyMarkup(render(parts.join("")).html, OWN);
      }),
      { numRuns: 400 },
    );
  });

  it("reads long hostile texts without deep recursion or endless searching", function () {
    this.timeout(60_000);
    const length = 10_000;
    const hostile = [
      ..."[ * > ` < | ~ \\ & _a `a`` ![ []( <a [a][b [a]( <!-- *a~ @a #a a.".split(" "),
      ...'**a *b|*a **a |- |> |1. |![a][b]|[a](b "|- [ ] a\n|a\n|[a]: x\n|<div>\n|_a* '.split("|"),
    ];
    for (const piece of hostile) {
      assert.equal(typeof render(piece.repeat(length / piece.length)).html, "string", piece);
    }
    for (const piece of ["[", "*", ">", "_a"])
      assert.equal(typeof render(piece.repeat(100_000 / piece.length)).html, "string");
    const nested = Array.from(
      { length: 300 },
      (_, level) => `${" ".repeat(level * 2)}- ${">".repeat(level)} a`,
    ).join("\n");
    assertOnlyMarkup(render(nested).html, OWN);
  });

  it("refuses what is too long, and says so", () => {
    assert.throws(() => render("x".repeat(MARKDOWN_LENGTH + 1)), InvalidInput);
  });
});
