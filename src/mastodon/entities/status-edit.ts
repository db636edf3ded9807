import type { EditRow, MediaRow, PostRow } from "../../database/rows.ts";
import type { AccountEntity } from "./account.ts";
import { attachmentEntities, type MediaAttachmentEntity } from "./attachment.ts";
import { contentOf } from "./content.ts";
import { emojiEntities, type CustomEmojiEntity } from "./emoji.ts";
import type { Surroundings } from "./surroundings.ts";
import { timeOf } from "./time.ts";

export interface StatusEditEntity {
  content: string;
  spoiler_text: string;
  sensitive: boolean;
  created_at: string;
  account: AccountEntity;
  media_attachments: MediaAttachmentEntity[];
  emojis: CustomEmojiEntity[];
  poll?: { options: { title: string }[] };
}

/** Every text that a post has had, the first one first; the last is the one it has. */
export function historyEntity(
  post: PostRow,
  edits: readonly EditRow[],
  account: AccountEntity,
  around: Surroundings,
): StatusEditEntity[] {
  const one = (text: Version): StatusEditEntity => versionEntity(post, text, account, around);
  const current: Version = {
    ...post,
    at: edits.length === 0 ? post.publishedAt : (post.updatedAt ?? post.publishedAt),
  };
  return [...edits.map(one), one(current)];
}

interface Version {
  at: Date;
  content: string;
  warning?: string;
  title?: string;
  sensitive: boolean;
  attachments: MediaRow[];
  poll?: { options: { title: string }[] };
}

function versionEntity(
  post: PostRow,
  version: Version,
  account: AccountEntity,
  around: Surroundings,
): StatusEditEntity {
  const { title: _, ...untitled } = post;
  const titled = version.title === undefined ? untitled : { ...untitled, title: version.title };
  return {
    content: contentOf({ ...titled, content: version.content }),
    spoiler_text: version.warning ?? "",
    sensitive: version.sensitive,
    created_at: timeOf(version.at),
    account,
    media_attachments: attachmentEntities({ ...post, attachments: version.attachments }, around),
    emojis: emojiEntities(post.emojis, around),
    ...(version.poll === undefined
      ? {}
      : { poll: { options: version.poll.options.map((option) => ({ title: option.title })) } }),
  };
}
