/** Sizes and counts that hold everywhere; each says whose need it meets. */
export const LIMITS = {
  /** Bytes of an inbox body: Mastodon's own cap, and Plume's. */
  inboxBytes: 1024 * 1024,
  /** Bytes of a fetched document after decompression. */
  documentBytes: 1024 * 1024,
  /** Bytes of a feed. Ten years of full posts fit. */
  feedBytes: 10 * 1024 * 1024,
  /** Levels of nesting in foreign JSON. Honest payloads stay under 10. */
  jsonDepth: 32,
  /** Elements in any one foreign array that are read; the rest is not looked at. */
  listItems: 1000,
  /** Characters of an id or a link. */
  urlLength: 2048,
  /** Items in a page of a collection. */
  pageItems: 20,
  /** Milliseconds for a whole outgoing request. */
  requestTimeout: 10_000,
  /** Milliseconds until an outgoing connection stands. */
  connectTimeout: 5_000,
  /** Milliseconds for one address of a name that has several; the other side of the world takes 400. */
  addressTimeout: 2_000,
  /** Redirects followed on a GET. */
  redirects: 3,
  /** Milliseconds that a signature's date may be off. */
  signatureSkew: 3_600_000,
} as const;
