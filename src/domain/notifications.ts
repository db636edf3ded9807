import { insertRow } from "../database/native.ts";
import type { ActorRow, FollowRow, NotificationRow, PostRow } from "../database/rows.ts";
import type { Site } from "../site.ts";
import { DAY, HOUR } from "../support/clock.ts";
import type { StatusPage } from "../support/cursors.ts";
import { isDuplicateKey } from "../support/errors.ts";
import { snowflake } from "../support/ids.ts";
import { noteRequest } from "./notification-requests.ts";
import { sortedPage } from "./page.ts";
import { publishEvent } from "./publish-event.ts";
import { queuePush } from "./push.ts";
import { isUnderDomain, shadowsOf } from "./shadows.ts";

export type NotificationType = NotificationRow["type"];
/** Those of one kind about one thing are shown as one by apps that group. */
const GROUPED: ReadonlySet<NotificationType> = new Set(["favourite", "reblog", "follow"]);
/** Of these the newest counts: it takes the place of the one that told of an earlier edit. */
const RENEWED: ReadonlySet<NotificationType> = new Set(["update", "quoted_update"]);

/**
 * Tells an account of ours that something happened, once however often it is called: stored, streamed, pushed. Nobody is
 * told of themselves, of people they block or have silenced, or of conversations they have muted.
 */
export async function notify(
  site: Site,
  what: { owner: ActorRow; type: NotificationType; from: ActorRow; post?: PostRow },
): Promise<NotificationRow | undefined> {
  const { owner, type, from, post } = what;
  if (!owner.local || (owner._id === from._id && type !== "poll")) return undefined;
  const verdict = await judge(site, owner, from, type, post);
  if (verdict === "drop") return undefined;
  const now = site.clock.now();
  const row: NotificationRow = {
    _id: snowflake(now),
    owner: owner._id,
    type,
    from: from._id,
    ...(post === undefined ? {} : { post: post._id }),
    group: groupOf(type, post, now),
    key: `${owner._id}|${type}|${from._id}|${post?._id ?? ""}`,
    ...(verdict === "filter" ? { filtered: true } : {}),
    createdAt: now,
  };
  if (row.group === "") row.group = `ungrouped-${row._id}`;
  if (RENEWED.has(type)) await site.models.notifications.deleteOne({ key: row.key });
  try {
    await insertRow(site.models.notifications, row);
  } catch (error) {
    if (!isDuplicateKey(error)) throw error;
    // Told before, or the snowflake was taken: only the first ends here.
    return (await site.models.notifications.exists({ key: row.key })) === null
      ? notify(site, what)
      : undefined;
  }
  if (row.filtered === true) await noteRequest(site, owner, from, post);
  else {
    publishEvent(site, {
      channels: [`user:${owner._id}`, `user:notification:${owner._id}`],
      event: "notification",
      notification: row._id,
    });
    await queuePush(site, row);
  }
  return row;
}

function groupOf(type: NotificationType, post: PostRow | undefined, now: Date): string {
  return GROUPED.has(type) ? `${type}-${post?._id ?? "me"}-${Math.floor(now.getTime() / (12 * HOUR))}` : "";
}

type Verdict = "accept" | "filter" | "drop";

async function judge(
  site: Site,
  owner: ActorRow,
  from: ActorRow,
  type: NotificationType,
  post: PostRow | undefined,
): Promise<Verdict> {
  const shadows = await shadowsOf(site, owner._id, [from._id]);
  if (shadows.blocked.has(from._id) || shadows.silenced.has(from._id)) return "drop";
  const follows = await site.models.follows
    .findOne({ follower: owner._id, followed: from._id, state: "accepted" })
    .lean<FollowRow | null>();
  if (isUnderDomain(from.host, shadows.domains) && !follows) return "drop";
  if (
    post?.conversation !== undefined &&
    type !== "poll" &&
    (await isThreadMuted(site, owner, post.conversation))
  )
    return "drop";
  return policy(site, owner, from, type, post, follows !== null);
}

/** Has the account muted this conversation? */
export async function isThreadMuted(
  site: Site,
  owner: Pick<ActorRow, "_id">,
  conversation: number,
): Promise<boolean> {
  return (
    (await site.models.interactions.exists({ kind: "mute", actor: owner._id, post: conversation })) !== null
  );
}

/** The account's own policy: what is not wanted from whom is held back, or dropped. */
async function policy(
  site: Site,
  owner: ActorRow,
  from: ActorRow,
  type: NotificationType,
  post: PostRow | undefined,
  follows: boolean,
): Promise<Verdict> {
  const rules = owner.notificationPolicy;
  if (!rules || from.local || follows || type === "poll" || RENEWED.has(type) || type === "status")
    return "accept";
  const allowed = await site.models.relations.exists({
    owner: owner._id,
    kind: "allowNotifications",
    target: from._id,
  });
  if (allowed !== null) return "accept";
  const follower = await site.models.follows
    .findOne({ follower: from._id, followed: owner._id, state: "accepted" })
    .lean<FollowRow | null>();
  const now = site.clock.now().getTime();
  const applies: [string, boolean][] = [
    ["for_not_following", true],
    ["for_not_followers", !follower || now - follower.createdAt.getTime() < 3 * DAY],
    ["for_new_accounts", (from.publishedAt?.getTime() ?? 0) > now - 30 * DAY],
    // What answers the owner is a conversation that the owner began.
    [
      "for_private_mentions",
      post?.visibility === "direct" && type === "mention" && post.inReplyToAuthor !== owner._id,
    ],
    ["for_bots", from.type === "Service" || from.type === "Application"],
  ];
  const verdicts = applies.filter(([, fits]) => fits).map(([rule]) => rules[rule] ?? "accept");
  return verdicts.includes("drop") ? "drop" : verdicts.includes("filter") ? "filter" : "accept";
}

export interface NotificationFilter {
  types?: readonly string[];
  excludeTypes?: readonly string[];
  from?: number;
  includeFiltered?: boolean;
}

/** Notifications of an account, newest first. */
export async function notificationsPage(
  site: Site,
  owner: Pick<ActorRow, "_id">,
  filter: NotificationFilter,
  page: StatusPage,
): Promise<NotificationRow[]> {
  const hint = filter.from === undefined ? NOTIFICATIONS_BY_TIME : NOTIFICATIONS_BY_SENDER;
  return sortedPage(site.models.notifications, notificationFilter(owner, filter), page, "_id", hint);
}

/** The index that a list stands on, and that of a list from one sender. */
export const NOTIFICATIONS_BY_TIME = { owner: 1, _id: -1 } as const;
const NOTIFICATIONS_BY_SENDER = { owner: 1, from: 1, _id: -1 } as const;

/** The same as a query, for counts and groups. */
export function notificationFilter(
  owner: Pick<ActorRow, "_id">,
  filter: NotificationFilter,
): Record<string, unknown> {
  const type = {
    ...(filter.types === undefined ? {} : { $in: filter.types }),
    ...(filter.excludeTypes === undefined ? {} : { $nin: filter.excludeTypes }),
  };
  return {
    owner: owner._id,
    ...(Object.keys(type).length === 0 ? {} : { type }),
    ...(filter.from === undefined ? {} : { from: filter.from }),
    ...(filter.includeFiltered === true ? {} : { filtered: { $exists: false } }),
  };
}
