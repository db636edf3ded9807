/**
 * What is stored, one interface a collection. Ids named `_id: number` are snowflakes (support/ids.ts); `uri` is the
 * ActivityPub id, kept byte for byte. Optional fields are absent, never null: sparse indexes depend on it.
 */

export type Visibility = "public" | "unlisted" | "followers" | "direct";

/** A picture or file that somebody may look at; `url` is absolute. */
export interface MediaRow {
  type: "Image" | "Video" | "Audio" | "Document";
  url: string;
  mediaType?: string;
  /** Alternative text. */
  alt?: string;
  width?: number;
  height?: number;
  blurhash?: string;
  /** Focal point, each -1 to 1. */
  focus?: { x: number; y: number };
  /** `_id` of the upload it came from (local statuses). */
  id?: number;
  /** Smaller picture of it, absolute. */
  previewUrl?: string;
  /** Seconds of a video or sound. */
  duration?: number;
  /** A silent, looping video that began as a GIF. */
  gifv?: boolean;
}

/** A custom emoji that a text uses: `:shortcode:`. */
export interface EmojiRow {
  shortcode: string;
  url: string;
}

/** A poll inside a post. */
export interface PollRow {
  options: { title: string; votes: number }[];
  multiple: boolean;
  /** Absent: it never ends. */
  endsAt?: Date;
  /** People who voted, where it is known. */
  voters?: number;
  hideTotals?: boolean;
  /** The end has been told to voters and author. */
  endToldAt?: Date;
}

/** A quoted post and whether its author consents (FEP-044f). */
export interface QuoteRow {
  uri: string;
  /** `_id` of the quoted post, once it is here. */
  id?: number;
  state: "pending" | "accepted" | "rejected" | "revoked" | "deleted";
  /** Id of the QuoteAuthorization. */
  authorization?: string;
  /** Ours: snowflake of the QuoteRequest that asks for it. */
  request?: number;
}

/** A row of a profile's table: `value` is clean HTML, `source` the owner's own text (local accounts only). */
export interface FieldRow {
  name: string;
  value: string;
  source?: string;
}

/** The wish to tell others, stored in the same write as the change itself; a worker turns it into an activity. */
export interface IntentRow {
  /** Snowflake of the activity to be. */
  id: number;
  type: "Create" | "Update" | "Delete";
  at: Date;
}

/** An actor, ours or of another server, and what is cached of it. */
export interface ActorRow {
  _id: number;
  uri: string;
  local: boolean;
  type: string;
  /** As its owner spells it. */
  username: string;
  /** The host in the handle, lower case; may differ from the host of `uri`. */
  host: string;
  /** `username@host`, lower case. */
  handle: string;
  /** Lower-case username of a local account (unique); `*site` for the site's own Application actor. Absent on others. */
  localName?: string;
  /** Display name; may be empty. */
  name: string;
  /** Biography as clean HTML. */
  summary: string;
  /** Markdown of a local biography. */
  summarySource?: string;
  /** The profile's page. */
  url: string;
  icon?: MediaRow;
  image?: MediaRow;
  fields: FieldRow[];
  emojis?: EmojiRow[];
  alsoKnownAs: string[];
  movedTo?: string;
  discoverable: boolean;
  indexable: boolean;
  manuallyApprovesFollowers: boolean;
  inbox: string;
  outbox?: string;
  sharedInbox?: string;
  followersUri?: string;
  followingUri?: string;
  featuredUri?: string;
  /** When the account was made, as its server says. */
  publishedAt?: Date;
  createdAt: Date;
  followersCount: number;
  followingCount: number;
  postsCount: number;
  lastPostAt?: Date;
  /** Remote: when the document was last read. */
  fetchedAt?: Date;
  /** Remote: no refresh before this, after a failed one. */
  refreshAfter?: Date;
  refreshFailures?: number;
  /** Deleted there (410, or a Delete of itself). */
  goneAt?: Date;
  /** Local: what an app writes a new status with. */
  defaults?: {
    visibility?: Visibility;
    sensitive?: boolean;
    language?: string;
    quotePolicy?: "public" | "followers" | "nobody";
  };
  /** Local: what to do with notifications of whom (accept, filter, drop). */
  notificationPolicy?: { [who: string]: "accept" | "filter" | "drop" };
  /** Local: followers and following are not listed, only counted. */
  hidesCollections?: boolean;
  /** Local: further hosts whose pages may name the account as their author. */
  attributionDomains?: string[];
  /** Local: changed by its owner in an app: the options of the same account no longer overwrite it. */
  ownProfile?: boolean;
  /** Local: hash of what others see; a change sends one Update. */
  fingerprint?: string;
  outgoing?: IntentRow[];
  /** Due time of the oldest intent, moved forward by the lease of whoever works on it. Absent when nothing is due. */
  outgoingAt?: Date;
}

/** The key pair of a local actor. Never leaves this collection but for signing. */
export interface KeyRow {
  /** The actor's `_id`. */
  _id: number;
  keyId: string;
  publicPem: string;
  privatePem: string;
  createdAt: Date;
}

/** A public key of another server's actor, or the memory that there is none. */
export interface RemoteKeyRow {
  /** The key id, byte for byte. */
  _id: string;
  owner?: string;
  pem?: string;
  fetchedAt: Date;
  /** Negative entry: not asked again before this. */
  missUntil?: Date;
  /** Negative entry: what was found instead, such as `gone`. */
  missReason?: string;
  /** TTL. */
  expiresAt: Date;
}

export interface MentionRow {
  /** Handle as `user@host`, lower-case host. */
  handle: string;
  /** Actor id; absent until the job has looked it up, or for good where it could not be found. */
  uri?: string;
  /** Profile page. */
  url?: string;
}

/** A post, ours or a remote one that concerns us (a reply, for now). */
export interface PostRow {
  _id: number;
  uri: string;
  /** The page. */
  url: string;
  /** Normalised spellings of `uri`, `url` and other addresses under which this post is known. */
  names: string[];
  /** Normalised `url` of a live local post: its identity for the source (unique, sparse; unset by a removal). */
  key?: string;
  /** Name of the source that it came from, so that the source can tell what has vanished. */
  origin?: string;
  local: boolean;
  author: number;
  authorUri: string;
  /** Further local authors, after the first. */
  coauthors?: number[];
  /** ActivityStreams type: Article or Note for ours; what it was for others. */
  type: string;
  title?: string;
  /** Clean HTML, sanitised by the policy of `policy`. */
  content: string;
  /** text/POLICY_VERSION at the time of cleaning. */
  policy: number;
  /** What the author wrote, or what arrived, before cleaning. */
  source?: { text: string; mediaType: string };
  /** Plain-text excerpt, 500 characters at most. */
  excerpt: string;
  /** The owner's own summary of an Article, plain text. */
  summary?: string;
  /** Content warning, plain text. */
  warning?: string;
  sensitive: boolean;
  language?: string;
  visibility: Visibility;
  to: string[];
  cc: string[];
  mentions: MentionRow[];
  /** Tag names without #, in their author's spelling. */
  hashtags: string[];
  /** The same, normalised; for the index. */
  tagKeys: string[];
  /** The lead picture of an Article. */
  image?: MediaRow;
  attachments: MediaRow[];
  /** The uri of what this answers, as written. */
  inReplyTo?: string;
  inReplyToId?: number;
  /** `_id` of the local post at the root of the thread: what makes a remote reply a comment. */
  thread?: number;
  publishedAt: Date;
  /** Set by an edit only. */
  updatedAt?: Date;
  /** When it reached this store. */
  createdAt: Date;
  /** A Tombstone since then; content is emptied. */
  deletedAt?: Date;
  /** A comment hidden by the owner. */
  hiddenAt?: Date;
  /** Local: false for posts older than the first start, which are stored and not sent. */
  federated: boolean;
  /** Local: hash of what others see. */
  fingerprint?: string;
  likesCount: number;
  boostsCount: number;
  repliesCount: number;
  outgoing?: IntentRow[];
  outgoingAt?: Date;
  /** A boost is a row of its own (type Announce, own id) that names the boosted post; it shares its `_id` with the interaction. */
  boostOf?: number;
  /** Author of what this answers: a timeline shows answers only between people it follows. */
  inReplyToAuthor?: number;
  /** `_id` of the oldest known post of the conversation: its own if it is the oldest. */
  conversation?: number;
  poll?: PollRow;
  quote?: QuoteRow;
  /** Who may quote this; absent: everybody for public posts. */
  quotePolicy?: "public" | "followers" | "nobody";
  quotesCount?: number;
  emojis?: EmojiRow[];
  /** The app that wrote a local status. */
  application?: { name: string; website?: string };
  /** Pinned to its author's profile since. */
  pinnedAt?: Date;
  /** The scheduled status that it was. */
  scheduled?: number;
}

export interface FollowRow {
  _id: number;
  follower: number;
  followed: number;
  state: "pending" | "accepted";
  /** Id of the newest Follow activity. */
  uri: string;
  followerUri: string;
  followedUri: string;
  /** The inbox that posts go to: shared if there is one. Copied here so that a fan-out reads one index. */
  deliverTo: string;
  /** Host of `deliverTo`. */
  deliverHost: string;
  createdAt: Date;
  /** Deliveries refused with 404, and since when; cleared by any sign of life. */
  strikes?: number;
  struckAt?: Date;
  /** Ours: show their boosts at home. Absent: yes. */
  showBoosts?: boolean;
  /** Ours: ring for each new post. */
  notify?: boolean;
  /** Ours: languages wanted; absent: all. */
  languages?: string[];
}

export interface InteractionRow {
  _id: number;
  kind: "like" | "boost" | "bookmark" | "mute";
  actor: number;
  post: number;
  /** Id of the Like or Announce; of what nobody else is told, the page of the post. */
  uri: string;
  /** Emoji of a reaction, where it was more than a plain like. */
  emoji?: string;
  createdAt: Date;
}

/** An outgoing activity: its bytes once, however many inboxes. */
export interface ActivityRow {
  _id: number;
  uri: string;
  type: string;
  /** `_id` of the local actor that signs. */
  actor: number;
  /** Id of what it is about; deliveries of one object to one host keep their order. */
  object: string;
  /** The local post it is about. */
  post?: number;
  /** The JSON as sent. */
  body: string;
  /** `SHA-256=…` of `body`. */
  digest: string;
  /** Fan out to the followers of `actor`. */
  toFollowers: boolean;
  /** Further inboxes: mentioned people, the one answered. */
  inboxes: string[];
  /** Anybody may fetch it. */
  public: boolean;
  createdAt: Date;
  /** Due time of the fan-out, moved by leases; absent once it is done. */
  fanoutAt?: Date;
  /** Fan-out has reached this inbox. */
  fanoutCursor?: string;
  /** Superseded by a newer activity about the same object: what is still queued is not sent. */
  cancelledAt?: Date;
  /** TTL. */
  expiresAt?: Date;
}

/** One activity to one inbox. No payload and no key. */
export interface DeliveryRow {
  _id: number;
  activity: number;
  inbox: string;
  host: string;
  actor: number;
  /** The object's id: same key and host go in order. */
  object: string;
  post?: number;
  state: "pending" | "delivered" | "failed" | "cancelled";
  attempts: number;
  /** Due time, moved forward by a claim's lease; present only while pending. */
  nextAt?: Date;
  /** Token of the claim that holds it. */
  lease?: string;
  code?: number;
  error?: string;
  createdAt: Date;
  endedAt?: Date;
  /** TTL. */
  expiresAt?: Date;
}

/** An activity that arrived: stored once, by its id, before it is acknowledged. */
export interface InboundRow {
  /** Id of the activity. */
  _id: string;
  type: string;
  /** Actor id, proven by the signature. */
  actor: string;
  body: string;
  /** Usernames of the inboxes it came to; empty for the shared inbox. */
  recipients: string[];
  state: "pending" | "done" | "ignored" | "failed";
  attempts: number;
  /** Due time, moved by a claim's lease; present only while pending. */
  nextAt?: Date;
  lease?: string;
  /** What became of it, for the log. */
  outcome?: string;
  receivedAt: Date;
  /** TTL. */
  expiresAt?: Date;
}

/** What is known of another host: breaker, signature form, last words. */
export interface HostRow {
  /** `host[:port]`, lower case. */
  _id: string;
  failures: number;
  openUntil?: Date;
  /** How often in a row the breaker has opened. */
  opened?: number;
  lastCode?: number;
  lastError?: string;
  lastSuccessAt?: Date;
  scheme?: "cavage" | "rfc9421";
  /** TTL. */
  expiresAt: Date;
}

/** An id that was deleted or undone, maybe before it was seen. */
export interface TombstoneRow {
  /** Hash of the actor's id and the id that was deleted. */
  _id: string;
  /** Who may have deleted it: the actor whose word it was. */
  actor: string;
  at: Date;
  /** TTL; absent for ours. */
  expiresAt?: Date;
}

/** What a source remembers between polls. */
export interface SourceStateRow {
  /** The feed's URL or the folder's path. */
  _id: string;
  etag?: string;
  lastModified?: string;
  polledAt?: Date;
  failures: number;
  lastError?: string;
}

/** Leases by name: the migration lock, cron work that one process does at a time. */
export interface LockRow {
  _id: string;
  owner: string;
  until: Date;
}

/** Facts about the store itself: migrations that ran, the first start. */
export interface MetaRow {
  _id: string;
  value: unknown;
}

// ---- What the owner does as a user: apps, timelines, notifications, lists ----

/** An app that was registered (OAuth client). */
export interface AppRow {
  _id: number;
  clientId: string;
  /** SHA-256 of the secret, base64url. */
  secretHash: string;
  name: string;
  website?: string;
  redirectUris: string[];
  scopes: string[];
  createdAt: Date;
}

/** An access token: of an app alone, or of an app for an account. Never expires; revoked by deleting. */
export interface TokenRow {
  _id: number;
  /** SHA-256 of the token, base64url. */
  tokenHash: string;
  app: number;
  /** `_id` of the account; absent for client credentials. */
  account?: number;
  scopes: string[];
  createdAt: Date;
  lastUsedAt?: Date;
}

/** An authorization code, usable once. */
export interface GrantRow {
  /** SHA-256 of the code, base64url. */
  _id: string;
  app: number;
  account: number;
  redirectUri: string;
  scopes: string[];
  /** S256 code challenge, where the app offered one. */
  challenge?: string;
  usedAt?: Date;
  /** The token that was given for it: revoked when the code is shown again. */
  token?: number;
  /** TTL. */
  expiresAt: Date;
}

/** Password of an account, for sites without a login of their own. */
export interface LoginRow {
  /** The account's `_id`. */
  _id: number;
  /** scrypt, with its parameters and salt. */
  password: string;
  changedAt: Date;
}

/** A browser that is logged in by the package's own login. */
export interface SessionRow {
  /** SHA-256 of the cookie's value. */
  _id: string;
  account: number;
  createdAt: Date;
  /** TTL. */
  expiresAt: Date;
}

/** A place in a timeline that was written ahead: home of an account, or a list. */
export interface TimelineRow {
  /** `<owner>:<post>` */
  _id: string;
  /** `home:<account>` or `list:<list>` */
  owner: string;
  /** `_id` of the post, or of the boost. */
  post: number;
  /** The author or booster: taken out again when unfollowed. */
  author: number;
  /** The post itself, or the boosted one: one of them is shown once among the newest. */
  original: number;
}

export interface NotificationRow {
  _id: number;
  owner: number;
  type:
    | "mention"
    | "status"
    | "reblog"
    | "follow"
    | "follow_request"
    | "favourite"
    | "poll"
    | "update"
    | "quote"
    | "quoted_update";
  from: number;
  post?: number;
  /** `<type>-<post or nothing>-<hour>`; ungrouped types get one of their own. */
  group: string;
  /** `<owner>|<type>|<from>|<post>`: unique, so that a retry never rings twice. */
  key: string;
  /** Held back by the policy; listed as a request. */
  filtered?: boolean;
  createdAt: Date;
}

/** What an account has decided about another: block, mute, note, endorsement. */
export interface RelationRow {
  _id: number;
  owner: number;
  target: number;
  kind:
    | "block"
    | "mute"
    | "blockedBy"
    | "note"
    | "endorse"
    | "allowNotifications"
    | "notificationRequest"
    | "dismissSuggestion";
  /** Mute: their notifications too. */
  notifications?: boolean;
  /** Mute: until when. */
  until?: Date;
  /** Notification request: how many are held back, what the newest is about, and when it came. */
  held?: number;
  lastPost?: number;
  updatedAt?: Date;
  comment?: string;
  /** Blocked by them: id of their Block, which an Undo may name alone. */
  uri?: string;
  createdAt: Date;
}

export interface DomainBlockRow {
  _id: number;
  owner: number;
  domain: string;
  /** Follows with that server have not been ended yet: when that is due, moved by the lease of whoever does it. */
  nextAt?: Date;
  createdAt: Date;
}

export interface ListRow {
  _id: number;
  owner: number;
  title: string;
  repliesPolicy: "followed" | "list" | "none";
  exclusive: boolean;
  createdAt: Date;
}

export interface ListMemberRow {
  _id: number;
  list: number;
  owner: number;
  account: number;
}

export interface FilterRow {
  _id: number;
  owner: number;
  title: string;
  context: string[];
  action: "warn" | "hide" | "blur";
  expiresAt?: Date;
  keywords: { id: number; keyword: string; wholeWord: boolean }[];
  statuses: { id: number; status: number }[];
  createdAt: Date;
}

/** A hashtag that an account follows, or shows on its profile. */
export interface TagRelationRow {
  _id: number;
  owner: number;
  kind: "follow" | "feature";
  /** Normalised. */
  tag: string;
  /** As written. */
  name: string;
  createdAt: Date;
}

export interface MarkerRow {
  /** `<account>:<timeline>` */
  _id: string;
  lastReadId: string;
  version: number;
  updatedAt: Date;
}

/** A file that an app uploaded. */
export interface UploadRow {
  _id: number;
  owner: number;
  type: "image" | "gifv" | "video" | "audio" | "unknown";
  state: "processing" | "ready" | "failed";
  /** Names within the media store. */
  file?: string;
  preview?: string;
  mediaType: string;
  alt?: string;
  focus?: { x: number; y: number };
  width?: number;
  height?: number;
  previewWidth?: number;
  previewHeight?: number;
  duration?: number;
  bitrate?: number;
  frameRate?: string;
  blurhash?: string;
  bytes?: number;
  error?: string;
  /** The status that shows it. */
  post?: number;
  /** The status that waits for its time, or is just being written, and will show it. */
  scheduled?: number;
  createdAt: Date;
  /** When it is due to be processed or, if nobody has posted it until then, removed; absent once it is posted. */
  nextAt?: Date;
}

export interface ScheduledRow {
  _id: number;
  owner: number;
  /** What `POST /api/v1/statuses` was given. */
  params: Record<string, unknown>;
  media: number[];
  application?: { name: string; website?: string };
  at: Date;
  /** `at`, moved by the lease of whoever publishes it. */
  nextAt: Date;
}

export interface PushRow {
  _id: number;
  /** A number below 2^31: what clients decode. */
  publicId: number;
  token: number;
  account: number;
  endpoint: string;
  p256dh: string;
  auth: string;
  standard: boolean;
  alerts: Record<string, boolean>;
  policy: "all" | "followed" | "follower" | "none";
  createdAt: Date;
}

/** A push message that waits to be sent. */
export interface PushJobRow {
  _id: number;
  push: number;
  notification: number;
  attempts: number;
  nextAt: Date;
  expiresAt: Date;
}

/** Direct messages with the same people, for one account. */
export interface ConversationRow {
  _id: number;
  owner: number;
  /** `<owner>|<conversation>`: unique. */
  key: string;
  conversation: number;
  accounts: number[];
  lastPost: number;
  unread: boolean;
}

export interface VoteRow {
  _id: number;
  post: number;
  actor: number;
  choice: number;
  /** `<post>|<actor>|<choice>`: unique. */
  key: string;
}

/** An earlier text of a post. */
export interface EditRow {
  _id: number;
  post: number;
  at: Date;
  content: string;
  warning?: string;
  title?: string;
  sensitive: boolean;
  attachments: MediaRow[];
  poll?: { options: { title: string }[] };
}

export interface ReportRow {
  _id: number;
  owner: number;
  target: number;
  posts: number[];
  comment: string;
  category: string;
  rules: string[];
  forwarded: boolean;
  createdAt: Date;
}

/** An answer kept for a repeated request with the same Idempotency-Key. */
export interface IdempotencyRow {
  /** `<token>|<key>` */
  _id: string;
  post?: number;
  scheduled?: number;
  expiresAt: Date;
}

/** Something to tell streams, for every process of the site. */
export interface StreamEventRow {
  _id: number;
  /** Channels such as `user:<account>`, `public`, `hashtag:<tag>`. */
  channels: string[];
  event: string;
  /** Row ids the payload is made from, each process for its own listeners. */
  post?: number;
  notification?: number;
  id?: string;
  /** Which process has told its own listeners already. */
  origin: string;
  expiresAt: Date;
}
