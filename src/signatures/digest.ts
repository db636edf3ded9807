import { createHash } from "node:crypto";
import { isInnerList, parseDictionary } from "structured-headers";

/** `none`: no algorithm that we know was named, so nothing was checked. */
export type DigestCheck = "match" | "mismatch" | "malformed" | "none";

const HASHES: Record<string, string> = { "sha-256": "sha256", "sha-512": "sha512" };
/** A header of more is an attempt to make us hash. */
const MAXIMUM_LENGTH = 1024;

/**
 * `Digest: SHA-256=…` (RFC 3230). In capitals, because Pixelfed puts its own spelling of the name into the text it
 * verifies.
 */
export function digestHeader(body: Buffer): string {
  return `SHA-256=${createHash("sha256").update(body).digest("base64")}`;
}

/** `Content-Digest: sha-256=:…:` (RFC 9530). */
export function contentDigestHeader(body: Buffer): string {
  return `sha-256=:${createHash("sha256").update(body).digest("base64")}:`;
}

/**
 * Checks a `Digest` header against the bytes that came. Several digests may stand in one header, names in any case
 * (bovine and Fedify write `sha-256=`); algorithms we do not know are passed over; one mismatch spoils the rest.
 */
export function checkDigest(header: string, body: Buffer): DigestCheck {
  if (header.length > MAXIMUM_LENGTH) return "malformed";
  const given: [string, Buffer][] = [];
  for (const part of header.split(",")) {
    const text = part.trim();
    if (text === "") continue;
    const equals = text.indexOf("=");
    if (equals < 1) return "malformed";
    given.push([text.slice(0, equals).trim().toLowerCase(), Buffer.from(text.slice(equals + 1), "base64")]);
  }
  return compare(given, body);
}

/** Checks a `Content-Digest` header (RFC 9530, a structured dictionary: lower-case names, values between colons). */
export function checkContentDigest(header: string, body: Buffer): DigestCheck {
  if (header.length > MAXIMUM_LENGTH) return "malformed";
  const given: [string, Buffer][] = [];
  try {
    for (const [name, member] of parseDictionary(header)) {
      if (isInnerList(member) || !(member[0] instanceof ArrayBuffer)) return "malformed";
      given.push([name, Buffer.from(member[0])]);
    }
  } catch {
    return "malformed";
  }
  return compare(given, body);
}

function compare(given: [string, Buffer][], body: Buffer): DigestCheck {
  let result: DigestCheck = "none";
  for (const [name, bytes] of given) {
    const hash = HASHES[name];
    if (hash === undefined) continue;
    if (!createHash(hash).update(body).digest().equals(bytes)) return "mismatch";
    result = "match";
  }
  return result;
}
