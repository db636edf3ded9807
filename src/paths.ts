/**
 * Can this request target be one of ours? Asked for every request of the host, so it looks at no more than two characters:
 * each property of a request that is read costs V8 a search, since Express gives every request a shape of its own.
 */
export function mayBeOurs(target: string): boolean {
  // An absolute target (RFC 9112, section 3.2.2) is left to the careful look.
  return target.charCodeAt(0) !== SLASH || BEGINNINGS.has(target.charCodeAt(1));
}

const SLASH = "/".charCodeAt(0);
/** Of `PREFIXES` and `API`, below. */
const BEGINNINGS = new Set([..."@aftno."].map((character) => character.charCodeAt(0)));

const PREFIXES =
  /^\/(?:@|ap(?:\/|$)|fediverse(?:\/|$)|tags\/|nodeinfo\/|oauth\/authorize(?:\/(?:native\/?)?)?$|\.well-known\/(?:webfinger|host-meta|nodeinfo)(?:[./]|$))/;

/** Might this path be one of ours? What is not goes on to the host without another look. */
export function isOursByPath(path: string): boolean {
  return PREFIXES.test(path);
}

/** Not all of `/api/` and `/oauth/`: a host may have an API of its own, and log its readers in with somebody else. */
const API =
  /^\/(?:api\/(?:v\d|oembed\/?$)|oauth\/(?:token|revoke|userinfo)\/?$|\.well-known\/oauth-authorization-server\/?$)/;

/** Is this path one of the Mastodon API? It is answered whatever it is: apps take HTML for a broken server. */
export function isApiPath(path: string): boolean {
  return API.test(path);
}

/** Might the asker want an ActivityPub document? A cheap look before the careful one (activitypub/negotiation.ts). */
export function mayWantActivity(accept: string | undefined): boolean {
  return accept !== undefined && (accept.includes("activity+json") || accept.includes("ld+json"));
}
