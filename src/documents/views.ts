/**
 * What composing needs to know, as structural subsets of the stored rows: this room knows no database. A row of
 * database/rows.ts can be passed as it is.
 */

export type Visibility = "public" | "unlisted" | "followers" | "direct";

/** A picture or file; `url` is absolute. */
export interface MediaView {
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

/** A local account. */
export interface ActorView {
  uri: string;
  type: string;
  username: string;
  host: string;
  name: string;
  /** Clean HTML. */
  summary: string;
  /** The Markdown it was made from. */
  summarySource?: string;
  url: string;
  icon?: MediaView;
  image?: MediaView;
  fields: { name: string; value: string }[];
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
  publishedAt?: Date;
  /** Further hosts whose pages may name the account as their author. */
  attributionDomains?: string[];
}

/** A local post. Its audience is made from `visibility` and `mentions`, so that it can never disagree with them. */
export interface PostView {
  _id: number;
  uri: string;
  url: string;
  /** `Article` or `Note`. */
  type: string;
  title?: string;
  /** Clean HTML. */
  content: string;
  source?: { text: string; mediaType: string };
  /** Plain text. */
  excerpt: string;
  /** The owner's own summary, plain text. */
  summary?: string;
  /** Content warning, plain text. */
  warning?: string;
  sensitive: boolean;
  language?: string;
  visibility: Visibility;
  mentions: { handle: string; uri?: string }[];
  hashtags: string[];
  image?: MediaView;
  attachments: MediaView[];
  inReplyTo?: string;
  /** The local post at the root of the thread. */
  thread?: number;
  publishedAt: Date;
  updatedAt?: Date;
  poll?: PollView;
  quote?: QuoteView;
  /** Who may quote it; absent: everybody, if it is open to all. */
  quotePolicy?: "public" | "followers" | "nobody";
  likesCount: number;
  boostsCount: number;
  repliesCount: number;
}

/** A poll inside a post. */
export interface PollView {
  options: { title: string; votes: number }[];
  multiple: boolean;
  endsAt?: Date;
  voters?: number;
  /** Counts are told after the end only. */
  hideTotals?: boolean;
  /** It is over, and was told to be. */
  endToldAt?: Date;
}

/** The post that a post quotes. */
export interface QuoteView {
  uri: string;
  state: "pending" | "accepted" | "rejected" | "revoked" | "deleted";
  /** Id of its author's consent. */
  authorization?: string;
}
