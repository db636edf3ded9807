import type { ConversationRow, NotificationRow, PostRow } from "../../database/rows.ts";
import type { StreamEvent } from "../../domain/stream.ts";
import type { Site } from "../../site.ts";
import { loadConversation } from "../load/conversations.ts";
import { loadNotification } from "../load/notifications.ts";
import { loadStatus } from "../load/statuses.ts";
import type { StreamViewer } from "./streams.ts";

/** What a frame carries: text, nothing (`null`), or no frame at all (`undefined`) since there is nothing to be seen. */
export type Payload = string | null | undefined;

/** Events are told to many listeners of one person at once; the payload is made once. */
const made = new WeakMap<StreamEvent, Map<string, Promise<Payload>>>();

/** The payload of an event as this person may see it now: entities as JSON, bare ids for what was deleted. */
export function payloadOf(
  site: Site,
  viewer: StreamViewer,
  event: StreamEvent,
  isPublic: boolean,
): Promise<Payload> {
  const byViewer = made.get(event) ?? new Map<string, Promise<Payload>>();
  made.set(event, byViewer);
  const key = `${viewer.account._id} ${isPublic}`;
  let payload = byViewer.get(key);
  if (!payload) byViewer.set(key, (payload = make(site, viewer, event, isPublic)));
  return payload;
}

async function make(
  site: Site,
  viewer: StreamViewer,
  { event, post, notification, id }: StreamEvent,
  isPublic: boolean,
): Promise<Payload> {
  switch (event) {
    case "update":
    case "status.update": {
      const row = await site.models.posts.findById(post).lean<PostRow | null>();
      return row === null ? undefined : json(await loadStatus(site, viewer, row, { shunned: isPublic }));
    }
    case "notification": {
      const row = await site.models.notifications
        .findOne({ _id: notification ?? 0, owner: viewer.account._id })
        .lean<NotificationRow | null>();
      return row === null ? undefined : json(await loadNotification(site, viewer, row));
    }
    case "conversation": {
      const row = await site.models.conversations
        .findOne({ _id: Number(id), owner: viewer.account._id })
        .lean<ConversationRow | null>();
      return row === null ? undefined : json(await loadConversation(site, viewer, row));
    }
    case "delete":
      return id;
    case "notifications_merged":
      return "1";
    case "filters_changed":
      return null;
  }
}

function json(entity: object | undefined): string | undefined {
  return entity === undefined ? undefined : JSON.stringify(entity);
}
