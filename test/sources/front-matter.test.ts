import assert from "node:assert/strict";
import { parsePostFile } from "../../src/sources/front-matter.ts";
import { InvalidInput } from "../../src/support/errors.ts";

const PERMALINK = "https://blog.example/posts/bread";
const read = (frontMatter: string, body = "Hello") =>
  parsePostFile(`---\n${frontMatter}\n---\n${body}`, { path: "posts/bread.md", url: PERMALINK });
const refusal = (text: string): string => {
  try {
    parsePostFile(text, { path: "posts/bread.md", url: PERMALINK });
  } catch (error) {
    assert.ok(error instanceof InvalidInput);
    return error.message;
  }
  assert.fail("the file was taken");
};
const wrong = (frontMatter: string): string => refusal(`---\ntitle: x\n${frontMatter}\n---\nHello`);

describe("a post in a Markdown file", () => {
  it("is read with all its keys", () => {
    assert.deepEqual(
      read(
        [
          "layout: post",
          "Title: 'Bread: a start'",
          "permalink: /bread/",
          "date: 2026-03-01 10:00:00 +0100",
          "lastmod: 2026-03-02",
          "tags: [Salt, 'Bread Baking']",
          "categories: Kitchen, Salt",
          "description: How to begin.",
          "image: { url: /loaf.jpg, alt: A brown loaf, width: 800, height: 600 }",
          "lang: en_gb",
          "author: Baker, Anna",
          "sensitive: true",
          "warning: Knives",
          "visibility: Unlisted",
          "type: note",
          "federate: false",
          "draft: false",
        ].join("\n"),
        "\n# Hi\n",
      ),
      {
        url: "https://blog.example/bread/",
        title: "Bread: a start",
        markdown: "\n# Hi\n",
        summary: "How to begin.",
        tags: ["Salt", "Bread Baking", "Kitchen"],
        image: {
          url: "https://blog.example/loaf.jpg",
          alt: "A brown loaf",
          width: 800,
          height: 600,
          mediaType: "image/jpeg",
        },
        language: "en-GB",
        published: new Date("2026-03-01T09:00:00Z"),
        updated: new Date("2026-03-02T00:00:00Z"),
        authors: ["Baker, Anna"],
        sensitive: true,
        warning: "Knives",
        visibility: "unlisted",
        type: "Note",
        draft: false,
        federate: false,
      },
    );
  });

  it("has the address of its file, unless its slug or its url says otherwise", () => {
    assert.equal(read("title: x").url, PERMALINK);
    assert.equal(read("slug: first loaf").url, "https://blog.example/posts/first%20loaf");
    assert.equal(read("url: https://other.example/x\nslug: y").url, "https://other.example/x");
    assert.equal(
      parsePostFile("---\nslug: y\n---\n", { path: "a.md", url: "https://blog.example/a/" }).url,
      "https://blog.example/y/",
    );
    assert.equal(parsePostFile("---\ntitle: y\n---\n", { path: "a.md" }).url, undefined);
  });

  it("resolves its cover against its permalink", () => {
    assert.equal(read("cover: loaf.png").image?.url, "https://blog.example/posts/loaf.png");
    assert.equal(read("cover:\n  image: loaf.png\n  alt: A loaf").image?.alt, "A loaf");
  });

  it("is the whole file where there is no front matter", () => {
    assert.deepEqual(parsePostFile("# Hi\n\n---\n\nthere", { path: "a.md" }), {
      markdown: "# Hi\n\n---\n\nthere",
    });
    assert.deepEqual(parsePostFile("---\n---\nHi", { path: "a.md" }), { markdown: "Hi" });
  });

  it("is read with a byte order mark, foreign line ends and dots for the end", () => {
    assert.deepEqual(parsePostFile("\uFEFF---\r\ntitle: x\r\n...\r\nHi\r\n", { path: "a.md" }), {
      title: "x",
      markdown: "Hi\n",
    });
  });

  it("takes authors in every form", () => {
    assert.deepEqual(read("authors:\n  - Anna\n  - { name: Bo, url: /bo }").authors, ["Anna", "Bo"]);
    assert.deepEqual(read("author: { name: Anna }").authors, ["Anna"]);
  });

  it("takes numbers where their author meant words", () => {
    const post = read("title: 1984\ntags: [2024, salt]\n");
    assert.deepEqual([post.title, post.tags], ["1984", ["2024", "salt"]]);
  });

  it("knows a draft of Jekyll's, and empty keys", () => {
    assert.equal(read("published: false").draft, true);
    assert.equal(read("published: true\ndate: 2026-03-01").draft, undefined);
    assert.deepEqual(Object.keys(read("title:\ntags:\ndate: ~\nimage:")), ["url", "markdown"]);
    for (const empty of ['image: ""', 'cover:\n  image: ""\n  alt: ""'])
      assert.deepEqual(Object.keys(read(empty)), ["url", "markdown"], empty);
    assert.deepEqual(read("published: 2026-03-01").published, new Date("2026-03-01T00:00:00Z"));
  });

  it("has no date of change before its own date", () => {
    assert.equal(read("date: 2026-03-02\nupdated: 2026-03-01").updated, undefined);
  });

  describe("with a mistake", () => {
    const mistakes: [string, string][] = [
      ["date: tomorrow", '"date" is "tomorrow"; wanted is a date such as'],
      ["date: [2026-03-01]", '"date" is a list; wanted is a date'],
      ["date: true", '"date" is true; wanted is a date'],
      ["summary: { a: 1 }", '"summary" is a map; wanted is a text'],
      ["summary: true", '"summary" is true; wanted is a text'],
      ["tags: { a: 1 }", '"tags" is a map; wanted is a list of texts'],
      ["tags: [[a]]", '"tags" is a list; wanted is a list of texts'],
      ["draft: 'yes'", '"draft" is "yes"; wanted is true or false'],
      ["sensitive: 1", '"sensitive" is 1; wanted is true or false'],
      ["visibility: secret", '"visibility" is "secret"; wanted is one of public, unlisted, followers'],
      ["type: Video", '"type" is "Video"; wanted is one of Article, Note'],
      ["lang: english, mostly", '"lang" is "english, mostly"; wanted is a language tag'],
      ["url: javascript:alert(1)", '"url" is "javascript:alert(1)"; wanted is an address'],
      ["image: [a.png]", '"image" is a list; wanted is an address, or { url, alt }'],
      ["image: { alt: x }", '"image" is a map; wanted is an address'],
      ["slug: ../../x", '"slug" is "../../x"; wanted is one part of a path'],
    ];
    for (const [line, message] of mistakes) {
      it(`names file, line and key: ${line}`, () => {
        assert.ok(wrong(line).startsWith(`posts/bread.md, line 3: ${message}`), wrong(line));
      });
    }
    it("needs an absolute address where there is nothing to resolve it against", () => {
      assert.throws(
        () => parsePostFile("---\nurl: /x\n---\n", { path: "a.md" }),
        /a\.md, line 2: "url" is "\/x"; wanted is an absolute address/,
      );
    });
    it("names the line where the YAML breaks", () => {
      assert.match(wrong("summary: a: b"), /^posts\/bread\.md, line 3: the front matter is not valid YAML/);
      assert.match(wrong("title: y"), /line 3: the front matter is not valid YAML \(Map keys must be unique/);
      assert.match(wrong("tags: [a, b"), /line \d: the front matter is not valid YAML/);
    });
    it("names front matter that does not end, or is no list of keys, or is TOML", () => {
      assert.match(
        refusal("---\ntitle: x\n"),
        /line 1: the front matter that begins here has no second line of ---/,
      );
      assert.match(
        refusal("---\n- a\n---\n"),
        /line 2: the front matter is not a list of `key: value` lines/,
      );
      assert.match(refusal("+++\ntitle = 'x'\n+++\n"), /line 1: the front matter is TOML.*Write it as YAML/);
    });
  });

  describe("by somebody with a plan", () => {
    it("is refused with aliases, which can stand for gigabytes", () => {
      const bomb = [
        "a: &a [x, x]",
        ...Array.from({ length: 20 }, (_, n) => `b${n}: &b${n} [*${n === 0 ? "a" : `b${n - 1}`}, *a]`),
      ];
      assert.match(
        wrong(bomb.join("\n")),
        /line 4: the front matter uses a YAML alias \(\*a\); write the value itself/,
      );
    });
    it("reaches no prototype", () => {
      const post = read("__proto__: { polluted: 1 }\nconstructor: x\ntitle: t");
      assert.equal((post as Record<string, unknown>).polluted, undefined);
      assert.equal(({} as Record<string, unknown>).polluted, undefined);
      assert.equal(post.title, "t");
    });
    it("runs nothing and fills nothing", () => {
      assert.equal(read("x: !!js/function 'function () {}'\ntitle: t").title, "t");
      assert.match(wrong(`x: ${"[".repeat(20_000)}`), /not valid YAML/);
      assert.match(wrong(`x: ${"y".repeat(70_000)}`), /at most 65536 are read/);
    });
  });
});
