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
  /** A boost for followers only: counted, but strangers are not told whose. */
  closed?: true;
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
