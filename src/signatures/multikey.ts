import { createPublicKey } from "node:crypto";
import { KeyError } from "./keys.ts";

const ALPHABET = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz";
/** An RSA key of 8192 bits has about 1,450 characters; decoding base58 costs the square of the length. */
const MAXIMUM_LENGTH = 1500;

/**
 * The SPKI PEM of a `publicKeyMultibase` (FEP-521a): base58btc of a multicodec prefix and an Ed25519 key or an RSA one in
 * PKCS#1. Throws {@link KeyError} on anything else.
 */
export function pemOfMultikey(multibase: string): string {
  const bytes = decode(multibase);
  try {
    if (bytes[0] === 0xed && bytes[1] === 0x01 && bytes.length === 34) {
      const x = bytes.subarray(2).toString("base64url");
      return pem(createPublicKey({ format: "jwk", key: { kty: "OKP", crv: "Ed25519", x } }));
    }
    if (bytes[0] === 0x85 && bytes[1] === 0x24) {
      return pem(createPublicKey({ format: "der", type: "pkcs1", key: bytes.subarray(2) }));
    }
  } catch (cause) {
    throw new KeyError("The multikey's bytes are no key.", cause);
  }
  throw new KeyError("The multikey is neither Ed25519 nor RSA.");
}

function pem(key: ReturnType<typeof createPublicKey>): string {
  return key.export({ type: "spki", format: "pem" }).toString();
}

function decode(multibase: string): Buffer {
  if (!multibase.startsWith("z") || multibase.length > MAXIMUM_LENGTH) {
    throw new KeyError("The multikey is not base58btc, or too long.");
  }
  const bytes: number[] = [];
  for (const char of multibase.slice(1)) {
    let carry = ALPHABET.indexOf(char);
    if (carry < 0) throw new KeyError("The multikey has a character that base58btc has not.");
    for (let index = 0; index < bytes.length; index += 1) {
      carry += (bytes[index] as number) * 58;
      bytes[index] = carry & 0xff;
      carry >>= 8;
    }
    while (carry > 0) {
      bytes.push(carry & 0xff);
      carry >>= 8;
    }
  }
  for (const char of multibase.slice(1)) {
    if (char !== "1") break;
    bytes.push(0);
  }
  return Buffer.from(bytes.reverse());
}
