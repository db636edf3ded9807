import assert from "node:assert/strict";
import { createPublicKey, generateKeyPairSync } from "node:crypto";
import { generateKeyPair, KeyError, privateKey, publicKey } from "../../src/signatures/keys.ts";
import { pemOfMultikey } from "../../src/signatures/multikey.ts";
import { keyPairFor } from "../support/remote-keys.ts";

const pair = keyPairFor("keys");

function rsaPem(modulusLength: number, publicExponent = 65537): string {
  return generateKeyPairSync("rsa", { modulusLength, publicExponent }).publicKey.export({
    type: "spki",
    format: "pem",
  }) as string;
}

/** A public key with a modulus and exponent of our choosing; nobody needs to sign with it. */
function forged(bits: number, exponent: Buffer): string {
  const n = Buffer.alloc(bits / 8, 0xff).toString("base64url");
  const key = createPublicKey({ format: "jwk", key: { kty: "RSA", n, e: exponent.toString("base64url") } });
  return key.export({ type: "spki", format: "pem" }) as string;
}

describe("keys", () => {
  it("are made as RSA of 2048 bits in the two forms that others read", async () => {
    const { publicPem, privatePem } = await generateKeyPair();
    assert.match(publicPem, /^-----BEGIN PUBLIC KEY-----\n/);
    assert.match(privatePem, /^-----BEGIN PRIVATE KEY-----\n/);
    assert.equal(publicKey(publicPem).asymmetricKeyDetails?.modulusLength, 2048);
    assert.ok(createPublicKey(privateKey(privatePem)).equals(publicKey(publicPem)));
  });

  it("are parsed once", () => {
    assert.equal(publicKey(pair.publicPem), publicKey(pair.publicPem));
    assert.equal(privateKey(pair.privatePem), privateKey(pair.privatePem));
  });

  it("are read from SPKI, PKCS#1, with blank lines and line ends of Windows", () => {
    const key = publicKey(pair.publicPem);
    const pkcs1 = key.export({ type: "pkcs1", format: "pem" }) as string;
    assert.match(pkcs1, /BEGIN RSA PUBLIC KEY/);
    for (const pem of [
      pkcs1,
      `\n\n${pair.publicPem}\n`,
      pair.publicPem.replaceAll("\n", "\r\n"),
      pair.publicPem.trim(),
    ]) {
      assert.ok(publicKey(pem).equals(key));
    }
  });

  it("may be Ed25519 or P-256", () => {
    const ed25519 = generateKeyPairSync("ed25519").publicKey.export({
      type: "spki",
      format: "pem",
    }) as string;
    assert.equal(publicKey(ed25519).asymmetricKeyType, "ed25519");
    const p256 = generateKeyPairSync("ec", { namedCurve: "P-256" }).publicKey;
    assert.equal(publicKey(p256.export({ type: "spki", format: "pem" }) as string).asymmetricKeyType, "ec");
  });

  const refused: [string, () => string, RegExp][] = [
    ["1024 bits", () => rsaPem(1024), /has 1024 bits; at least 2048/],
    ["16384 bits", () => forged(16384, Buffer.from([1, 0, 1])), /has 16384 bits; at most 8192/],
    ["an exponent of 1", () => forged(2048, Buffer.from([1])), /exponent/],
    ["an exponent as long as the modulus", () => forged(2048, Buffer.alloc(255, 0x7f)), /exponent/],
    [
      "another curve",
      () =>
        generateKeyPairSync("ec", { namedCurve: "secp256k1" }).publicKey.export({
          type: "spki",
          format: "pem",
        }) as string,
      /curve secp256k1/,
    ],
    [
      "a key that cannot sign",
      () => generateKeyPairSync("x25519").publicKey.export({ type: "spki", format: "pem" }) as string,
      /type x25519/,
    ],
    ["a private key", () => pair.privatePem, /begins with PUBLIC KEY/],
    ["nothing", () => "", /begins with PUBLIC KEY/],
    [
      "a PEM of nonsense",
      () => "-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----",
      /cannot be read/,
    ],
    ["a novel", () => pair.publicPem.padEnd(10_000, "\n"), /too long/],
  ];
  for (const [what, make, message] of refused) {
    it(`are refused with a reason: ${what}`, () => {
      assert.throws(
        () => publicKey(make()),
        (error: unknown) =>
          error instanceof KeyError && error.code === "bad-key" && message.test(error.message),
      );
    });
  }

  it("short as they are can be asked for, to check published vectors", () => {
    const pem = rsaPem(1024);
    assert.equal(publicKey(pem, { minimumBits: 1024 }).asymmetricKeyType, "rsa");
    assert.throws(() => publicKey(pem), KeyError);
  });

  it("never show a private text in the error", () => {
    const secret = "-----BEGIN PRIVATE KEY-----\nc2VjcmV0\n-----END PRIVATE KEY-----";
    assert.throws(
      () => privateKey(secret),
      (error: Error) => !JSON.stringify([error.message, error.stack, error.cause]).includes("c2VjcmV0"),
    );
  });
});

describe("multikeys", () => {
  const key = generateKeyPairSync("ed25519").publicKey;
  // z6Mk… is what every Ed25519 multikey begins with.
  const multibase = ((): string => {
    const bytes = Buffer.concat([
      Buffer.from([0xed, 0x01]),
      Buffer.from(key.export({ format: "jwk" }).x ?? "", "base64url"),
    ]);
    let number = BigInt(`0x${bytes.toString("hex")}`);
    let text = "";
    for (; number > 0n; number /= 58n) {
      text = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz".charAt(Number(number % 58n)) + text;
    }
    return `z${text}`;
  })();

  it("give the PEM of the key", () => {
    assert.match(multibase, /^z6Mk/);
    assert.ok(publicKey(pemOfMultikey(multibase)).equals(key));
  });

  for (const [what, text] of [
    ["another base", `u${multibase.slice(1)}`],
    ["a character of no base58", `${multibase.slice(0, -1)}0`],
    ["a key cut short", multibase.slice(0, -3)],
    ["another kind of bytes", `z111${multibase.slice(4)}`],
    ["an endless one", `z${"2".repeat(5000)}`],
    ["nothing", ""],
  ] as const) {
    it(`refuse ${what}`, () => assert.throws(() => pemOfMultikey(text), KeyError));
  }
});
