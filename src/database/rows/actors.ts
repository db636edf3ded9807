import type { EmojiRow, MediaRow, Visibility } from "./posts.ts";
import type { IntentRow } from "./queues.ts";

/** A row of a profile's table: `value` is clean HTML, `source` the owner's own text (local accounts only). */
export interface FieldRow {
  name: string;
  value: string;
  source?: string;
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
