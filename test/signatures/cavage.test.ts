import assert from "node:assert/strict";
import { verify } from "node:crypto";
import fc from "fast-check";
import {
  cavageSigningString,
  parseCavage,
  signCavage,
  type CavageRequest,
} from "../../src/signatures/cavage.ts";
import { digestHeader } from "../../src/signatures/digest.ts";
import { KeyError } from "../../src/signatures/keys.ts";
import { readSignature, verifySignature } from "../../src/signatures/verify.ts";
import { keyPairFor } from "../support/remote-keys.ts";

const pair = keyPairFor("cavage");
const body = Buffer.from("{}");
const request: CavageRequest = {
  method: "POST",
  url: new URL("https://there.example:8443/users/mira/inbox?a=b%20c"),
  date: new Date("2026-03-01T12:00:00.500Z"),
  keyId: "https://blog.example/ap/accounts/blog#main-key",
  privateKeyPem: pair.privatePem,
  digest: digestHeader(body),
  contentType: "application/activity+json",
};

describe("signing by draft-cavage", () => {
  it("gives a POST the headers to send and one Signature header without blanks after commas", async () => {
    const { signature, ...headers } = await signCavage(request);
    assert.deepEqual(headers, {
      host: "there.example:8443",
      date: "Sun, 01 Mar 2026 12:00:00 GMT",
      digest: digestHeader(body),
      "content-type": "application/activity+json",
    });
    assert.match(
      signature ?? "",
      /^keyId="https:\/\/blog\.example\/ap\/accounts\/blog#main-key",algorithm="rsa-sha256",headers="\(request-target\) host date digest content-type",signature="[A-Za-z0-9+/]{342}=="$/,
    );
  });

  it("can be read by those who split at commas and trim nothing", async () => {
    const { signature = "" } = await signCavage(request);
    const parts = signature.split(",");
    assert.ok(parts[0]?.startsWith('keyId="'));
    assert.deepEqual(
      parts.map((part) => part.split("=")[0]),
      ["keyId", "algorithm", "headers", "signature"],
    );
  });

  it("signs the text that the draft says, by the key that is given", async () => {
    const { signature = "" } = await signCavage(request);
    const text = [
      "(request-target): post /users/mira/inbox?a=b%20c",
      "host: there.example:8443",
      "date: Sun, 01 Mar 2026 12:00:00 GMT",
      `digest: ${digestHeader(body)}`,
      "content-type: application/activity+json",
    ].join("\n");
    const bytes = Buffer.from(/signature="([^"]+)"/.exec(signature)?.[1] ?? "", "base64");
    assert.ok(verify("sha256", Buffer.from(text), pair.publicPem, bytes));
  });

  it("signs target, host and date of a GET, and the bare path when asked to", async () => {
    const { digest: _digest, contentType: _type, ...get } = { ...request, method: "GET" as const };
    const headers = await signCavage(get);
    assert.deepEqual(Object.keys(headers), ["host", "date", "signature"]);
    assert.match(headers.signature ?? "", /headers="\(request-target\) host date"/);
    const bare = await signCavage({ ...get, withoutQuery: true });
    assert.notEqual(bare.signature, headers.signature);
    const text =
      "(request-target): get /users/mira/inbox\nhost: there.example:8443\ndate: Sun, 01 Mar 2026 12:00:00 GMT";
    const bytes = Buffer.from(/signature="([^"]+)"/.exec(bare.signature ?? "")?.[1] ?? "", "base64");
    assert.ok(verify("sha256", Buffer.from(text), pair.publicPem, bytes));
  });

  it("fails with the key's own error when there is no key", async () => {
    await assert.rejects(signCavage({ ...request, privateKeyPem: "none" }), KeyError);
  });

  it("is taken by our own reader, whatever path and body", async () => {
    await fc.assert(
      fc.asyncProperty(fc.webUrl({ withQueryParameters: true }), fc.uint8Array(), async (text, bytes) => {
        const url = new URL(text);
        const content = Buffer.from(bytes);
        const headers = await signCavage({ ...request, url, digest: digestHeader(content) });
        const target = url.pathname + url.search;
        const message = { method: "POST", target, origins: [url.origin], headers, body: content };
        const read = readSignature(message, { now: request.date });
        assert.ok(read.ok, JSON.stringify(read));
        assert.deepEqual(await verifySignature(message, read.signature, pair.publicPem), { ok: true });
      }),
      { numRuns: 30 },
    );
  });
});

describe("reading a Cavage Signature header", () => {
  const signature = Buffer.from("bytes").toString("base64");

  function read(header: string): ReturnType<typeof parseCavage> {
    return parseCavage(header);
  }

  it("reads quotes, numbers, blanks, capitals, an unknown parameter, and a number at the end", () => {
    const parsed = read(
      ` KEYID = "https://there.example/k" , headers="(Request-Target)  Host", opaque="a \\"b\\", c=d",signature="${signature}",algorithm="HS2019",expires="1756130294.25",created=1756126694`,
    );
    assert.deepEqual(parsed, {
      ok: true,
      value: {
        keyId: "https://there.example/k",
        algorithm: "hs2019",
        headers: ["(request-target)", "host"],
        signature: Buffer.from("bytes"),
        created: "1756126694",
        expires: "1756130294.25",
      },
    });
  });

  it("takes the date for signed where no list is given, and (created) where that is", () => {
    const plain = read(`keyId="k",signature="${signature}"`);
    assert.deepEqual(plain.ok && plain.value.headers, ["date"]);
    const created = read(`keyId="k",created=1,signature="${signature}"`);
    assert.deepEqual(created.ok && created.value.headers, ["(created)"]);
  });

  it("takes the scheme word and commas too many", () => {
    assert.equal(read(`Signature keyId="k",,signature="${signature}",`).ok, true);
  });

  const malformed: [string, string][] = [
    ["nothing", ""],
    ["words", "a b c"],
    ["no value", `keyId=,signature="${signature}"`],
    ["an open quote", `keyId="k,signature=${signature}`],
    ["no comma", `keyId="k" signature="${signature}"`],
    ["no keyId", `signature="${signature}"`],
    ["an empty keyId", `keyId="",signature="${signature}"`],
    ["an endless keyId", `keyId="${"k".repeat(3000)}",signature="${signature}"`],
    ["no signature", 'keyId="k"'],
    ["a signature not in base64", 'keyId="k",signature="*"'],
    ["a parameter twice", `keyId="k",keyId="l",signature="${signature}"`],
    ["a parameter twice in other letters", `keyId="k",keyid="l",signature="${signature}"`],
    ["created as a word", `keyId="k",created="now",signature="${signature}"`],
    ["created below zero", `keyId="k",created=-1,signature="${signature}"`],
    ["expires as a word", `keyId="k",expires=never,signature="${signature}"`],
    ["an empty list", `keyId="k",headers="",signature="${signature}"`],
    ["a header twice", `keyId="k",headers="host host",signature="${signature}"`],
    [
      "a list too long",
      `keyId="k",headers="${Array.from({ length: 40 }, (_, n) => `h${n}`).join(" ")}",signature="${signature}"`,
    ],
    [
      "parameters without end",
      `${Array.from({ length: 40 }, (_, n) => `p${n}=1`).join(",")},keyId="k",signature="${signature}"`,
    ],
    ["a header without end", `keyId="k",signature="${"A".repeat(9000)}"`],
  ];
  for (const [what, header] of malformed) {
    it(`refuses ${what}`, () => {
      const parsed = read(header);
      assert.ok(!parsed.ok);
      assert.ok(parsed.detail.length > 0);
    });
  }

  it("never throws", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary" }), (header) => void read(header)),
      { numRuns: 300 },
    );
    const pieces = fc.array(
      fc.constantFrom("keyId", "=", '"', ",", " ", "\\", "signature", "headers", "1", "(created)", "\n"),
    );
    fc.assert(
      fc.property(pieces, (parts) => void read(parts.join(""))),
      { numRuns: 300 },
    );
  });

  it("reads back whatever a sender writes by the rules", () => {
    const name = fc.stringMatching(/^[a-z][a-z-]{0,15}$/);
    const written = fc.record({
      keyId: fc.string({ minLength: 1, maxLength: 60 }),
      algorithm: fc.option(fc.constantFrom("hs2019", "rsa-sha256"), { nil: undefined }),
      headers: fc.uniqueArray(name, { minLength: 1, maxLength: 10 }),
      created: fc.option(fc.nat().map(String), { nil: undefined }),
      signature: fc.uint8Array({ minLength: 1 }).map((bytes) => Buffer.from(bytes)),
    });
    const style = fc.record({
      separator: fc.constantFrom(",", ", ", " , "),
      quoted: fc.boolean(),
      last: fc.boolean(),
    });
    fc.assert(
      fc.property(written, style, (value, { separator, quoted, last }) => {
        const created =
          value.created === undefined ? [] : [`created=${quoted ? `"${value.created}"` : value.created}`];
        const parts = [
          `keyId="${value.keyId.replace(/[\\"]/g, "\\$&")}"`,
          ...(value.algorithm === undefined ? [] : [`algorithm="${value.algorithm}"`]),
          ...(last ? [] : created),
          `headers="${value.headers.join(" ")}"`,
          `signature="${value.signature.toString("base64")}"`,
          ...(last ? created : []),
        ];
        assert.deepEqual(read(parts.join(separator)), { ok: true, value: { ...value, expires: undefined } });
      }),
    );
  });
});

describe("the text that Cavage signs", () => {
  const message = {
    method: "GET",
    target: "/a?b",
    headers: {
      host: "h",
      "x-list": ["one", " two "],
      "x-folded": "a\r\n   b",
      "x-empty": "",
      date: undefined,
    },
  };
  const build = (...headers: string[]): ReturnType<typeof cavageSigningString> =>
    cavageSigningString(message, { headers, created: "7", expires: undefined });

  it("keeps the sender's order, joins repeated headers, unfolds, and keeps empty ones", () => {
    assert.deepEqual(build("x-empty", "x-list", "host", "(created)", "x-folded", "(request-target)"), {
      ok: true,
      value: "x-empty: \nx-list: one, two\nhost: h\n(created): 7\nx-folded: a b\n(request-target): get /a?b",
    });
  });

  it("names what is listed and not there", () => {
    assert.deepEqual(build("host", "date"), { ok: false, detail: "date" });
    assert.deepEqual(build("(expires)"), { ok: false, detail: "(expires)" });
    assert.deepEqual(build("__proto__"), { ok: false, detail: "__proto__" });
    assert.deepEqual(build("constructor"), { ok: false, detail: "constructor" });
  });
});
