import assert from "node:assert/strict";
import fc from "fast-check";
import { readPostInput } from "../../src/domain/post-input.ts";
import { parseFeed, type ParsedFeed } from "../../src/sources/feed-parse.ts";
import { LIMITS } from "../../src/support/limits.ts";
import { InvalidInput } from "../../src/support/errors.ts";

const URL_OF_FEED = "https://blog.example/feed.xml";
const read = (feed: string | Buffer, contentType?: string): ParsedFeed =>
  parseFeed(Buffer.isBuffer(feed) ? feed : Buffer.from(feed), { contentType, url: URL_OF_FEED });
const rss = (items: string): string =>
  '<?xml version="1.0" encoding="UTF-8"?>\n<rss version="2.0" xmlns:content="http://purl.org/rss/1.0/modules/content/" ' +
  'xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:media="http://search.yahoo.com/mrss/" ' +
  'xmlns:itunes="http://www.itunes.com/dtds/podcast-1.0.dtd" xmlns:atom="http://www.w3.org/2005/Atom"><channel>' +
  `<title>Loaves &amp; Fishes</title><link>https://blog.example/</link><description>d</description><language>en-us</language>\n${items}\n</channel></rss>`;
const item = (fields: string): string =>
  `<item><title>One</title><link>https://blog.example/1</link><pubDate>Sun, 01 Mar 2026 12:00:00 GMT</pubDate>${fields}</item>`;
const atom = (entries: string, root = ""): string =>
  `<?xml version="1.0" encoding="utf-8"?><feed xmlns="http://www.w3.org/2005/Atom"${root}><title>Loaves</title><id>urn:f</id>` +
  '<updated>2026-03-02T00:00:00Z</updated><link rel="self" href="https://blog.example/feed.xml"/><link href="https://blog.example/"/>' +
  `<author><name>Anna Baker</name></author>${entries}</feed>`;
const entry = (fields: string): string =>
  '<entry><title>One</title><id>urn:1</id><link href="https://blog.example/1"/><published>2026-03-01T00:00:00Z</published>' +
  `<updated>2026-03-01T00:00:00Z</updated>${fields}</entry>`;
const refusal = (feed: string | Buffer, contentType?: string): string => {
  try {
    read(feed, contentType);
  } catch (error) {
    assert.ok(error instanceof InvalidInput);
    return error.message;
  }
  assert.fail("the feed was taken");
};

describe("reading a feed", () => {
  describe("RSS as WordPress writes it", () => {
    const feed = rss(
      "<item><title>Sourdough &#8211; how &lt;em&gt;I&lt;/em&gt; do it</title><link>https://blog.example/sourdough/</link>" +
        "<dc:creator><![CDATA[Anna Baker]]></dc:creator><pubDate>Sun, 01 Mar 2026 12:00:00 +0100</pubDate>" +
        "<category><![CDATA[Bread Baking]]></category><category><![CDATA[Salt]]></category>" +
        '<guid isPermaLink="false">https://blog.example/?p=7</guid><description><![CDATA[<p>Flour &amp; water [&#8230;]</p>]]></description>' +
        '<content:encoded><![CDATA[<p>Flour &amp; <b>water</b></p>\n<img src="/loaf.jpg" />]]></content:encoded>' +
        '<media:content url="https://secure.gravatar.com/avatar/1" medium="image"><media:title>anna</media:title></media:content>' +
        '<media:content url="https://blog.example/loaf.jpg" medium="image" width="800" height="600"><media:description>A loaf</media:description></media:content>' +
        "</item>",
    );
    it("gives posts with all that is there", () => {
      assert.deepEqual(read(feed), {
        title: "Loaves & Fishes",
        link: "https://blog.example/",
        posts: [
          {
            url: "https://blog.example/sourdough/",
            title: "Sourdough – how I do it",
            html: '<p>Flour &amp; <b>water</b></p>\n<img src="/loaf.jpg" />',
            summary: "Flour & water […]",
            tags: ["Bread Baking", "Salt"],
            attachments: [
              {
                url: "https://blog.example/loaf.jpg",
                type: "Image",
                mediaType: "image/jpeg",
                alt: "A loaf",
                width: 800,
                height: 600,
              },
            ],
            language: "en-US",
            published: new Date("2026-03-01T11:00:00Z"),
            authors: ["Anna Baker"],
          },
        ],
        problems: [],
      });
    });
  });

  it("takes the description for the text where there is no longer one", () => {
    const [post] = read(rss(item("<description>&lt;p&gt;Short&lt;/p&gt;</description>"))).posts;
    assert.equal(post?.html, "<p>Short</p>");
    assert.equal(post?.summary, undefined);
  });

  it("keeps what only looks like markup in a title", () => {
    const titles = ["Array&lt;T&gt; &amp;amp; more", "<![CDATA[a < b &amp; c]]>"].map(
      (title) => read(rss(item("").replace("One", title))).posts[0]?.title,
    );
    assert.deepEqual(titles, ["Array<T> & more", "a < b & c"]);
  });

  it("takes a guid for the address where it is one, and resolves relative ones", () => {
    const guid = (tag: string): ParsedFeed =>
      read(rss(item(tag).replace("<link>https://blog.example/1</link>", "")));
    assert.equal(guid("<guid>https://blog.example/g</guid>").posts[0]?.url, "https://blog.example/g");
    assert.equal(guid('<guid isPermaLink="true">/g</guid>').posts[0]?.url, "https://blog.example/g");
    assert.equal(guid('<guid isPermaLink="false">https://blog.example/g</guid>').posts.length, 0);
    assert.equal(guid("<link>/posts/1</link>").posts[0]?.url, "https://blog.example/posts/1");
  });

  it("keeps a permalink as the host spells it", () => {
    const [post] = read(
      rss(item("").replace("https://blog.example/1", "https://Blog.example/caf%C3%A9?a=1&amp;b=é")),
    ).posts;
    assert.equal(post?.url, "https://Blog.example/caf%C3%A9?a=1&b=é");
  });

  it("takes a podcast's sound once, and its picture", () => {
    const [post] = read(
      rss(
        item(
          '<enclosure url="https://cdn.example/1.mp3" length="10" type="audio/mpeg"/><media:content url="https://cdn.example/1.mp3" type="audio/mpeg"/>' +
            '<itunes:image href="https://cdn.example/1.jpg"/><enclosure url="javascript:alert(1)" type="audio/mpeg" length="1"/>',
        ),
      ),
    ).posts;
    assert.deepEqual(post?.attachments, [
      { url: "https://cdn.example/1.mp3", type: "Audio", mediaType: "audio/mpeg" },
    ]);
    assert.deepEqual(post.image, { url: "https://cdn.example/1.jpg", mediaType: "image/jpeg" });
  });

  it("takes one of the alternatives in a media group, and the thumbnail as the picture", () => {
    const [post] = read(
      rss(
        item(
          '<media:group><media:content url="/low.mp4" type="video/mp4"/><media:content url="/high.mp4" type="video/mp4" isDefault="true"/>' +
            '</media:group><media:thumbnail url="/t.png"/>',
        ),
      ),
    ).posts;
    assert.deepEqual(post?.attachments, [
      { url: "https://blog.example/high.mp4", type: "Video", mediaType: "video/mp4" },
    ]);
    assert.deepEqual(post.image, { url: "https://blog.example/t.png", mediaType: "image/png" });
  });

  it("reads RSS 1", () => {
    const feed =
      '<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" xmlns="http://purl.org/rss/1.0/" xmlns:dc="http://purl.org/dc/elements/1.1/">' +
      '<channel rdf:about="https://blog.example/"><title>Old</title><link>https://blog.example/</link><description>d</description></channel>' +
      '<item rdf:about="https://blog.example/1"><title>One</title><link>https://blog.example/1</link><description>Text</description>' +
      "<dc:date>2026-03-01T12:00:00+01:00</dc:date><dc:creator>Anna</dc:creator><dc:subject>Salt</dc:subject></item></rdf:RDF>";
    assert.deepEqual(read(feed).posts, [
      {
        url: "https://blog.example/1",
        title: "One",
        html: "Text",
        tags: ["Salt"],
        published: new Date("2026-03-01T11:00:00Z"),
        authors: ["Anna"],
      },
    ]);
  });

  describe("Atom", () => {
    it("as Hugo writes it: HTML, summary, categories, relative addresses, authors of the feed", () => {
      const [post] = read(
        atom(
          entry(
            '<category term="Bread Baking"/><category term="x" label="Salt"/><summary type="html">&lt;p&gt;Short&lt;/p&gt;</summary>' +
              '<content type="html">&lt;p&gt;A &amp;amp; B&lt;/p&gt;</content><link rel="enclosure" href="/a.png" type="image/png"/>',
          )
            .replace("2026-03-01T00:00:00Z</updated>", "2026-03-02T00:00:00Z</updated>")
            .replace("https://blog.example/1", "/posts/1/"),
          ' xml:lang="de"',
        ),
      ).posts;
      assert.deepEqual(post, {
        url: "https://blog.example/posts/1/",
        title: "One",
        html: "<p>A &amp; B</p>",
        summary: "Short",
        tags: ["Bread Baking", "Salt"],
        attachments: [{ url: "https://blog.example/a.png", type: "Image", mediaType: "image/png" }],
        language: "de",
        published: new Date("2026-03-01T00:00:00Z"),
        updated: new Date("2026-03-02T00:00:00Z"),
        authors: ["Anna Baker"],
      });
    });
    it("as Jekyll writes it: XHTML, xml:base, only a date of change", () => {
      const [post] = read(
        atom(
          '<entry xml:base="https://blog.example/posts/"><title type="html">A &amp;lt;b&amp;gt;</title><id>https://blog.example/id</id>' +
            '<link href="1.html" rel="alternate" type="text/html"/><updated>2026-03-01T00:00:00+01:00</updated><author><name>Bo</name></author>' +
            '<content type="xhtml"><div xmlns="http://www.w3.org/1999/xhtml"><p>Hi <b>you</b> &amp; me<br/></p></div></content></entry>',
        ),
      ).posts;
      assert.equal(post?.url, "https://blog.example/posts/1.html");
      assert.equal(post?.title, "A <b>");
      assert.match(post?.html ?? "", /<p>Hi <b>you<\/b> &amp; me<br\s*\/><\/p>/);
      assert.deepEqual(post?.published, new Date("2026-02-28T23:00:00Z"));
      assert.equal(post?.updated, undefined);
      assert.deepEqual(post?.authors, ["Bo"]);
    });
    it("with plain text, which is not taken for HTML", () => {
      const [post] = read(atom(entry("<content>a &lt;b&gt; c</content>").replace("One", "1 &lt; 2"))).posts;
      assert.equal(post?.html, "<p>a &lt;b&gt; c</p>");
      assert.equal(post?.title, "1 < 2");
    });
    it("with an id that is the address, where no link is", () => {
      const feed = atom(
        entry("")
          .replace('<link href="https://blog.example/1"/>', "")
          .replace("urn:1", "https://blog.example/id"),
      );
      assert.equal(read(feed).posts[0]?.url, "https://blog.example/id");
    });
  });

  it("reads JSON Feed", () => {
    const feed = {
      version: "https://jsonfeed.org/version/1.1",
      title: "Loaves",
      home_page_url: "https://blog.example/",
      language: "en",
      authors: [{ name: "Anna" }],
      items: [
        {
          id: "1",
          url: "/1",
          title: "One",
          content_html: "<p>x</p>",
          summary: "s",
          image: "/i.webp",
          date_published: "2026-03-01T12:00:00+01:00",
          date_modified: "2026-03-02T12:00:00Z",
          tags: ["Salt"],
          attachments: [{ url: "/a.mp3", mime_type: "audio/mpeg", title: "Spoken" }],
        },
        {
          id: "https://blog.example/2",
          content_text: "a <b> https://x.example/\n\nc",
          date_published: "2026-03-01T12:00:00Z",
          language: "fr",
        },
      ],
    };
    assert.deepEqual(read(JSON.stringify(feed), "application/feed+json"), {
      title: "Loaves",
      link: "https://blog.example/",
      posts: [
        {
          url: "https://blog.example/1",
          title: "One",
          html: "<p>x</p>",
          summary: "s",
          tags: ["Salt"],
          image: { url: "https://blog.example/i.webp", mediaType: "image/webp" },
          attachments: [
            { url: "https://blog.example/a.mp3", type: "Audio", mediaType: "audio/mpeg", alt: "Spoken" },
          ],
          language: "en",
          published: new Date("2026-03-01T11:00:00Z"),
          updated: new Date("2026-03-02T12:00:00Z"),
          authors: ["Anna"],
        },
        {
          url: "https://blog.example/2",
          html: '<p>a &lt;b&gt; <a href="https://x.example/">https://x.example/</a></p><p>c</p>',
          language: "fr",
          published: new Date("2026-03-01T12:00:00Z"),
          authors: ["Anna"],
        },
      ],
      problems: [],
    });
  });

  describe("with items that cannot be taken", () => {
    it("says which, where and why, and takes the others", () => {
      const feed = read(
        rss(
          [
            item("").replace("<link>https://blog.example/1</link>", ""),
            item("").replace(/<pubDate>.*<\/pubDate>/, ""),
            item("").replace("Sun, 01 Mar 2026 12:00:00 GMT", "yesterday"),
            "<item></item>",
            item("").replace("https://blog.example/1", "mailto:anna@blog.example"),
            item("").replace("<title>One</title>", ""),
            item("<description>good</description>"),
            item("<description>again</description>"),
          ].join("\n"),
        ),
      );
      assert.deepEqual(
        feed.posts.map((post) => post.html),
        ["good"],
      );
      assert.deepEqual(feed.problems, [
        "The item in line 6 is empty. It was not taken.",
        'Item 1 ("One"), line 3: has no address. It was not taken.',
        'Item 2 ("One"), line 4: has no date. It was not taken.',
        'Item 3 ("One"), line 5: has a date that cannot be read, "yesterday". It was not taken.',
        'Item 5 ("One"), line 7: has no address that can be opened (found "mailto:anna@blog.example"). It was not taken.',
        "Item 6, line 8: has neither a title nor a text. It was not taken.",
        'Item 8 ("One"), line 10: has the same address as item 7, https://blog.example/1. It was not taken.',
      ]);
    });
    it("takes a post whose date of change cannot be read, and says so", () => {
      const feed = read(atom(entry("").replace("2026-03-01T00:00:00Z</updated>", "later</updated>")));
      assert.equal(feed.posts.length, 1);
      assert.match(
        feed.problems[0] ?? "",
        /date of change that cannot be read, "later". It was taken without it/,
      );
    });
    it("leaves out a language that is none", () => {
      assert.equal(read(rss(item("")).replace("en-us", "english, mostly")).posts[0]?.language, undefined);
    });
  });

  it("takes as much of an item as a post has room for, rather than nothing", () => {
    const media = Array.from({ length: 60 }, (_, n) => `<media:content url="/${n}.jpg" medium="image"/>`);
    const { posts, problems } = read(
      rss(
        item(
          `<description>x</description><category>Rye</category><category>${"word ".repeat(30)}</category>${media.join("")}`,
        ).replace("One", "Rye ".repeat(200)),
      ),
    );
    const [post] = posts;
    assert.doesNotThrow(() => readPostInput(post));
    assert.equal(post?.attachments?.length, 50);
    assert.deepEqual(post.tags, ["Rye"]);
    assert.match(post.title ?? "", /^Rye Rye .*…$/);
    assert.deepEqual(
      problems.map((problem) => /has more (.*) than/.exec(problem)?.[1]),
      ["or longer tags", "attachments"],
    );
  });

  describe("in whatever encoding", () => {
    it("does not believe a declaration of UTF-16 that can be read byte by byte, as .NET writes it", () => {
      const feed = rss(item("<description>Café</description>")).replace('"UTF-8"', '"utf-16"');
      assert.equal(read(feed).posts[0]?.html, "Café");
      assert.equal(read(Buffer.from(`\uFEFF${feed}`, "utf16le")).posts[0]?.html, "Café");
    });

    const latin = (declaration: string): Buffer =>
      Buffer.from(
        `<?xml version="1.0"${declaration}?><rss version="2.0"><channel><title>Caf\xe9 \x80 \x93x\x94</title></channel></rss>`,
        "latin1",
      );
    it("that the XML declaration names", () => {
      assert.equal(read(latin(' encoding="windows-1252"')).title, "Café € “x”");
      assert.equal(read(latin(" encoding='ISO-8859-1'")).title, "Café € “x”");
    });
    it("that the media type names, before the declaration", () => {
      assert.equal(
        read(latin(' encoding="utf-8"'), "application/rss+xml; charset=windows-1252").title,
        "Café € “x”",
      );
    });
    it("that the byte order mark names, before both", () => {
      const feed = Buffer.from(
        "\uFEFF<?xml version='1.0' encoding='windows-1252'?><rss version='2.0'><channel><title>Café</title></channel></rss>",
      );
      assert.equal(read(feed, "text/xml; charset=iso-8859-1").title, "Café");
      assert.equal(
        read(Buffer.from("\uFEFF<rss version='2.0'><channel><title>Café</title></channel></rss>", "utf16le"))
          .title,
        "Café",
      );
    });
    it("says so where bytes do not fit it", () => {
      const feed = read(latin(""));
      assert.equal(feed.title, "Caf\uFFFD \uFFFD \uFFFDx\uFFFD");
      assert.match(feed.problems[0] ?? "", /bytes that are not of the encoding/);
    });
    it("refuses one that does not exist", () => {
      assert.match(refusal(latin(' encoding="klingon"')), /"klingon"/);
    });
  });

  describe("that is none", () => {
    it("names the page it found, and the feed that the page names", () => {
      assert.equal(
        refusal(
          '\n<!-- hi -->\n<!DOCTYPE html><html><head><title>My\nBlog</title><link rel="alternate" type="application/atom+xml" href="/atom.xml">',
          "text/html",
        ),
        "https://blog.example/feed.xml is a web page (“My Blog”), not a feed. It names this feed: https://blog.example/atom.xml",
      );
      assert.match(
        refusal("<html><body>x"),
        /is a web page, not a feed. Give the address of the feed itself/,
      );
    });
    it("says what else it found", () => {
      assert.match(refusal(""), /empty document/);
      assert.match(
        refusal("Not found", "text/plain"),
        /of type text\/plain that is no feed. It begins with “Not found”/,
      );
      assert.match(refusal("<svg xmlns='x'/>"), /its outermost element is <svg>/);
      assert.match(refusal('{"error": "gone"}'), /no JSON Feed/);
      assert.match(refusal("[1]"), /no feed/);
    });
    it("names the line where it breaks, and takes nothing", () => {
      assert.match(
        refusal(rss(`${item("")}\n<item><title>Two</title>\n<description><p>x<br></description></item>`)),
        /line 5: <\/description> comes where <br> of line 5/,
      );
      assert.match(refusal(rss(item("")).slice(0, -20)), /line 3: <item> is never closed/);
      assert.match(refusal('{"items": [\n{"id": 1},\n{]}'), /not valid JSON; it breaks in line 3/);
    });
    it("refuses entities of its own: they are how a small feed becomes a huge one", () => {
      const bomb = `<?xml version="1.0"?>\n<!DOCTYPE rss [\n<!ENTITY a "aaaaaaaaaa">\n${Array.from({ length: 9 }, (_, n) => `<!ENTITY a${n} "${`&a${n === 0 ? "" : n - 1};`.repeat(10)}">`).join("\n")}\n]>\n`;
      assert.match(
        refusal(bomb + rss(item("<description>&a8;</description>")).replace(/^<\?xml.*\n/, "")),
        /declares entities of its own \(line 3\)/,
      );
    });
    it("reads no files and no addresses that a document type names", () => {
      const feed = rss(item("<description>x</description>")).replace(
        "\n",
        '\n<!DOCTYPE rss SYSTEM "file:///etc/passwd">\n',
      );
      assert.equal(read(feed).posts[0]?.html, "x");
    });
    it("refuses what is too large or too deep", () => {
      assert.match(refusal(Buffer.alloc(LIMITS.feedBytes + 1, " ")), new RegExp(String(LIMITS.feedBytes)));
      assert.match(refusal(rss(`<item>${"<a>".repeat(100_000)}`)), /more than 200 elements/);
    });
  });

  it("reads a feed of 5,000 posts", function () {
    this.timeout(60_000);
    const items = Array.from({ length: 5000 }, (_, n) =>
      item(`<description>${n}</description>`).replace("example/1", `example/${n}`),
    );
    const feed = read(rss(items.join("")));
    assert.equal(feed.posts.length, 5000);
    assert.equal(feed.posts[4999]?.html, "4999");
    assert.deepEqual(feed.problems, []);
  });

  it("ignores a prototype that a feed tries to change", () => {
    const feed = read(
      '{"version":"https://jsonfeed.org/version/1","title":"x","__proto__":{"polluted":1},"items":[{"id":"https://a.example/1","title":"t","date_published":"2026-01-01","__proto__":{"polluted":1}}]}',
    );
    assert.equal(feed.posts.length, 1);
    assert.equal(({} as Record<string, unknown>).polluted, undefined);
    assert.equal((feed.posts[0] as Record<string, unknown>).polluted, undefined);
  });

  it("ends with a feed or a refusal, whatever it reads", () => {
    const pieces = fc.constantFrom(
      ..."<rss|version='2.0'>|<channel>|</channel>|</rss>|<item>|</item>|<title>|</title>|<link>|https://a.example/|<![CDATA[|]]>|<!--|-->|&amp;|<feed|<entry>|<?xml|?>|<!DOCTYPE|{|\"items\":[|}|\n".split(
        "|",
      ),
    );
    fc.assert(
      fc.property(fc.array(fc.oneof(pieces, fc.string({ maxLength: 5 })), { maxLength: 20 }), (parts) => {
        try {
          read(parts.join(""));
        } catch (error) {
          assert.ok(error instanceof InvalidInput, String(error));
        }
      }),
      { numRuns: 500 },
    );
  });
});
