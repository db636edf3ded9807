import type { ConversationRow, PostRow } from "../../database/rows.ts";
import type { Site } from "../../site.ts";
import { conversationEntity, type ConversationEntity } from "../entities/conversation.ts";
import { loadAccountsById } from "./accounts.ts";
import { loadStatuses } from "./statuses.ts";
import type { LoadViewer } from "./viewer.ts";

/** Conversations in the same order. A fixed number of queries however long the list. */
export async function loadConversations(
  site: Site,
  viewer: LoadViewer,
  rows: readonly ConversationRow[],
): Promise<ConversationEntity[]> {
  if (rows.length === 0) return [];
  const [accounts, statuses] = await Promise.all([
    loadAccountsById(site, viewer, [...new Set(rows.flatMap((row) => row.accounts))]),
    loadLast(site, viewer, rows),
  ]);
  return rows.map((row) =>
    conversationEntity(
      row,
      row.accounts.flatMap((id) => accounts.get(id) ?? []),
      statuses.get(row.lastPost) ?? null,
    ),
  );
}

/** One of them. */
export async function loadConversation(
  site: Site,
  viewer: LoadViewer,
  row: ConversationRow,
): Promise<ConversationEntity | undefined> {
  return (await loadConversations(site, viewer, [row]))[0];
}

async function loadLast(site: Site, viewer: LoadViewer, rows: readonly ConversationRow[]) {
  const posts = await site.models.posts
    .find({ _id: { $in: rows.map((row) => row.lastPost) } })
    .lean<PostRow[]>();
  const statuses = await loadStatuses(site, viewer, posts);
  return new Map(statuses.map((status) => [Number(status.id), status]));
}
