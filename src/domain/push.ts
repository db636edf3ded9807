import type { NotificationRow } from "../database/rows.ts";
import { insertRow } from "../database/native.ts";
import type { Site } from "../site.ts";
import { DAY, fromNow } from "../support/clock.ts";
import { isDuplicateKey } from "../support/errors.ts";
import { snowflake } from "../support/ids.ts";

/** Queues a notification for every push subscription of its owner; the clockwork encrypts and sends. */
export async function queuePush(site: Site, notification: NotificationRow): Promise<void> {
  const subscriptions = await site.models.pushes.find({ account: notification.owner }, { alerts: 1 }).lean();
  const wanted = subscriptions.filter((subscription) => subscription.alerts[notification.type] === true);
  for (const subscription of wanted) await insertJob(site, subscription._id, notification._id);
  if (wanted.length > 0) site.wake("push");
}

async function insertJob(site: Site, push: number, notification: number): Promise<void> {
  const now = site.clock.now();
  try {
    await insertRow(site.models.pushJobs, {
      _id: snowflake(now),
      push,
      notification,
      attempts: 0,
      nextAt: now,
      expiresAt: fromNow(site.clock, 2 * DAY),
    });
  } catch (error) {
    // The snowflake was taken.
    if (isDuplicateKey(error)) return insertJob(site, push, notification);
    throw error;
  }
}
