const PREFIXES =
  /^\/(?:@|ap(?:\/|$)|fediverse(?:\/|$)|tags\/|nodeinfo\/|\.well-known\/(?:webfinger|host-meta|nodeinfo)(?:[./]|$))/;

/** Might this path be one of ours? What is not goes on to the host without another look. */
export function isOursByPath(path: string): boolean {
  return PREFIXES.test(path);
}

/** Might the asker want an ActivityPub document? A cheap look before the careful one (activitypub/negotiation.ts). */
export function mayWantActivity(accept: string | undefined): boolean {
  return accept !== undefined && (accept.includes("activity+json") || accept.includes("ld+json"));
}
