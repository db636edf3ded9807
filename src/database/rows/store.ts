/** Leases by name: the migration lock, cron work that one process does at a time. */
export interface LockRow {
  _id: string;
  owner: string;
  until: Date;
}

/** Facts about the store itself: migrations that ran, the first start, the origin it belongs to. */
export interface MetaRow {
  _id: string;
  value: unknown;
}

/** An answer kept for a repeated request with the same Idempotency-Key. */
export interface IdempotencyRow {
  /** `<token>|<key>` */
  _id: string;
  post?: number;
  scheduled?: number;
  /** Until when whoever works on it may be trusted to live; nothing came of it so far. */
  until?: Date;
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
