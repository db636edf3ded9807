import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import fc from "fast-check";
import {
  checkContentDigest,
  checkDigest,
  contentDigestHeader,
  digestHeader,
  type DigestCheck,
} from "../../src/signatures/digest.ts";

const body = Buffer.from("Bread, mostly.");
const sha256 = createHash("sha256").update(body).digest("base64");
const sha512 = createHash("sha512").update(body).digest("base64");

describe("Digest", () => {
  it("is written with its name in capitals, which Pixelfed needs", () => {
    assert.equal(digestHeader(body), `SHA-256=${sha256}`);
  });

  const rows: [string, string, DigestCheck][] = [
    ["as we write it", `SHA-256=${sha256}`, "match"],
    ["in lower case", `sha-256=${sha256}`, "match"],
    ["SHA-512", `SHA-512=${sha512}`, "match"],
    ["two that are right", `SHA-256=${sha256}, sha-512=${sha512}`, "match"],
    ["one we know beside ones we do not", `MD5=AAAA,SHA-256=${sha256},UNIXsum=30637`, "match"],
    ["a wrong one beside a right one", `SHA-256=${sha256},SHA-512=${sha256}`, "mismatch"],
    ["wrong", `SHA-256=${sha512}`, "mismatch"],
    ["cut short", `SHA-256=${sha256.slice(0, 20)}`, "mismatch"],
    ["without a value", "SHA-256=", "mismatch"],
    ["only one we do not know", "MD5=AAAA", "none"],
    ["empty", "", "none"],
    ["without a name", `=${sha256}`, "malformed"],
    ["without an equals sign", "SHA-256", "malformed"],
    ["with hundreds of them", `SHA-256=${sha256},`.repeat(100), "malformed"],
  ];
  for (const [what, header, expected] of rows) {
    it(`${what}: ${expected}`, () => assert.equal(checkDigest(header, body), expected));
  }
});

describe("Content-Digest", () => {
  it("is written as a structured dictionary", () => {
    assert.equal(contentDigestHeader(body), `sha-256=:${sha256}:`);
  });

  const rows: [string, string, DigestCheck][] = [
    ["as we write it", `sha-256=:${sha256}:`, "match"],
    ["SHA-512", `sha-512=:${sha512}:`, "match"],
    ["two that are right", `sha-512=:${sha512}:, sha-256=:${sha256}:`, "match"],
    ["one we know beside one we do not", `md5=:AAAA:, sha-256=:${sha256}:`, "match"],
    ["a wrong one beside a right one", `sha-256=:${sha256}:, sha-512=:${sha256}:`, "mismatch"],
    ["wrong", `sha-256=:${sha512}:`, "mismatch"],
    ["only one we do not know", "md5=:AAAA:", "none"],
    ["in capitals", `SHA-256=:${sha256}:`, "malformed"],
    ["without colons", `sha-256=${sha256}`, "malformed"],
    ["a list in place of bytes", `sha-256=(:${sha256}:)`, "malformed"],
    ["with hundreds of them", `sha-256=:${sha256}:,`.repeat(100), "malformed"],
  ];
  for (const [what, header, expected] of rows) {
    it(`${what}: ${expected}`, () => assert.equal(checkContentDigest(header, body), expected));
  }
});

describe("digests", () => {
  it("of any body are those that are checked", () => {
    fc.assert(
      fc.property(fc.uint8Array(), fc.uint8Array(), (one, other) => {
        const [first, second] = [Buffer.from(one), Buffer.from(other)];
        const same = first.equals(second) ? "match" : "mismatch";
        assert.equal(checkDigest(digestHeader(first), second), same);
        assert.equal(checkContentDigest(contentDigestHeader(first), second), same);
      }),
    );
  });

  it("never throw on what a header can hold", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary" }), (header) => {
        assert.notEqual(checkDigest(header, body), "match");
        assert.notEqual(checkContentDigest(header, body), "match");
      }),
    );
  });
});
