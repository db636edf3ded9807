import assert from "node:assert/strict";
import { parseJsonFeed, parseRssFeed } from "feedsmith";
import request from "supertest";
import { jsonDocument, rssDocument, type Feed } from "../../src/pages/feed-documents.ts";
import { MINUTE } from "../../src/support/clock.ts";
import { stage, type Stage } from "./stage.ts";

const FEED: Feed = {
  title: "Crumb & <Crust>",
  description: 'Bread\u0000, "mostly"',
  page: "https://blog.example/@blog",
  self: "https://blog.example/@blog/feed.xml",
  next: "https://blog.example/@blog/feed.xml?before=1&x=<",
  language: "en",
  items: [
    {
      id: "https://blog.example/ap/posts/1",
      url: "https://blog.example/posts/rye?a=1&b=2",
      title: "Rye & <b>",
      html: "<p>One ]]> two\u000b \ud800</p>",
      summary: "One ]]> two",
      published: new Date("2026-03-01T12:00:00Z"),
      updated: new Date("2026-03-02T12:00:00Z"),
      author: { name: "A <i>", url: "https://blog.example/@blog" },
      tags: ["rye", "a&b"],
      attachments: [
        { type: "Image", url: "https://blog.example/a.png?x&y", mediaType: "image/png", alt: "A loaf" },
      ],
    },
  ],
};

describe("a feed", () => {
  it("is RSS that a parser reads back, whatever stands in it", () => {
    const text = rssDocument(FEED);
    const rss = parseRssFeed(text);
    assert.equal(rss.title, "Crumb & <Crust>");
    const [item] = rss.items ?? [];
    assert.equal(item?.title, "Rye & <b>");
    assert.equal(item?.link, "https://blog.example/posts/rye?a=1&b=2");
    assert.equal(item?.guid?.value, "https://blog.example/ap/posts/1");
    assert.equal(item?.guid?.isPermaLink, false);
    assert.equal(item?.content?.encoded, "<p>One ]]> two </p>");
    assert.equal(item?.description, "One ]]> two");
    assert.equal(item?.pubDate, "Sun, 01 Mar 2026 12:00:00 GMT");
    assert.equal(item?.dc?.creators?.[0], "A <i>");
    assert.deepEqual(
      item?.categories?.map((category) => category.name),
      ["rye", "a&b"],
    );
    assert.equal(item?.enclosures?.[0]?.url, "https://blog.example/a.png?x&y");
    // eslint-disable-next-line no-control-regex -- what XML has no word for
    assert.doesNotMatch(text, /[\0-\u0008\u000b]/);
    assert.match(text, /<atom:link href="https:\/\/blog\.example\/@blog\/feed\.xml" rel="self"/);
    assert.match(text, /rel="next"/);
  });

  it("is a JSON Feed 1.1", () => {
    const text = jsonDocument(FEED);
    const feed = parseJsonFeed(JSON.parse(text));
    assert.equal(JSON.parse(text).version, "https://jsonfeed.org/version/1.1");
    assert.equal(feed.title, FEED.title);
    assert.equal(feed.items?.[0]?.content_html, FEED.items[0]?.html);
    assert.equal(feed.items?.[0]?.date_published, "2026-03-01T12:00:00.000Z");
    assert.equal(feed.items?.[0]?.attachments?.[0]?.title, "A loaf");
    assert.deepEqual(feed.items?.[0]?.authors, [FEED.items[0]?.author]);
  });
});

describe("the feeds of a site", () => {
  let made: Stage;
  beforeEach(async () => {
    made = await stage({ language: "en" });
  });
  afterEach(() => made.close());

  it("hold an account's posts, the newest first, page by page", async () => {
    for (let n = 1; n <= 25; n += 1) {
      await made.publish({ markdown: `number ${n}.` });
      made.clock.advance(MINUTE);
    }
    const { body } = await request(made.app)
      .get("/@blog/feed.json")
      .expect(200)
      .expect("content-type", /application\/feed\+json/);
    assert.equal(body.items.length, 20);
    assert.match(body.items[0].content_html, /number 25\./);
    assert.equal(body.items[0].title, undefined);
    const next = new URL(body.next_url);
    const second = await request(made.app).get(next.pathname + next.search);
    assert.deepEqual([second.body.items.length, second.body.next_url], [5, undefined]);
    const rss = await request(made.app)
      .get("/@blog/feed.xml")
      .expect(200)
      .expect("content-type", /application\/rss\+xml/);
    assert.equal(parseRssFeed(rss.text).items?.length, 20);
    assert.equal(rss.headers["access-control-allow-origin"], "*");
  });

  it("keep behind a warning what the page folds, and out what is not for everybody", async () => {
    await made.publish({ markdown: "SPIDERS", warning: "animals" });
    await made.publish({ markdown: "FRIENDS ONLY", visibility: "followers" });
    const { text } = await request(made.app).get("/@blog/feed.xml");
    assert.doesNotMatch(text, /SPIDERS|FRIENDS/);
    assert.match(text, /animals/);
  });

  it("are not sent again to who has them", async () => {
    await made.publish({ markdown: "hello #rye" });
    for (const path of ["/@blog/feed.xml", "/@blog/feed.json", "/tags/rye/feed.xml", "/tags/rye/feed.json"]) {
      const { headers } = await request(made.app).get(path).expect(200);
      await request(made.app)
        .get(path)
        .set("If-None-Match", headers["etag"] ?? "")
        .expect(304);
    }
  });

  it("are the host's where the account or the format is not ours", async () => {
    for (const path of ["/@nobody/feed.xml", "/@blog/feed.atom", "/@blog/feed", "/tags/none/feed.json"])
      await request(made.app).get(path).expect(404, "the host");
  });
});
