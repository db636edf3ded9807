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
