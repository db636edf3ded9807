/** Who somebody is on the fediverse: `@anna@example.org`. */
export interface Handle {
  /** As written; servers compare it without regard to case. */
  username: string;
  /** Lower case, punycode, with the port where it is not 443. */
  host: string;
}

/** A user name as any known server allows it. */
const USERNAME = /^[A-Za-z0-9_](?:[A-Za-z0-9_.-]{0,126}[A-Za-z0-9_])?$/;
const HOST = /^[\p{L}\p{M}\p{N}](?:[\p{L}\p{M}\p{N}.-]{0,251}[\p{L}\p{M}\p{N}])?(?::[0-9]{1,5})?$/u;

/**
 * Reads `@user@host`, `user@host`, `acct:user@host` and the address of a profile page `https://host/@user` (on a page of
 * another server: `https://host/@user@their.host`). Anything else is `undefined`.
 */
export function parseHandle(text: string): Handle | undefined {
  const trimmed = text.trim();
  if (trimmed.length > 512) return undefined;
  const page = /^https?:\/\/([^/?#@\\]+)\/@([^/?#@]+)(?:@([^/?#@]+))?\/?$/i.exec(trimmed);
  if (page) return handleOf(page[2], page[3] ?? page[1]);
  const plain = /^(?:acct:)?@?([^@]+)@([^@]+)$/i.exec(trimmed);
  return plain ? handleOf(plain[1], plain[2]) : undefined;
}

/** `@user@host`, for people to read. */
export function formatHandle(handle: Handle): string {
  return `@${handle.username}@${handle.host}`;
}

/** A host name in its one spelling, or `undefined` if it is none. A single word is one only as `localhost`. */
export function normaliseHost(text: string): string | undefined {
  if (!HOST.test(text) || text.includes("..") || !URL.canParse(`https://${text}`)) return undefined;
  const { host, hostname } = new URL(`https://${text}`);
  // `1.2` would be read as the address 1.0.0.2: an address counts only as people write it.
  const isAddress = /^[0-9.]+$/.test(hostname);
  if (hostname.length > 253 || (isAddress && !text.startsWith(hostname))) return undefined;
  return hostname.includes(".") || hostname === "localhost" ? host : undefined;
}

function handleOf(username: string | undefined, hostText: string | undefined): Handle | undefined {
  if (username === undefined || hostText === undefined || !USERNAME.test(username)) return undefined;
  const host = normaliseHost(hostText);
  return host === undefined ? undefined : { username, host };
}
