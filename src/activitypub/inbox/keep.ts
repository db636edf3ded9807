import { insertRow } from "../../database/native.ts";
import type { InboundRow } from "../../database/rows.ts";
import type { ReadActivity } from "../../documents/read-activity.ts";
import type { Site } from "../../site.ts";
import { MINUTE } from "../../support/clock.ts";
import { isDuplicateKey } from "../../support/errors.ts";
import { hostOf } from "../../support/urls.ts";

/**
 * These come again under an id that was used before: Misskey's Follow after an unfollow, Plume's Like and Announce. To
 * do them twice does no harm.
 */
const MAY_COME_AGAIN = new Set(["Follow", "Like", "Announce", "EmojiReact", "Undo"]);
/** The second copy of one delivery (personal and shared inbox, a retry) is here sooner. */
const COPY_WITHIN = 2 * MINUTE;

/**
 * Stores an activity by its id. `known`: it is here already; its recipient is added. Another actor's activity under the
 * same id is never touched, and is "known" too: two accounts of one server have disagreed about an id.
 */
export async function keepActivity(
  site: Site,
  activity: ReadActivity,
  body: string,
  recipient: string | undefined,
): Promise<"accepted" | "again" | "known"> {
  const now = site.clock.now();
  const row: InboundRow = {
    _id: activity.id,
    type: activity.type,
    actor: activity.actor,
    host: hostOf(activity.actor) ?? "",
    body,
    recipients: recipient === undefined ? [] : [recipient],
    state: "pending",
    attempts: 0,
    nextAt: now,
    receivedAt: now,
  };
  try {
    await insertRow(site.models.inbound, row);
    return "accepted";
  } catch (error) {
    if (!isDuplicateKey(error)) throw error;
  }
  const own = { _id: activity.id, actor: activity.actor };
  if (recipient !== undefined) {
    await site.models.inbound.updateOne(own, { $addToSet: { recipients: recipient } });
  }
  if (!MAY_COME_AGAIN.has(activity.type)) return "known";
  const reopened = await site.models.inbound.updateOne(
    {
      ...own,
      state: { $in: ["done", "ignored"] },
      receivedAt: { $lt: new Date(now.getTime() - COPY_WITHIN) },
    },
    {
      $set: { state: "pending", attempts: 0, nextAt: now, receivedAt: now, body },
      $unset: { expiresAt: 1, outcome: 1 },
    },
  );
  return reopened.modifiedCount > 0 ? "again" : "known";
}
