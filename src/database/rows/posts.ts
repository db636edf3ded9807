import type { IntentRow } from "./queues.ts";

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
  /** Another server's: stored, and nobody here was told yet. Taken off when it is in its timelines and has rung. */
  untold?: true;
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
  /** `_id` of the request that it came of, of an app that sent a key. */
  idempotency?: string;
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

export interface VoteRow {
  _id: number;
  post: number;
  actor: number;
  choice: number;
  /** `<post>|<actor>|<choice>`: unique. */
  key: string;
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
