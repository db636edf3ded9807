import {
  countUnreadGroups,
  dismissGroup,
  groupByKey,
  groupedPage,
  groupMembers,
} from "../../domain/notification-groups.ts";
import type { Api } from "../api.ts";
import { notFound } from "../errors.ts";
import { loadAccountsById } from "../load/accounts.ts";
import { loadGroupedNotifications } from "../load/notifications.ts";
import { standingOf } from "../load/standing.ts";
import { notificationFilterOf } from "../notification-filter.ts";
import { pageOf, setPageLinks } from "../paging.ts";
import type { Params } from "../params.ts";
import { COUNTED } from "./notifications.ts";

const READ = { scope: "read:notifications" };
const WRITE = { scope: "write:notifications" };
const PAGE = { default: 40, max: 80 };

/** Notifications of one kind about one thing as one, for apps that ask for version 2. */
export function groupedNotificationRoutes(api: Api): void {
  api.get("/api/v2/notifications", READ, async (context) => {
    const { site, account, viewer, params } = context;
    const page = pageOf(params, PAGE);
    const groupedTypes = groupedTypesOf(params);
    const [{ rows, isLast }, standing] = await Promise.all([
      groupedPage(site, account, notificationFilterOf(params), page, groupedTypes),
      standingOf(site, viewer),
    ]);
    const [first, last] = [rows[0], rows.at(-1)];
    context.link({
      prev: first && { min_id: first._id },
      next: isLast || !last ? undefined : { max_id: last._id },
    });
    const partial = params.string("expand_accounts") === "partial_avatars";
    return loadGroupedNotifications(site, viewer, rows, {
      ...(groupedTypes === undefined ? {} : { groupedTypes }),
      expandAccounts: partial ? "partial_avatars" : "full",
      standing,
    });
  });

  api.get("/api/v2/notifications/unread_count", READ, async ({ site, account, params }) => ({
    count: await countUnreadGroups(
      site,
      account,
      notificationFilterOf(params),
      params.integer("limit", COUNTED),
      groupedTypesOf(params),
    ),
  }));

  api.get("/api/v2/notifications/:group_key", READ, async ({ site, account, viewer, params }) => {
    const key = params.string("group_key") ?? "";
    const rows = await groupByKey(site, account, key);
    // Under the key that was asked for, even where its one notification belongs to a group by now.
    const groupedTypes = rows[0]?.group === key ? undefined : [];
    const loaded = await loadGroupedNotifications(
      site,
      viewer,
      rows,
      groupedTypes === undefined ? {} : { groupedTypes },
    );
    if (loaded.notification_groups.length === 0) throw notFound();
    return loaded;
  });

  api.get("/api/v2/notifications/:group_key/accounts", READ, async (context) => {
    const { site, account, viewer, params } = context;
    const page = pageOf(params, PAGE);
    const rows = await groupMembers(site, account, params.string("group_key") ?? "", page);
    setPageLinks(
      context,
      rows.map((row) => row._id),
      page,
      "since_id",
    );
    const accounts = await loadAccountsById(site, viewer, [...new Set(rows.map((row) => row.from))]);
    return [...accounts.values()];
  });

  api.post("/api/v2/notifications/:group_key/dismiss", WRITE, ({ site, account, params }) =>
    dismissGroup(site, account, params.string("group_key") ?? ""),
  );
}

/** Left out: all types that can be. An app that names none it knows wants none grouped. */
function groupedTypesOf(params: Params): string[] | undefined {
  return params.has("grouped_types") ? params.strings("grouped_types") : undefined;
}
