import assert from "node:assert/strict";
import { normaliseTag, tagsFromList } from "../../src/text/hashtags.ts";

describe("hashtags", () => {
  it("have one spelling", () => {
    for (const tag of ["#Bread", "bread", "BREAD", " #bread ", "Ｂread"])
      assert.equal(normaliseTag(tag), "bread");
    assert.equal(normaliseTag("#Größe_2"), "größe_2");
    assert.equal(normaliseTag("brot·backen"), "brotbacken");
    assert.equal(normaliseTag("##??"), "");
  });
  it("are made of a blog's tags, each word with a capital", () => {
    assert.deepEqual(tagsFromList(["Bread Baking", "node.js", "sour dough", "日本 語"]), [
      "BreadBaking",
      "NodeJs",
      "SourDough",
      "日本語",
    ]);
  });
  it("leave a single word as it is", () => {
    assert.deepEqual(tagsFromList(["bread", "#iPhone", "Größe"]), ["bread", "iPhone", "Größe"]);
  });
  it("leave out doubles and what can be no hashtag", () => {
    assert.deepEqual(tagsFromList(["Bread Baking", "breadbaking", "2024", "???", "", "  "]), ["BreadBaking"]);
  });
  it("capitalise a whole character", () => {
    assert.deepEqual(tagsFromList(["𐐨bc def"]), ["𐐀bcDef"]);
  });
});
