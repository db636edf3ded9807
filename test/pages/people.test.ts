import assert from "node:assert/strict";
import { face, webUrl } from "../../src/pages/people.ts";

describe("a person on a page", () => {
  const who = { name: "Åsa Lind", handle: "@asa@remote.example", url: "https://remote.example/@asa" };

  it("has a letter in place of a picture, and a colour that stays", () => {
    assert.equal(face(who).initial, "Å");
    assert.equal(face({ ...who, name: "👩‍🌾 Tomás" }).initial, "👩‍🌾");
    assert.equal(face({ ...who, name: "\u202e" }).initial.length, 1);
    assert.equal(face(who).hue, face({ ...who, name: "Somebody else" }).hue);
    assert.ok(face(who).hue >= 0 && face(who).hue < 8);
  });

  it("is called by the handle where there is no name", () => {
    assert.equal(face({ ...who, name: "  " }).name, "@asa@remote.example");
    assert.equal(face({ ...who, name: "" }).initial, "A");
  });

  it("is linked only by http", () => {
    for (const url of ["javascript:alert(1)", "data:text/html,x", "//evil.example", "", "not an address"]) {
      assert.equal(webUrl(url), undefined, url);
      assert.equal(face({ ...who, url }).url, "#", url);
    }
    assert.equal(webUrl("http://remote.example/"), "http://remote.example/");
  });
});
