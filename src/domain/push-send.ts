import type { ActorRow, NotificationRow, PostRow, PushJobRow, PushRow } from "../database/rows.ts";
import { NetworkError } from "../network/network.ts";
import { isBlockedHost } from "../remote/hosts.ts";
import type { Site } from "../site.ts";
import { DAY, fromNow, HOUR, MINUTE, SECOND } from "../support/clock.ts";
import { reasonOf } from "../support/errors.ts";
import { proxied } from "./media.ts";
import { maySee } from "./may-see.ts";
import { pushMessage } from "./push-message.ts";
import { tokenAtHand } from "./tokens.ts";
import { vapidKeys } from "./vapid.ts";
import { loadWebPush } from "./web-push.ts";

/** How long one process may hold a message before another takes it over. */
const LEASE = MINUTE;
/** Messages under way at the same time. */
const LANES = 8;
/** Waits between attempts; then it is old news. */
const WAITS = [MINUTE, 5 * MINUTE, 30 * MINUTE, 2 * HOUR, 6 * HOUR, 12 * HOUR];
const TIMEOUT = 10 * SECOND;
/** What a push service keeps a message for, while the phone is off. */
const KEPT = (2 * DAY) / SECOND;

/**
 * Sends what waits, through the one door to the network. May be run by every process at any time.
 * @returns how many messages came to an end, good or bad.
 */
export async function drainPush(site: Site, options: { signal?: AbortSignal } = {}): Promise<number> {
  const { signal } = options;
  const open = (): boolean => signal?.aborted !== true;
  const lane = async (job: PushJobRow | null): Promise<number> => {
    let ended = 0;
    for (; job !== null; job = open() ? await claim(site) : null)
      if (await attempt(site, job, signal)) ended += 1;
    return ended;
  };
  // Nearly always nothing waits: that is found out once, not once a lane.
  const first = open() ? await claim(site) : null;
  if (first === null) return 0;
  const lanes = [lane(first)];
  while (lanes.length < LANES) lanes.push(claim(site).then(lane));
  return (await Promise.all(lanes)).reduce((sum, ended) => sum + ended, 0);
}

async function claim(site: Site): Promise<PushJobRow | null> {
  return site.models.pushJobs
    .findOneAndUpdate(
      { nextAt: { $lte: site.clock.now() } },
      { $set: { nextAt: fromNow(site.clock, LEASE) }, $inc: { attempts: 1 } },
      { sort: { nextAt: 1 }, returnDocument: "after" },
    )
    .lean<PushJobRow | null>();
}

/** @returns whether the job has ended. */
async function attempt(site: Site, job: PushJobRow, signal: AbortSignal | undefined): Promise<boolean> {
  const push = await site.models.pushes.findById(job.push).lean<PushRow | null>();
  const payload = push && job.expiresAt > site.clock.now() ? await payloadOf(site, push, job) : undefined;
  const verdict = push && payload !== undefined ? await send(site, push, payload, signal) : "done";
  if (verdict === "gone") await forget(site, job.push);
  if (verdict !== "again") {
    await site.models.pushJobs.deleteOne({ _id: job._id });
    return true;
  }
  const wait = WAITS[job.attempts - 1];
  if (wait === undefined) await site.models.pushJobs.deleteOne({ _id: job._id });
  else
    await site.models.pushJobs.updateOne({ _id: job._id }, { $set: { nextAt: fromNow(site.clock, wait) } });
  return wait === undefined;
}

/** The client has gone, and with it whatever else waits for it. */
async function forget(site: Site, push: number): Promise<void> {
  await site.models.pushes.deleteOne({ _id: push });
  await site.models.pushJobs.deleteMany({ push });
}

/** `undefined` where there is nothing (any more) to be told. */
async function payloadOf(site: Site, push: PushRow, job: PushJobRow): Promise<string | undefined> {
  const notification = await site.models.notifications
    .findOne({ _id: job.notification, owner: push.account })
    .lean<NotificationRow | null>();
  if (notification === null || notification.filtered === true) return undefined;
  const [owner, from, post] = await Promise.all([
    site.models.actors.findById(notification.owner).lean<ActorRow | null>(),
    site.models.actors.findById(notification.from).lean<ActorRow | null>(),
    notification.post === undefined
      ? undefined
      : site.models.posts.findById(notification.post).lean<PostRow | null>(),
  ]);
  if (owner === null || from === null || post === null) return undefined;
  if (post !== undefined && !(await maySee(site, post, owner))) return undefined;
  if (!(await isWanted(site, push, from))) return undefined;
  const message = pushMessage(notification, {
    from,
    post,
    icon: from.icon === undefined ? missingIcon(site) : await proxied(site, from.icon.url),
    token: tokenAtHand(site, push.token) ?? "",
    language: owner.defaults?.language ?? site.options.language ?? "en",
  });
  return JSON.stringify(message);
}

function missingIcon(site: Site): string {
  return `${site.urls.origin}/fediverse/assets/avatar-missing.png`;
}

async function isWanted(site: Site, push: PushRow, from: Pick<ActorRow, "_id">): Promise<boolean> {
  const state = "accepted";
  switch (push.policy) {
    case "all":
      return true;
    case "none":
      return false;
    case "followed":
      return (
        (await site.models.follows.exists({ follower: push.account, followed: from._id, state })) !== null
      );
    case "follower":
      return (
        (await site.models.follows.exists({ follower: from._id, followed: push.account, state })) !== null
      );
  }
}

type Verdict = "done" | "again" | "gone";

async function send(
  site: Site,
  push: PushRow,
  payload: string,
  signal: AbortSignal | undefined,
): Promise<Verdict> {
  const { host } = new URL(push.endpoint);
  if (isBlockedHost(site, host)) return "done";
  const webPush = await loadWebPush();
  const { headers, body } = webPush.generateRequestDetails(
    { endpoint: push.endpoint, keys: { p256dh: push.p256dh, auth: push.auth } },
    payload,
    {
      TTL: KEPT,
      urgency: "normal",
      contentEncoding: push.standard ? "aes128gcm" : "aesgcm",
      vapidDetails: { subject: contactOf(site), ...(await vapidKeys(site)) },
    },
  );
  // The two that network/ writes itself.
  const { "Content-Type": contentType, "Content-Length": _, ...others } = headers as Record<string, unknown>;
  try {
    const answer = await site.network.post(push.endpoint, {
      body,
      contentType: String(contentType),
      headers: Object.fromEntries(Object.entries(others).map(([name, value]) => [name, String(value)])),
      timeout: TIMEOUT,
      ...(signal === undefined ? {} : { signal }),
    });
    return judge(site, host, answer.status);
  } catch (error) {
    const isFinal = error instanceof NetworkError && !error.retryable;
    site.logger.info({ host, reason: reasonOf(error) }, "a push message could not be sent");
    return isFinal ? "done" : "again";
  }
}

function judge(site: Site, host: string, status: number): Verdict {
  if (status >= 200 && status < 300) return "done";
  if (status === 404 || status === 410) return "gone";
  site.logger.info({ host, status }, "a push service refused a message");
  return status === 408 || status === 429 || status >= 500 ? "again" : "done";
}

/** Whom a push service may write to (RFC 8292, section 2.1); it must be https or mailto, even in development. */
function contactOf(site: Site): string {
  const { protocol, hostname } = new URL(site.urls.origin);
  return protocol === "https:" && hostname !== "localhost"
    ? site.urls.origin
    : `mailto:webmaster@${hostname === "localhost" ? "localhost.invalid" : hostname}`;
}
