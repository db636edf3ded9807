/**
 * The URLs of one site. JSON lives under `/ap/…` and never changes; pages live under `/@name` and `/fediverse/…`.
 * Everything that prints or reads a URL of ours goes through here.
 */
export class Urls {
  /** `https://blog.example`, without a slash at the end. */
  readonly origin: string;
  /** `blog.example` or `localhost:3000`: the part behind the `@` of a handle. */
  readonly host: string;

  constructor(origin: string) {
    const url = new URL(origin);
    this.origin = url.origin;
    this.host = url.host;
  }

  /** The site's own Application actor, which signs our GETs. */
  get siteActor(): string {
    return `${this.origin}/ap/actor`;
  }
  get sharedInbox(): string {
    return `${this.origin}/ap/inbox`;
  }
  actor(username: string): string {
    return `${this.origin}/ap/accounts/${username}`;
  }
  inbox(username: string): string {
    return `${this.actor(username)}/inbox`;
  }
  outbox(username: string): string {
    return `${this.actor(username)}/outbox`;
  }
  followers(username: string): string {
    return `${this.actor(username)}/followers`;
  }
  following(username: string): string {
    return `${this.actor(username)}/following`;
  }
  featured(username: string): string {
    return `${this.actor(username)}/featured`;
  }
  featuredTags(username: string): string {
    return `${this.actor(username)}/tags`;
  }
  post(id: number): string {
    return `${this.origin}/ap/posts/${id}`;
  }
  replies(id: number): string {
    return `${this.post(id)}/replies`;
  }
  likes(id: number): string {
    return `${this.post(id)}/likes`;
  }
  shares(id: number): string {
    return `${this.post(id)}/shares`;
  }
  /** The author's consent that the post `quoting` quotes the post `id`. */
  quoteStamp(id: number, quoting: number): string {
    return `${this.post(id)}/quotes/${quoting}`;
  }
  context(id: number): string {
    return `${this.post(id)}/context`;
  }
  activity(id: number): string {
    return `${this.origin}/ap/activities/${id}`;
  }
  profilePage(username: string): string {
    return `${this.origin}/@${username}`;
  }
  postPage(username: string, id: number): string {
    return `${this.origin}/@${username}/${id}`;
  }
  tagPage(tag: string): string {
    return `${this.origin}/tags/${encodeURIComponent(tag)}`;
  }
  /** The page that takes a visitor's handle to their own server. */
  followPage(username: string): string {
    return `${this.origin}/fediverse/follow?account=${encodeURIComponent(username)}`;
  }
  handle(username: string): string {
    return `${username}@${this.host}`;
  }
  /** Is this URL on our own origin? */
  isOurs(url: string): boolean {
    return url === this.origin || url.startsWith(`${this.origin}/`);
  }
}

const TRACKING = /^(utm_.*|fbclid|gclid|mc_[ce]id|ref)$/;

/**
 * One spelling for the many ways of writing a page's address, so that a reply finds its post: no fragment, no tracking
 * parameters, no slash at the end, host in lower case. Only for looking up: ids of others are kept byte for byte.
 */
export function normaliseUrl(text: string): string | undefined {
  if (!URL.canParse(text)) return undefined;
  const url = new URL(text);
  if (url.protocol !== "https:" && url.protocol !== "http:") return undefined;
  url.hash = "";
  for (const name of [...url.searchParams.keys()]) if (TRACKING.test(name)) url.searchParams.delete(name);
  const path = url.pathname.replace(/\/+$/, "");
  return `${url.origin}${path}${url.search}`;
}

/** The lower-case `host[:port]` of a URL, or `undefined`. */
export function hostOf(url: string): string | undefined {
  return URL.canParse(url) ? new URL(url).host || undefined : undefined;
}
