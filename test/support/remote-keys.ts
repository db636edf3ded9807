import { generateKeyPairSync } from "node:crypto";

export interface KeyPair {
  privatePem: string;
  publicPem: string;
}

const made = new Map<string, KeyPair>();

/** A key pair for a name: made once a test run, since RSA keys take a tenth of a second each. */
export function keyPairFor(name: string): KeyPair {
  let pair = made.get(name);
  if (pair === undefined) {
    const { privateKey, publicKey } = generateKeyPairSync("rsa", {
      modulusLength: 2048,
      publicKeyEncoding: { type: "spki", format: "pem" },
      privateKeyEncoding: { type: "pkcs8", format: "pem" },
    });
    pair = { privatePem: privateKey, publicPem: publicKey };
    made.set(name, pair);
  }
  return pair;
}
