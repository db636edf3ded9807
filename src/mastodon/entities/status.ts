import type { ActorRow, PostRow } from "../../database/rows.ts";
import type { AccountEntity } from "./account.ts";
import { attachmentEntities, type MediaAttachmentEntity } from "./attachment.ts";
import { contentOf } from "./content.ts";
import { emojiEntities, type CustomEmojiEntity } from "./emoji.ts";
import type { FilterResultEntity } from "./filter.ts";
import type { MentionEntity } from "./mention.ts";
import { pollEntity, type PollEntity } from "./poll.ts";
import { quoteApprovalEntity, type QuoteApprovalEntity, type QuoteEntity } from "./quote.ts";
import type { Surroundings } from "./surroundings.ts";
import { statusTagEntity, type StatusTagEntity } from "./tag.ts";
import { timeOf } from "./time.ts";
import { visibilityEntity, type VisibilityEntity } from "./visibility.ts";

export interface StatusEntity {
  id: string;
  created_at: string;
  in_reply_to_id: string | null;
  in_reply_to_account_id: string | null;
  sensitive: boolean;
  spoiler_text: string;
  visibility: VisibilityEntity;
  language: string | null;
  uri: string;
  url: string;
  replies_count: number;
  reblogs_count: number;
  favourites_count: number;
  quotes_count: number;
  edited_at: string | null;
  content: string;
  /** What its author typed: only in the answer to a deletion, instead of `content`. */
  text?: string;
  reblog: StatusEntity | null;
  application: { name: string; website: string | null } | null;
  account: AccountEntity;
  media_attachments: MediaAttachmentEntity[];
  mentions: MentionEntity[];
  tags: StatusTagEntity[];
  emojis: CustomEmojiEntity[];
  quote: QuoteEntity | null;
  quote_approval: QuoteApprovalEntity;
  card: null;
  poll: PollEntity | null;
  favourited?: boolean;
  reblogged?: boolean;
  muted?: boolean;
  bookmarked?: boolean;
  pinned?: boolean;
  filtered?: FilterResultEntity[];
}

/** What a viewer has to do with a post. */
export interface StatusViewer {
  account: Pick<ActorRow, "_id">;
  favourited: boolean;
  reblogged: boolean;
  bookmarked: boolean;
  /** The conversation is. */
  muted: boolean;
  /** Indices of the viewer's choices in its poll. */
  choices: readonly number[];
  filtered: FilterResultEntity[];
  /** Follows its author. */
  follows: boolean;
}

/** All that a status is made of beside its row. */
export interface StatusParts {
  account: AccountEntity;
  mentions: MentionEntity[];
  quote: QuoteEntity | null;
  viewer?: StatusViewer | undefined;
}

/** A post as a status. */
export function statusEntity(post: PostRow, parts: StatusParts, around: Surroundings): StatusEntity {
  const { viewer } = parts;
  const isEdited = post.updatedAt !== undefined && post.updatedAt > post.publishedAt;
  return {
    id: String(post._id),
    created_at: timeOf(post.publishedAt),
    in_reply_to_id: post.inReplyToId === undefined ? null : String(post.inReplyToId),
    in_reply_to_account_id:
      post.inReplyToId === undefined || post.inReplyToAuthor === undefined
        ? null
        : String(post.inReplyToAuthor),
    sensitive: post.sensitive,
    spoiler_text: post.warning ?? "",
    visibility: visibilityEntity(post.visibility),
    language: post.language ?? null,
    uri: post.uri,
    url: post.url,
    replies_count: Math.max(0, post.repliesCount),
    reblogs_count: Math.max(0, post.boostsCount),
    favourites_count: Math.max(0, post.likesCount),
    quotes_count: Math.max(0, post.quotesCount ?? 0),
    edited_at: isEdited && post.updatedAt ? timeOf(post.updatedAt) : null,
    content: contentOf(post),
    reblog: null,
    application: post.application
      ? { name: post.application.name, website: post.application.website ?? null }
      : null,
    account: parts.account,
    media_attachments: attachmentEntities(post, around),
    mentions: parts.mentions,
    tags: post.tagKeys.map((key) => statusTagEntity(key, around)),
    emojis: emojiEntities(post.emojis, around),
    quote: parts.quote,
    quote_approval: quoteApprovalEntity(post, viewer),
    card: null,
    poll: pollEntity(
      post,
      around,
      viewer === undefined ? undefined : { id: viewer.account._id, choices: viewer.choices },
    ),
    ...(viewer === undefined ? {} : viewerMembers(post, viewer)),
  };
}

function viewerMembers(post: PostRow, viewer: StatusViewer): Partial<StatusEntity> {
  const isPinnable = post.author === viewer.account._id && post.visibility !== "direct";
  return {
    favourited: viewer.favourited,
    reblogged: viewer.reblogged,
    muted: viewer.muted,
    bookmarked: viewer.bookmarked,
    ...(isPinnable ? { pinned: post.pinnedAt !== undefined } : {}),
    filtered: viewer.filtered,
  };
}

/**
 * A boost: a status with an id of its own around the one boosted, whose text, counts and flags it repeats for apps that
 * look at the outside only. A quote stands inside alone, and so do pictures and polls.
 */
export function boostEntity(
  row: PostRow,
  account: AccountEntity,
  boosted: StatusEntity,
  viewer?: StatusViewer,
): StatusEntity {
  const { pinned: _, ...repeated } = boosted;
  return {
    ...repeated,
    id: String(row._id),
    created_at: timeOf(row.publishedAt),
    in_reply_to_id: null,
    in_reply_to_account_id: null,
    visibility: visibilityEntity(row.visibility),
    uri: row.uri,
    edited_at: null,
    reblog: boosted,
    application: null,
    account,
    media_attachments: [],
    quote: null,
    poll: null,
    ...(viewer === undefined ? {} : { filtered: [] }),
  };
}
