import assert from "node:assert/strict";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { PostRow, SourceStateRow } from "../../src/database/rows.ts";
import { feed } from "../../src/sources/feed.ts";
import { DAY } from "../../src/support/clock.ts";
import { OptionsError } from "../../src/support/errors.ts";
import type { Logger } from "../../src/support/logger.ts";
import { makeSite, type HandMadeSite } from "../support/make-site.ts";
import { TestClock } from "../support/test-clock.ts";
import { until } from "../support/until.ts";

interface Item {
  slug: string;
  title: string;
  text?: string;
  date?: string;
}

const rss = (
  items: Item[],
): string => `<?xml version="1.0"?><rss version="2.0"><channel><title>Bread</title><link>https://blog.example/</link>
${items.map((item) => `<item><title>${item.title}</title><link>https://blog.example/${item.slug}</link><description>${item.text ?? "Flour."}</description><pubDate>${item.date ?? "Mon, 02 Mar 2026 10:00:00 GMT"}</pubDate></item>`).join("\n")}
</channel></rss>`;

describe("a feed", () => {
  let made: HandMadeSite;
  let server: Server;
  let url: string;
  let clock: TestClock;
  let answer: (request: IncomingMessage, response: ServerResponse) => void;
  const asked: IncomingMessage[] = [];
  const warnings: string[] = [];
  const logger: Logger = {
    debug: () => undefined,
    info: () => undefined,
    warn: (fields, message) => void warnings.push(`${message} ${JSON.stringify(fields)}`),
    error: () => undefined,
  };

  const serves = (body: string, headers: Record<string, string> = {}): void => {
    answer = (request, response) => {
      if (headers["ETag"] !== undefined && request.headers["if-none-match"] === headers["ETag"])
        response.writeHead(304).end();
      else response.writeHead(200, { "Content-Type": "application/rss+xml", ...headers }).end(body);
    };
  };

  before(async () => {
    server = createServer((request, response) => {
      asked.push(request);
      answer(request, response);
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/feed.xml`;
  });
  after(() => new Promise((resolve) => server.close(resolve)));
  beforeEach(async () => {
    asked.length = 0;
    warnings.length = 0;
    clock = new TestClock(new Date("2026-03-01T00:00:00Z"));
    made = await makeSite({ clock, logger, accounts: [{ username: "blog" }, { username: "guest" }] });
    clock.advance(7 * DAY);
  });
  afterEach(() => made.close());

  const rows = (): Promise<PostRow[]> => made.site.models.posts.find({}).sort({ _id: 1 }).lean<PostRow[]>();
  const state = (): Promise<SourceStateRow | null> =>
    made.site.models.sources.findById(url).lean<SourceStateRow | null>();
  const started = async (author?: string) => {
    const source = feed(url, author === undefined ? {} : { author });
    await source.start(made.site);
    await until(async () => (await state()) !== null);
    return source;
  };

  it("is published: new items sent, those from before the first start only stored", async () => {
    serves(
      rss([
        { slug: "new", title: "New" },
        { slug: "old", title: "Old", date: "Mon, 06 Jan 2020 10:00:00 GMT" },
      ]),
    );
    await started();
    assert.deepEqual(
      (await rows()).map((row) => [row.title, row.federated, row.publishedAt.toISOString()]),
      [
        ["Old", false, "2020-01-06T10:00:00.000Z"],
        ["New", true, "2026-03-02T10:00:00.000Z"],
      ],
    );
  });

  it("is asked for conditionally, and not read again when nothing is new", async () => {
    serves(rss([{ slug: "a", title: "A" }]), {
      ETag: '"1"',
      "Last-Modified": "Mon, 02 Mar 2026 10:00:00 GMT",
    });
    const source = await started();
    await source.poll?.();
    assert.equal(asked[1]?.headers["if-none-match"], '"1"');
    assert.equal(asked[1]?.headers["if-modified-since"], "Mon, 02 Mar 2026 10:00:00 GMT");
    assert.equal((await rows()).length, 1);
  });

  it("is read again when the time of an item that lay ahead has come, though the feed is unchanged", async () => {
    serves(
      rss([
        { slug: "now", title: "Now" },
        { slug: "soon", title: "Soon", date: "Sun, 08 Mar 2026 01:00:00 GMT" },
      ]),
      { ETag: '"1"' },
    );
    const source = await started();
    assert.deepEqual(
      (await rows()).map((row) => row.title),
      ["Now"],
    );
    clock.advance(DAY);
    await source.poll?.();
    assert.deepEqual(
      (await rows()).map((row) => row.title),
      ["Now", "Soon"],
    );
    await source.poll?.();
    await source.poll?.();
    assert.equal(asked.at(-1)?.headers["if-none-match"], '"1"');
  });

  it("takes the first of the items that are places of one page, and does not edit it with each of them", async () => {
    const versions = ["1.0", "2.0", "3.0"].map((title) => ({ slug: `changelog#${title}`, title }));
    serves(rss(versions));
    const source = await started();
    serves(rss(versions).replace("<title>Bread", "<title>Built anew"));
    await source.poll?.();
    assert.deepEqual(
      (await rows()).map((row) => [row.title, row.updatedAt]),
      [["1.0", undefined]],
    );
    assert.match(warnings.join("\n"), /two posts of a source have one address.*#2\.0/);
  });

  it("edits what has changed, and keeps what has fallen off its end", async () => {
    serves(
      rss([
        { slug: "a", title: "A" },
        { slug: "b", title: "B" },
      ]),
    );
    const source = await started();
    serves(rss([{ slug: "b", title: "B, better" }]));
    await source.poll?.();
    assert.deepEqual((await rows()).map((row) => [row.title, row.deletedAt]).sort(), [
      ["A", undefined],
      ["B, better", undefined],
    ]);
  });

  it("belongs to the account that was named", async () => {
    serves(rss([{ slug: "a", title: "A" }]));
    await started("guest");
    assert.equal((await rows())[0]?.authorUri, "https://blog.example/ap/accounts/guest");
  });

  const trouble: [string, () => void, RegExp][] = [
    ["answers 500", () => (answer = (_, response) => void response.writeHead(500).end()), /answered 500/],
    [
      "is a web page",
      () => serves("<!doctype html><title>Hi</title>", { "Content-Type": "text/html" }),
      /feed/i,
    ],
    ["is broken in the middle", () => serves(rss([{ slug: "a", title: "A" }]).slice(0, 150)), /./],
    ["hangs up", () => (answer = (_, response) => void response.destroy()), /./],
  ];
  for (const [what, arrange, reason] of trouble) {
    it(`that ${what} is told in the log, remembered, and changes nothing; the next poll tries again`, async () => {
      arrange();
      const source = await started();
      assert.equal((await state())?.failures, 1);
      assert.match((await state())?.lastError ?? "", reason);
      assert.match(warnings.join("\n"), /feed could not be read/);
      assert.deepEqual(await rows(), []);
      serves(rss([{ slug: "a", title: "A" }]));
      await source.poll?.();
      assert.equal((await rows()).length, 1);
      assert.equal((await state())?.failures, 0);
    });
  }

  it("is read by one process at a time", async () => {
    serves(rss([{ slug: "a", title: "A" }]));
    const source = await started();
    asked.length = 0;
    await made.site.models.locks.collection.insertOne({
      _id: `source ${url}` as never,
      owner: "another process",
      until: new Date(clock.now().getTime() + DAY),
    });
    await source.poll?.();
    assert.equal(asked.length, 0);
    clock.advance(2 * DAY);
    await source.poll?.();
    assert.equal(asked.length, 1);
  });

  it("may be a file on this machine", async () => {
    const folder = await mkdtemp(join(tmpdir(), "fedi-feed-"));
    await writeFile(join(folder, "feed.xml"), rss([{ slug: "a", title: "A" }]));
    const source = feed(join(folder, "feed.xml"));
    await source.start(made.site);
    await source.poll?.();
    assert.equal((await rows()).length, 1);
    await feed(join(folder, "none.xml")).start(made.site);
    await until(() => warnings.some((line) => line.includes("cannot be read")));
    await rm(folder, { recursive: true });
  });

  it("needs an address", () => {
    assert.throws(() => feed(""), OptionsError);
  });
});
