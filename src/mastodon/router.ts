import type { RequestHandler } from "express";
import type { Site } from "../site.ts";
import { ApiTable } from "./api.ts";
import { answerRefusal } from "./errors.ts";
import { absentRoutes } from "./routes/absent.ts";
import { instanceRoutes } from "./routes/instance.ts";
import { preferenceRoutes } from "./routes/preferences.ts";
import { accountPeopleRoutes } from "./routes/account-people.ts";
import { accountRoutes } from "./routes/accounts.ts";
import { appRoutes } from "./routes/apps.ts";
import { relationListRoutes } from "./routes/relation-lists.ts";
import { relationRoutes } from "./routes/relations.ts";
import { listRoutes } from "./routes/lists.ts";
import { filterV1Routes } from "./routes/filters-v1.ts";
import { filterRoutes } from "./routes/filters.ts";
import { oembedRoutes } from "./routes/oembed.ts";
import { reportRoutes } from "./routes/reports.ts";
import { suggestionRoutes } from "./routes/suggestions.ts";
import { tagFollowRoutes } from "./routes/tags-follow.ts";
import { conversationRoutes } from "./routes/conversations.ts";
import { groupedNotificationRoutes } from "./routes/grouped-notifications.ts";
import { markerRoutes } from "./routes/markers.ts";
import { notificationPolicyRoutes } from "./routes/notification-policy.ts";
import { notificationRequestRoutes } from "./routes/notification-requests.ts";
import { notificationRoutes } from "./routes/notifications.ts";
import { pushRoutes } from "./routes/push.ts";
import { streamingRoutes } from "./routes/streaming.ts";
import { oauthRoutes } from "./routes/oauth.ts";
import { interactionRoutes } from "./routes/interactions.ts";
import { pollReadRoutes } from "./routes/polls-read.ts";
import { searchRoutes } from "./routes/search.ts";
import { mediaRoutes } from "./routes/media.ts";
import { pollWriteRoutes } from "./routes/polls-write.ts";
import { profileRoutes } from "./routes/profile.ts";
import { scheduledStatusRoutes } from "./routes/scheduled-statuses.ts";
import { statusActionRoutes } from "./routes/status-actions.ts";
import { statusReadRoutes } from "./routes/statuses-read.ts";
import { statusWriteRoutes } from "./routes/statuses-write.ts";
import { tagReadRoutes } from "./routes/tags-read.ts";
import { timelineRoutes } from "./routes/timelines.ts";

/**
 * The face for apps: the Mastodon API, behind `crossOrigin`. Every path that comes here is answered; what is unknown is
 * 404 in JSON.
 */
export function mastodonRouter(site: Site): RequestHandler {
  const api = new ApiTable(site);
  appRoutes(api);
  preferenceRoutes(api);
  instanceRoutes(api);
  absentRoutes(api);
  conversationRoutes(api);
  groupedNotificationRoutes(api);
  markerRoutes(api);
  notificationPolicyRoutes(api);
  notificationRequestRoutes(api);
  notificationRoutes(api);
  pushRoutes(api);
  streamingRoutes(api);
  oauthRoutes(api);
  accountRoutes(api);
  accountPeopleRoutes(api);
  relationRoutes(api);
  relationListRoutes(api);
  listRoutes(api);
  filterRoutes(api);
  filterV1Routes(api);
  tagFollowRoutes(api);
  reportRoutes(api);
  suggestionRoutes(api);
  oembedRoutes(api);
  statusReadRoutes(api);
  statusWriteRoutes(api);
  statusActionRoutes(api);
  mediaRoutes(api);
  pollWriteRoutes(api);
  scheduledStatusRoutes(api);
  profileRoutes(api);
  timelineRoutes(api);
  interactionRoutes(api);
  searchRoutes(api);
  pollReadRoutes(api);
  tagReadRoutes(api);
  return (request, response, next) => {
    api.answer(request, response).catch((error: unknown) => {
      if (!answerRefusal(error, response)) next(error);
    });
  };
}
