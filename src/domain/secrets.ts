import { createHash, timingSafeEqual } from "node:crypto";

/**
 * What is stored of a token or secret: SHA-256, base64url. They hold 256 random bits, so nothing slower is needed, and
 * whoever reads the store cannot use what they find.
 */
export function hashSecret(secret: string): string {
  return createHash("sha256").update(secret).digest("base64url");
}

/** Compares in the same time wherever they differ. */
export function sameSecret(one: string, other: string): boolean {
  const [left, right] = [one, other].map((text) => createHash("sha256").update(text).digest());
  return left !== undefined && right !== undefined && timingSafeEqual(left, right);
}
