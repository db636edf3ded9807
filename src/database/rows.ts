/**
 * What is stored, one interface a collection. Ids named `_id: number` are snowflakes (support/ids.ts); `uri` is the
 * ActivityPub id, kept byte for byte. Optional fields are absent, never null: sparse indexes depend on it.
 */

export type Visibility = "public" | "unlisted" | "followers" | "direct";
export type LocalActorType = "Person" | "Group" | "Organization" | "Service" | "Application";

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
}

export interface InteractionRow {
  _id: number;
  kind: "like" | "boost";
  actor: number;
  post: number;
  /** Id of the Like or Announce. */
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
