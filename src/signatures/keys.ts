import { createPrivateKey, createPublicKey, generateKeyPair as generate, type KeyObject } from "node:crypto";
import { promisify } from "node:util";
import { LRUCache } from "lru-cache";
import { FediverseError } from "../support/errors.ts";

/** A key that cannot be used: not PEM, of a kind nobody signs with, too short or too long. */
export class KeyError extends FediverseError {
  constructor(message: string, cause?: unknown) {
    super(message, { code: "bad-key", status: 422, cause });
  }
}

export interface KeyOptions {
  /** The shortest RSA modulus taken, in bits. Default 2048; lower only to check published test vectors. */
  minimumBits?: number;
}

const MAXIMUM_BITS = 8192;
/** An honest PEM of 8192 bits has 1,500 characters. */
const MAXIMUM_PEM = 8192;
/** OpenSSL itself takes public exponents as long as the modulus, which makes a verification cost what a signature does. */
const MAXIMUM_EXPONENT = 2n ** 64n;

// Parsing the PEM is most of the work: a cached key signs 3 times and verifies 7 times as fast.
const publicKeys = new LRUCache<string, KeyObject>({ max: 5000 });
const privateKeys = new LRUCache<string, KeyObject>({ max: 1000 });

/**
 * The key of a PEM text, parsed once. Takes SPKI (`BEGIN PUBLIC KEY`) and PKCS#1 (`BEGIN RSA PUBLIC KEY`, Emissary sends
 * it); RSA of 2048 to 8192 bits, Ed25519 and P-256. Throws {@link KeyError} with the reason otherwise.
 */
export function publicKey(pem: string, options: KeyOptions = {}): KeyObject {
  let key = publicKeys.get(pem);
  if (key === undefined) {
    key = parsePublicKey(pem);
    publicKeys.set(pem, key);
  }
  return checked(key, options);
}

/** The key of a PKCS#8 or PKCS#1 PEM text, parsed once. Throws {@link KeyError}; the text is never part of the message. */
export function privateKey(pem: string, options: KeyOptions = {}): KeyObject {
  let key = privateKeys.get(pem);
  if (key === undefined) {
    try {
      key = createPrivateKey(pem);
    } catch {
      // The cause is left out on purpose: some OpenSSL errors quote what they were given.
      throw new KeyError("The private key is not a PEM text that can be read.");
    }
    privateKeys.set(pem, key);
  }
  return checked(key, options);
}

/** A fresh RSA-2048 pair, made on the thread pool: SPKI and PKCS#8 as every server of the fediverse reads them. */
export async function generateKeyPair(): Promise<{ publicPem: string; privatePem: string }> {
  const pair = await promisify(generate)("rsa", {
    modulusLength: 2048,
    publicKeyEncoding: { type: "spki", format: "pem" },
    privateKeyEncoding: { type: "pkcs8", format: "pem" },
  });
  return { publicPem: pair.publicKey, privatePem: pair.privateKey };
}

function parsePublicKey(pem: string): KeyObject {
  if (pem.length > MAXIMUM_PEM) throw new KeyError("The public key is too long to be one.");
  // createPublicKey would also take a certificate, and even a private key.
  if (!/^\s*-----BEGIN (RSA )?PUBLIC KEY-----/.test(pem)) {
    throw new KeyError("The public key is not a PEM text that begins with PUBLIC KEY or RSA PUBLIC KEY.");
  }
  try {
    return createPublicKey(pem);
  } catch (cause) {
    throw new KeyError("The public key is PEM, but what is inside cannot be read.", cause);
  }
}

function checked(key: KeyObject, { minimumBits = 2048 }: KeyOptions): KeyObject {
  const type = key.asymmetricKeyType;
  if (type === "ed25519") return key;
  const details = key.asymmetricKeyDetails ?? {};
  if (type === "ec") {
    if (details.namedCurve === "prime256v1") return key;
    throw new KeyError(`The key is on the curve ${details.namedCurve ?? "unknown"}; only P-256 is taken.`);
  }
  if (type !== "rsa" && type !== "rsa-pss") {
    throw new KeyError(`The key is of the type ${type ?? "unknown"}; RSA, Ed25519 and P-256 are taken.`);
  }
  const bits = details.modulusLength ?? 0;
  if (bits < minimumBits)
    throw new KeyError(`The RSA key has ${bits} bits; at least ${minimumBits} are wanted.`);
  if (bits > MAXIMUM_BITS) {
    throw new KeyError(`The RSA key has ${bits} bits; at most ${MAXIMUM_BITS} are taken.`);
  }
  const exponent = details.publicExponent ?? 0n;
  if (exponent < 3n || exponent > MAXIMUM_EXPONENT) {
    throw new KeyError("The RSA key has a public exponent that no honest key has.");
  }
  return key;
}
