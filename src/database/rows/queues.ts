/** The wish to tell others, stored in the same write as the change itself; a worker turns it into an activity. */
export interface IntentRow {
  /** Snowflake of the activity to be. */
  id: number;
  type: "Create" | "Update" | "Delete";
  at: Date;
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
  /** Of the actor; absent in rows of older versions. */
  host?: string;
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
