import assert from "node:assert/strict";
import { readEmoji } from "../../../src/activitypub/inbox/emoji.ts";
import { pauseAfter, TRIES } from "../../../src/activitypub/inbox/retry.ts";

describe("the emoji of a reaction", () => {
  const none = (): boolean => false;
  const pictured = (name: string): boolean => name === "blobcat";

  for (const emoji of ["👍", "❤️", "❤", "👩‍🚀", "🏳️‍🌈", "🇩🇪", "👋🏽", "1️⃣"])
    it(`may be ${emoji}`, () => assert.equal(readEmoji(emoji, none), emoji));

  it("may be a picture that comes along, with or without colons, with or without its host", () => {
    for (const text of [":blobcat:", "blobcat", ":blobcat@example.org:", " :blobcat: "])
      assert.equal(readEmoji(text, pictured), ":blobcat:");
  });

  for (const text of [
    "",
    "~",
    "👍👍",
    "nice",
    ":unknown:",
    "<b>",
    "👍 ",
    "1",
    7,
    null,
    undefined,
    {},
    "x".repeat(9999),
  ]) {
    const expected = text === "👍 " ? "👍" : undefined;
    it(`${expected === undefined ? "is none in" : "is found in"} ${JSON.stringify(text)?.slice(0, 30) ?? "nothing"}`, () =>
      assert.equal(readEmoji(text, pictured), expected));
  }
});

describe("the tries of the inbox", () => {
  it("grow apart from a minute to a day, and come to an end", () => {
    const pauses = Array.from({ length: TRIES }, (_, at) => pauseAfter(at + 1));
    assert.equal(pauses[0], 60_000);
    assert.equal(pauses.at(-2), 86_400_000);
    assert.equal(pauses.at(-1), undefined);
    const known = pauses.filter((pause) => pause !== undefined);
    assert.deepEqual(
      known,
      [...known].sort((one, other) => one - other),
    );
  });
});
