import { LIMITS } from "../support/limits.ts";

/**
 * Schemes that a link in foreign HTML may have. Mastodon allows more (dat, dweb, ipfs, ipns, ssb, magnet); left out here
 * is what few machines can open or what hands a click to a program that starts to download. `mailto` is added for
 * contact lines of blogs and groups.
 */
export const LINK_SCHEMES = ["http", "https", "mailto", "xmpp", "gemini", "gopher"] as const;
/** What may be loaded into a page. */
export const MEDIA_SCHEMES = ["http", "https"] as const;

/**
 * The address behind an attribute as a browser would read it, or `undefined` if it is not for us: another scheme,
 * nothing to resolve it against, too long. A clean absolute address is returned as it was written, since peers compare
 * ids byte for byte; a name and password in it are dropped, because they only serve to disguise the host.
 */
export function safeUrl(
  value: string | undefined,
  schemes: readonly string[],
  baseUrl?: string,
): string | undefined {
  const text = value?.trim();
  if (text === undefined || text === "" || text.length > LIMITS.urlLength) return undefined;
  const url = parse(text, undefined) ?? (baseUrl === undefined ? undefined : parse(text, baseUrl));
  if (url === undefined || !schemes.includes(url.protocol.slice(0, -1))) return undefined;
  if (url.username !== "" || url.password !== "") {
    url.username = "";
    url.password = "";
    return url.href;
  }
  return asWritten(text) ? text : url.href;
}

function parse(text: string, base: string | undefined): URL | undefined {
  return URL.canParse(text, base) ? new URL(text, base) : undefined;
}

/** Absolute with two slashes and nothing in it that a browser would drop or turn: control characters, blanks, `\`. */
function asWritten(text: string): boolean {
  return /^(?:https?:\/\/[^/]|(?!https?:)[a-z][a-z0-9+.-]*:)/i.test(text) && !/[\0- \u007f\\]/.test(text);
}
