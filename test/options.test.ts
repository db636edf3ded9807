import assert from "node:assert/strict";
import { readOptions } from "../src/options.ts";
import { OptionsError } from "../src/support/errors.ts";

const good = { origin: "https://blog.example" };

describe("the options", () => {
  it("need nothing but an origin", () => {
    const options = readOptions({ origin: "https://Blog.Example/" });
    assert.equal(options.origin, "https://blog.example");
    assert.equal(options.delivery.concurrency, 32);
    assert.equal(options.collectionPrefix, "fedi_");
    assert.deepEqual(options.posts, []);
  });

  const wrong: [string, unknown, RegExp][] = [
    ["nothing at all", undefined, /option "origin": nothing was given; wanted: /],
    [
      "an origin with a path",
      { origin: "https://blog.example/blog" },
      /option "origin": "https:\/\/blog\.example\/blog" was given; wanted: the site's public address without a path/,
    ],
    ["an origin that is no URL", { origin: "blog.example" }, /option "origin": "blog\.example" was given/],
    [
      "http without saying that it is development",
      { origin: "http://blog.example" },
      /only speak to https.*allowPrivateNetwork/,
    ],
    ["a misspelt option", { ...good, acounts: [] }, /no option "acounts"/],
    [
      "a misspelt option of an account",
      { ...good, accounts: [{ username: "a", nmae: "x" }] },
      /no option "nmae" in "accounts\[0\]"/,
    ],
    [
      "a username with a blank",
      { ...good, accounts: [{ username: "my blog" }] },
      /option "accounts\[0\]\.username": "my blog" was given; wanted: a username of/,
    ],
    ["a username twice", { ...good, accounts: [{ username: "a" }, { username: "A" }] }, /names "a" twice/],
    [
      "a number out of range",
      { ...good, delivery: { concurrency: 0 } },
      /option "delivery\.concurrency": 0 was given/,
    ],
    [
      "a database of the wrong kind",
      { ...good, database: 27017 },
      /option "database": 27017 was given; wanted: a mongodb:\/\/ URI/,
    ],
    [
      "posts that are no source",
      { ...good, posts: "https://blog.example/feed.xml" },
      /option "posts".*a source such as feed\(url\)/,
    ],
    ["a logger without methods", { ...good, logger: {} }, /option "logger".*debug, info, warn and error/],
    ["a prefix with a dollar", { ...good, collectionPrefix: "$x" }, /option "collectionPrefix"/],
  ];
  for (const [what, options, message] of wrong) {
    it(`refuse ${what} in one message that names it`, () => {
      assert.throws(
        () => readOptions(options),
        (error) => error instanceof OptionsError && message.test(error.message),
      );
    });
  }

  it("name every mistake at once, and never print a password", () => {
    assert.throws(
      () => readOptions({ origin: 7, database: "mongodb://me:secret@db/x", language: "?" }),
      (error: Error) =>
        /"origin"/.test(error.message) &&
        /"language"/.test(error.message) &&
        !error.message.includes("secret"),
    );
  });
});
