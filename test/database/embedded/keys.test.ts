import assert from "node:assert/strict";
import { Binary, BSONRegExp, Double, MaxKey, MinKey, ObjectId, Timestamp } from "bson";
import fc from "fast-check";
import { compare } from "../../../src/database/embedded/bson/compare.ts";
import { decode } from "../../../src/database/embedded/bson/decode.ts";
import { encode } from "../../../src/database/embedded/bson/encode.ts";
import { encodeKey, invert, shorten, successor } from "../../../src/database/embedded/bson/keys.ts";
import type { Value } from "../../../src/database/embedded/bson/value.ts";

const bytes = (length: number): fc.Arbitrary<Uint8Array> =>
  fc.uint8Array({ minLength: length, maxLength: length });

const scalar: fc.Arbitrary<Value> = fc.oneof(
  fc.constant(null),
  fc.boolean(),
  fc.integer(),
  fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }),
  // Neighbours of 2^53, where doubles and int64 part.
  fc.integer({ min: -5, max: 5 }).map((near) => 9007199254740992n + BigInt(near)),
  fc.double().map((value) => new Double(value)),
  fc.constantFrom(0, 1, 5, -1).map((value) => new Double(value)),
  fc.string({ unit: "binary", maxLength: 6 }),
  fc.constantFrom("", "\0", "a", "a\0", "a\0b", "\uffff", "\u{10000}"),
  fc.date({ noInvalidDate: true }),
  bytes(12).map((id) => new ObjectId(id)),
  fc.uint8Array({ maxLength: 4 }).map((content) => new Binary(content, 0)),
  fc.constantFrom(new MinKey(), new MaxKey(), new BSONRegExp("a", "i"), new BSONRegExp("a")),
  fc.integer({ min: 0, max: 9 }).map((t) => new Timestamp({ t, i: 1 })),
);

const { value } = fc.letrec<{ value: Value; array: Value[]; document: Map<string, Value> }>((tie) => ({
  value: fc.oneof({ depthSize: "small" }, { weight: 6, arbitrary: scalar }, tie("array"), tie("document")),
  array: fc.array(tie("value"), { maxLength: 3 }),
  document: fc
    .array(fc.tuple(fc.constantFrom("a", "b", "10", "__proto__", "é"), tie("value")), { maxLength: 3 })
    .map((fields) => new Map(fields)),
}));

describe("keys of indexes", () => {
  it("have the order of the values", () => {
    fc.assert(
      fc.property(value, value, (a, b) => {
        assert.equal(Math.sign(Buffer.compare(encodeKey(a), encodeKey(b))), Math.sign(compare(a, b)));
      }),
      { numRuns: 3000 },
    );
  });

  it("have the opposite order when they are inverted", () => {
    fc.assert(
      fc.property(value, value, (a, b) => {
        const inverted = Buffer.compare(invert(encodeKey(a)), invert(encodeKey(b)));
        assert.equal(Math.sign(inverted) + 0, -Math.sign(compare(a, b)) + 0);
      }),
    );
  });

  it("never begin with one another, so that they can be put in a row", () => {
    fc.assert(
      fc.property(value, value, (a, b) => {
        const [x, y] = [encodeKey(a), encodeKey(b)];
        if (!x.equals(y)) assert.notDeepEqual(y.subarray(0, x.length), x);
      }),
    );
  });

  it("survive as BSON byte for byte", () => {
    fc.assert(
      fc.property(value, (given) => {
        const stored = encode(new Map([["v", given]]));
        assert.deepEqual(encode(decode(stored)), stored);
        assert.equal(compare(decode(stored).get("v") as Value, given), 0);
      }),
    );
  });

  it("of long values are as long as allowed and differ where the values differ", () => {
    const long = "x".repeat(5000);
    const [a, b] = [`${long}a`, `${long}b`].map((text) => shorten(encodeKey(text), 400)) as [Buffer, Buffer];
    assert.equal(a.length, 400);
    assert.notDeepEqual(a, b);
    assert.deepEqual(a, shorten(encodeKey(`${long}a`), 400));
  });

  it("have a successor above everything that begins with them", () => {
    assert.deepEqual(successor(Buffer.from([1, 2])), Buffer.from([1, 3]));
    assert.deepEqual(successor(Buffer.from([1, 255])), Buffer.from([2]));
    assert.equal(successor(Buffer.from([255])), undefined);
  });
});

describe("BSON from strangers", () => {
  it("is refused or read, but never breaks anything else", () => {
    const whole = encode(
      new Map<string, Value>([
        ["a", [1, "text", new Map([["b", null]])]],
        ["d", new Date(0)],
      ]),
    );
    fc.assert(
      fc.property(fc.nat(whole.length - 1), fc.nat(255), (at, byte) => {
        const broken = Buffer.from(whole);
        broken[at] = byte;
        try {
          decode(broken);
        } catch (error) {
          assert.equal((error as Error).name, "StoreError");
        }
      }),
    );
    for (let length = 0; length < whole.length; length++) {
      assert.throws(() => decode(whole.subarray(0, length)), { name: "StoreError" });
    }
  });

  it("is refused when it nests without end", () => {
    let deep: Value = null;
    for (let level = 0; level < 300; level++) deep = new Map([["a", deep]]);
    assert.throws(() => decode(encode(new Map([["a", deep]]))), { code: 15 });
  });
});
