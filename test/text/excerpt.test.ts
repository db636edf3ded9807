import assert from "node:assert/strict";
import fc from "fast-check";
import { excerpt } from "../../src/text/excerpt.ts";

describe("the excerpt of a post", () => {
  it("is the whole text of a short one, on one line", () => {
    assert.equal(excerpt("<h1>Bread</h1><p>Flour &amp; water.<br>Salt.</p>"), "Bread Flour & water. Salt.");
  });
  it("is cut after a whole word and marked", () => {
    assert.equal(excerpt("<p>Knead the dough, then let it rest.</p>", 20), "Knead the dough…");
    assert.equal(excerpt("<p>Knead the dough well.</p>", 16), "Knead the dough…");
  });
  it("is cut anywhere in a language without blanks", () => {
    assert.equal(excerpt("小麦粉と水と塩と酵母", 6), "小麦粉と水…");
  });
  it("never breaks an emoji or an accented letter", () => {
    const family = "👨‍👩‍👧‍👦";
    assert.equal(excerpt(family.repeat(3), family.length + 5), `${family}…`);
    assert.equal(excerpt("e\u0301".repeat(10), 4), "e\u0301…");
  });
  it("is never longer than asked, and never holds half a character", () => {
    fc.assert(
      fc.property(
        fc.string({ unit: "grapheme", maxLength: 80 }),
        fc.integer({ min: 2, max: 40 }),
        (text, max) => {
          const cut = excerpt(text, max);
          assert.ok(cut.length <= max);
          assert.doesNotMatch(cut, /\p{Surrogate}/u);
        },
      ),
    );
  });
  it("reads only the beginning of a very long post", () => {
    assert.equal(excerpt(`<p>${"word ".repeat(200_000)}</p>`, 10), "word word…");
  });
  it("is empty for a post without text", () => {
    assert.equal(excerpt('<img src="https://a.example/i.png">'), "");
  });
});
