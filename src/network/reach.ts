import { LIMITS } from "../support/limits.ts";
import { isPublicAddress } from "./addresses.ts";
import { NetworkError } from "./errors.ts";

/** Where the network may go: one for a site in use, one for development, and what a test makes up. */
export interface Reach {
  /** Besides https: http, and ports other than the scheme's own. */
  anyScheme: boolean;
  allows(address: string): boolean;
}

/** The public internet, by https and its own port. */
export const publicInternet: Reach = { anyScheme: false, allows: isPublicAddress };
/** Everything, loopback included: development and tests. */
export const anywhere: Reach = { anyScheme: true, allows: () => true };

/**
 * The URL to ask for, without its fragment. Throws NetworkError for what is no http(s) URL, carries a name and password,
 * or has another scheme or port than `reach` allows. URL itself turns decimal, octal and hexadecimal hosts into an
 * address; addresses are checked when connecting.
 */
export function target(text: string, reach: Reach): URL {
  if (text.length > LIMITS.urlLength) throw new NetworkError("bad-url", "This");
  let url: URL;
  try {
    url = new URL(text);
  } catch (cause) {
    throw new NetworkError("bad-url", "This", cause);
  }
  if (url.protocol !== "https:" && url.protocol !== "http:")
    throw new NetworkError("forbidden-scheme", url.host || "This");
  if (url.username !== "" || url.password !== "") throw new NetworkError("bad-url", url.host);
  if (!reach.anyScheme && url.protocol !== "https:") throw new NetworkError("forbidden-scheme", url.host);
  if (!reach.anyScheme && url.port !== "") throw new NetworkError("forbidden-port", url.hostname);
  if (url.hash !== "") url.hash = "";
  return url;
}
