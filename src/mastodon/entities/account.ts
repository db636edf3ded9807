import type { ActorRow, RelationRow } from "../../database/rows.ts";
import { emojiEntities, type CustomEmojiEntity } from "./emoji.ts";
import { fieldEntity, type FieldEntity } from "./field.ts";
import type { Surroundings } from "./surroundings.ts";
import { dayOf, midnightOf, timeOf } from "./time.ts";

export interface AccountEntity {
  id: string;
  username: string;
  acct: string;
  display_name: string;
  locked: boolean;
  bot: boolean;
  group: boolean;
  discoverable: boolean;
  indexable: boolean;
  created_at: string;
  note: string;
  url: string;
  uri: string;
  avatar: string;
  avatar_static: string;
  avatar_description: string;
  header: string;
  header_static: string;
  header_description: string;
  followers_count: number;
  following_count: number;
  statuses_count: number;
  last_status_at: string | null;
  hide_collections: boolean;
  noindex?: boolean;
  emojis: CustomEmojiEntity[];
  fields: FieldEntity[];
  roles?: [];
  suspended?: true;
  moved?: AccountEntity;
}

/** `name` for accounts of this site (Elk and toot compare it), `name@host` for others. */
export function acctOf(row: Pick<ActorRow, "local" | "username" | "host">): string {
  return row.local ? row.username : `${row.username}@${row.host}`;
}

/** @param movedTo where the account has moved to, if that is known here. */
export function accountEntity(row: ActorRow, around: Surroundings, movedTo?: ActorRow): AccountEntity {
  const avatar = row.icon === undefined ? around.avatar : around.picture(row.icon.url);
  const header = row.image === undefined ? around.header : around.picture(row.image.url);
  return {
    id: String(row._id),
    username: row.username,
    acct: acctOf(row),
    display_name: row.name,
    locked: row.manuallyApprovesFollowers,
    bot: row.type === "Service" || row.type === "Application",
    group: row.type === "Group",
    discoverable: row.discoverable,
    indexable: row.indexable,
    created_at: midnightOf(row.publishedAt ?? row.createdAt),
    note: row.summary,
    url: row.url,
    uri: row.uri,
    avatar,
    avatar_static: avatar,
    avatar_description: row.icon?.alt ?? "",
    header,
    header_static: header,
    header_description: row.image?.alt ?? "",
    followers_count: atLeastZero(row.followersCount),
    following_count: atLeastZero(row.followingCount),
    statuses_count: atLeastZero(row.postsCount),
    last_status_at: row.lastPostAt === undefined ? null : dayOf(row.lastPostAt),
    hide_collections: row.hidesCollections === true,
    ...(row.local ? { noindex: !row.indexable, roles: [] } : {}),
    emojis: emojiEntities(row.emojis, around),
    fields: row.fields.map(fieldEntity),
    ...(row.goneAt === undefined ? {} : { suspended: true }),
    ...(movedTo === undefined ? {} : { moved: accountEntity(movedTo, around) }),
  };
}

/** Counts are kept by increments: one that was taken back twice is no reason to show a number that cannot be. */
function atLeastZero(count: number): number {
  return Math.max(0, Math.trunc(count));
}

export interface MutedAccountEntity extends AccountEntity {
  mute_expires_at: string | null;
}

/** @param mute the relation that mutes it. */
export function mutedAccountEntity(
  account: AccountEntity,
  mute: Pick<RelationRow, "until">,
): MutedAccountEntity {
  return { ...account, mute_expires_at: mute.until === undefined ? null : timeOf(mute.until) };
}

/** The few facts by which a crowd of faces is drawn. */
export interface PartialAccountEntity {
  id: string;
  acct: string;
  url: string;
  avatar: string;
  avatar_static: string;
  locked: boolean;
  bot: boolean;
}

export function partialAccountEntity(account: AccountEntity): PartialAccountEntity {
  const { id, acct, url, avatar, avatar_static, locked, bot } = account;
  return { id, acct, url, avatar, avatar_static, locked, bot };
}
