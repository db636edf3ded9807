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
  /** Grows with each change of the keywords. */
  revision?: number;
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
