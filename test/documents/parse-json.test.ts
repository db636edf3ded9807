import assert from "node:assert/strict";
import { parseJson } from "../../src/documents/read.ts";

describe("parsing JSON from outside", () => {
  it("reads an object from bytes and from text", () => {
    assert.deepEqual(parseJson(Buffer.from('{"a":[1]}')), { ok: true, value: { a: [1] } });
    assert.deepEqual(parseJson('\ufeff{"a":"ü"}'), { ok: true, value: { a: "ü" } });
  });

  it("says why it does not", () => {
    assert.deepEqual(parseJson("{"), { ok: false, reason: "not-json" });
    assert.deepEqual(parseJson(""), { ok: false, reason: "not-json" });
    assert.deepEqual(parseJson("[{}]"), { ok: false, reason: "not-an-object" });
    assert.deepEqual(parseJson("null"), { ok: false, reason: "not-an-object" });
    assert.deepEqual(parseJson(Buffer.from([0x7b, 0xff, 0x7d])), { ok: false, reason: "not-utf8" });
  });

  it("refuses nesting beyond the limit, arrays and objects alike, and permits it up to there", () => {
    const nested = (levels: number): string => `{"a":${"[".repeat(levels - 1)}${"]".repeat(levels - 1)}}`;
    assert.equal(parseJson(nested(32)).ok, true);
    assert.deepEqual(parseJson(nested(33)), { ok: false, reason: "too-deep" });
    assert.deepEqual(parseJson('{"a":{"b":{}}}', { depth: 2 }), { ok: false, reason: "too-deep" });
  });

  it("survives a million brackets", () => {
    assert.deepEqual(parseJson("[".repeat(1_000_000)), { ok: false, reason: "too-deep" });
    assert.deepEqual(parseJson('{"a":'.repeat(200_000)), { ok: false, reason: "too-deep" });
  });

  it("does not count brackets inside strings, whatever is escaped there", () => {
    const text = `${"[{".repeat(100)}\\" \\\\`;
    const body = JSON.stringify({ text, more: '"[[[[' });
    assert.deepEqual(parseJson(body, { depth: 1 }), { ok: true, value: { text, more: '"[[[[' } });
    assert.deepEqual(parseJson('{"a":"\\\\"}', { depth: 1 }), { ok: true, value: { a: "\\" } });
    assert.deepEqual(parseJson(`{"a":"${"\\".repeat(99_999)}`), { ok: false, reason: "not-json" });
  });

  it("cannot be made to touch a prototype, under any spelling of its name", () => {
    for (const name of ["__proto__", "\\u005f_proto__", "_\\u005Fproto\\u005f_"]) {
      const parsed = parseJson(`{"${name}":{"polluted":true},"list":[{"${name}":1}],"a":1}`);
      assert.ok(parsed.ok);
      assert.deepEqual(Object.keys(parsed.value), ["list", "a"]);
      const copy = Object.assign({}, parsed.value) as Record<string, unknown>;
      assert.equal(copy["polluted"], undefined);
      assert.equal(Object.getPrototypeOf(copy), Object.prototype);
    }
  });
});
