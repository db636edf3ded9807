/**
 * The path of a request, as Express's own `request.path`. Asked for every request of the host, so it is read from the target
 * itself: Express gives each request a shape of its own, and every property that is read then costs V8 a search.
 */
export function pathOf(request: { readonly url: string; readonly path: string }): string {
  const { url } = request;
  // An absolute target (RFC 9112, section 3.2.2) is left to Express.
  if (!url.startsWith("/")) return request.path;
  const end = url.indexOf("?");
  return end < 0 ? url : url.slice(0, end);
}

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
