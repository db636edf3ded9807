import assert from "node:assert/strict";
import { generateKeyPairSync, sign } from "node:crypto";
import fc from "fast-check";
import type { ComponentSource } from "../../src/signatures/components.ts";
import { contentDigestHeader } from "../../src/signatures/digest.ts";
import {
  defaultAlgorithm,
  parseSignatureInput,
  signatureBase,
  signRfc9421,
  verifyBase,
  type MessageSignature,
} from "../../src/signatures/rfc9421.ts";
import { keyPairFor } from "../support/remote-keys.ts";

const source: ComponentSource = {
  method: "post",
  target: "/users/mira/inbox?name=bread%20roll&name2=a+b&twice=1&twice=2&empty=&odd=(!)~'",
  scheme: "https",
  authority: "there.example",
  headers: {
    host: "there.example",
    "x-list": ["one ", " two, three"],
    "content-digest": "sha-512=:AAAA:,  sha-256=:BBBB:",
    "x-text": "a,b",
    "x-folded": "a\r\n   b",
    "x-break": "a\rb",
  },
};

function inputOf(components: string): MessageSignature {
  const parsed = parseSignatureInput(`s=(${components})`, "s=:AAAA:");
  assert.ok(parsed.ok, JSON.stringify(parsed));
  return parsed.value[0] as MessageSignature;
}

/** The lines of the base without the last one, or the remark why there is none. */
function base(components: string, from: ComponentSource = source): string[] | string {
  const built = signatureBase(from, inputOf(components));
  return built.ok ? built.value.split("\n").slice(0, -1) : built.detail;
}

describe("the base of an RFC 9421 signature", () => {
  const derived: [string, string][] = [
    ['"@method"', '"@method": POST'],
    ['"@target-uri"', `"@target-uri": https://there.example${source.target}`],
    ['"@authority"', '"@authority": there.example'],
    ['"@scheme"', '"@scheme": https'],
    ['"@request-target"', `"@request-target": ${source.target}`],
    ['"@path"', '"@path": /users/mira/inbox'],
    ['"@query"', `"@query": ${source.target.slice(source.target.indexOf("?"))}`],
    ['"@query-param";name="name"', '"@query-param";name="name": bread%20roll'],
    ['"@query-param";name="name2"', '"@query-param";name="name2": a%20b'],
    ['"@query-param";name="empty"', '"@query-param";name="empty": '],
    ['"@query-param";name="odd"', '"@query-param";name="odd": %28%21%29%7E%27'],
    ['"x-list"', '"x-list": one, two, three'],
    ['"x-folded"', '"x-folded": a b'],
    ['"x-list";bs', '"x-list";bs: :b25l:, :dHdvLCB0aHJlZQ==:'],
    ['"content-digest"', '"content-digest": sha-512=:AAAA:,  sha-256=:BBBB:'],
    ['"content-digest";sf', '"content-digest";sf: sha-512=:AAAA:, sha-256=:BBBB:'],
    ['"content-digest";key="sha-256"', '"content-digest";key="sha-256": :BBBB:'],
  ];
  for (const [component, line] of derived) {
    it(`has ${component}`, () => assert.deepEqual(base(component), [line]));
  }

  it("has an empty query as a question mark, and the root for an empty path", () => {
    const bare = { ...source, target: "/" };
    assert.deepEqual(base('"@query" "@path"', bare), ['"@query": ?', '"@path": /']);
  });

  it("ends with the parameters as they were sent", () => {
    const input =
      '("@method" "x-list";bs);created=1;keyid="k \\"q\\"";nonce="n";tag="t";alg="ed25519";expires=2';
    const parsed = parseSignatureInput(`sig1=${input}`, "sig1=:AAAA:");
    assert.ok(parsed.ok);
    const built = signatureBase(source, parsed.value[0] as MessageSignature);
    assert.ok(built.ok);
    assert.equal(built.value.split("\n").at(-1), `"@signature-params": ${input}`);
  });

  const refused: [string, RegExp][] = [
    ['"@status"', /@status cannot be checked: a request has no status/],
    ['"@moon"', /@moon cannot be checked/],
    ['"@method";req', /@method cannot be checked: req/],
    ['"x-list";tr', /x-list cannot be checked: trailers/],
    ['"@method";sf', /@method cannot be checked: it takes no sf/],
    ['"@query-param"', /@query-param cannot be checked: it needs a name/],
    ['"@query-param";name="none"', /has no such parameter/],
    ['"@query-param";name="twice"', /more than once/],
    ['"x-nothing"', /x-nothing is not there/],
    ['"x-text";sf', /x-text cannot be checked: it is not known to be a structured field/],
    ['"x-list";moon', /the parameter moon is not known/],
    ['"x-list";bs;sf', /bs goes with nothing else/],
    ['"content-digest";key="md5"', /no such member/],
    ['"content-digest";key=1', /no such member/],
    ['"x-break"', /x-break has a line break/],
    ['"__proto__"', /__proto__ is not there/],
  ];
  for (const [component, detail] of refused) {
    it(`refuses ${component} by name`, () => assert.match(base(component) as string, detail));
  }

  it("refuses a structured field whose value is none", () => {
    const broken = { ...source, headers: { "content-digest": "?!" } };
    assert.match(base('"content-digest";sf', broken) as string, /not a dictionary/);
  });

  it("of a response has a status and nothing of a request", () => {
    assert.deepEqual(base('"@status"', { ...source, status: 202 }), ['"@status": 202']);
    assert.match(base('"@method"', { ...source, status: 202 }) as string, /a response has none/);
  });
});

describe("reading Signature-Input", () => {
  it("reads every label with its bytes, in order", () => {
    const parsed = parseSignatureInput(
      'one=("@method");created=5;keyid="k", two=();alg="ed25519";expires=6',
      "two=:AgI=:, one=:AQE=:, three=:AAAA:",
    );
    assert.ok(parsed.ok);
    assert.deepEqual(
      parsed.value.map(({ label, keyId, algorithm, created, expires, signature }) => ({
        label,
        keyId,
        algorithm,
        created,
        expires,
        signature: [...signature],
      })),
      [
        { label: "one", keyId: "k", algorithm: undefined, created: 5, expires: undefined, signature: [1, 1] },
        {
          label: "two",
          keyId: undefined,
          algorithm: "ed25519",
          created: undefined,
          expires: 6,
          signature: [2, 2],
        },
      ],
    );
  });

  const malformed: [string, string, string][] = [
    ["nothing", "", "s=:AAAA:"],
    ["no list", "s=1", "s=:AAAA:"],
    ["no bytes", "s=()", "s=1"],
    ["a list for bytes", "s=()", "s=(:AAAA:)"],
    ["no label", "s=()", "t=:AAAA:"],
    ["a component that is no text", "s=(1)", "s=:AAAA:"],
    ["a component in capitals", 's=("Host")', "s=:AAAA:"],
    ["a component twice", 's=("host" "host")', "s=:AAAA:"],
    ["created in halves", "s=();created=1.5", "s=:AAAA:"],
    ["created as text", 's=();created="1"', "s=:AAAA:"],
    ["expires as text", 's=();expires="1"', "s=:AAAA:"],
    ["keyid as a number", "s=();keyid=1", "s=:AAAA:"],
    ["an empty keyid", 's=();keyid=""', "s=:AAAA:"],
    ["alg as a token", "s=();alg=ed25519", "s=:AAAA:"],
    ["a broken tail", "s=();created=1;", "s=:AAAA:"],
    ["too much", `s=(${'"@method" '.repeat(2000)})`, "s=:AAAA:"],
    ["forty components", `s=(${Array.from({ length: 40 }, (_, n) => `"h${n}"`).join(" ")})`, "s=:AAAA:"],
  ];
  for (const [what, input, signature] of malformed) {
    it(`refuses ${what}`, () => assert.equal(parseSignatureInput(input, signature).ok, false));
  }

  it("knows one component with different parameters apart", () => {
    assert.equal(parseSignatureInput('s=("a" "a";bs)', "s=:AAAA:").ok, true);
  });

  it("never throws", () => {
    const text = fc.string({ unit: "binary" });
    fc.assert(
      fc.property(text, text, (input, signature) => void parseSignatureInput(input, signature)),
      { numRuns: 300 },
    );
    const pieces = fc.array(
      fc.constantFrom("s", "=", "(", ")", '"@method"', '"host"', ";", "created", "1", ":AAAA:", ",", " "),
    );
    fc.assert(
      fc.property(pieces, (parts) => {
        const parsed = parseSignatureInput(parts.join(""), "s=:AAAA:");
        if (parsed.ok) for (const one of parsed.value) signatureBase(source, one);
      }),
      { numRuns: 500 },
    );
  });
});

describe("algorithms of RFC 9421", () => {
  const text = "a base";
  const rsa = keyPairFor("rfc9421");
  const pss = generateKeyPairSync("rsa-pss", { modulusLength: 2048 });
  const ec = generateKeyPairSync("ec", { namedCurve: "P-256" });
  const ed = generateKeyPairSync("ed25519");

  it("each verify their own signatures and not those of the others", () => {
    const keys = { rsa: generateKeyPairSync("rsa", { modulusLength: 2048 }), pss, ec, ed };
    for (const [name, pair] of Object.entries(keys)) {
      const algorithm = defaultAlgorithm(pair.publicKey);
      const signature =
        name === "ed"
          ? sign(null, Buffer.from(text), pair.privateKey)
          : name === "ec"
            ? sign("sha256", Buffer.from(text), { key: pair.privateKey, dsaEncoding: "ieee-p1363" })
            : name === "pss"
              ? sign("sha512", Buffer.from(text), { key: pair.privateKey, saltLength: 64 })
              : sign("sha256", Buffer.from(text), pair.privateKey);
      assert.equal(verifyBase(text, signature, pair.publicKey, algorithm), true, name);
      assert.equal(verifyBase(`${text}.`, signature, pair.publicKey, algorithm), false, name);
      for (const other of Object.values(keys)) {
        if (other !== pair)
          assert.equal(verifyBase(text, signature, other.publicKey, algorithm), false, name);
      }
    }
  });

  it("we sign for Mastodon: method, target and digest, time, key id and algorithm", async () => {
    const url = new URL("https://there.example/users/mira/inbox?x=1");
    const body = Buffer.from("{}");
    const headers = await signRfc9421({
      method: "POST",
      url,
      created: new Date("2026-03-01T12:00:00.999Z"),
      keyId: "https://blog.example/ap/accounts/blog#main-key",
      privateKeyPem: rsa.privatePem,
      contentDigest: contentDigestHeader(body),
    });
    assert.deepEqual(Object.keys(headers), ["content-digest", "signature-input", "signature"]);
    assert.equal(
      headers["signature-input"],
      'sig1=("@method" "@target-uri" "content-digest");created=1772366400;keyid="https://blog.example/ap/accounts/blog#main-key";alg="rsa-v1_5-sha256"',
    );
    assert.match(headers.signature ?? "", /^sig1=:[A-Za-z0-9+/]+={0,2}:$/);
  });

  it("we sign a GET without a digest", async () => {
    const headers = await signRfc9421({
      method: "GET",
      url: new URL("https://there.example/users/mira"),
      created: new Date(0),
      keyId: "k",
      privateKeyPem: rsa.privatePem,
    });
    assert.deepEqual(Object.keys(headers), ["signature-input", "signature"]);
    assert.match(headers["signature-input"] ?? "", /^sig1=\("@method" "@target-uri"\);created=0;/);
  });
});
