import type { PostRow } from "../../database/rows.ts";
import { emojiEntities, type CustomEmojiEntity } from "./emoji.ts";
import type { Surroundings } from "./surroundings.ts";
import { timeOf } from "./time.ts";

export interface PollEntity {
  id: string;
  expires_at: string | null;
  expired: boolean;
  multiple: boolean;
  votes_count: number;
  voters_count: number | null;
  options: { title: string; votes_count: number | null }[];
  emojis: CustomEmojiEntity[];
  voted?: boolean;
  own_votes?: number[];
}

/**
 * The poll in a post; its id is the post's. `null` where there is none.
 * @param viewer who looks, and the indices of the choices they made; left out without a token.
 */
export function pollEntity(
  post: Pick<PostRow, "_id" | "poll" | "emojis" | "author">,
  around: Surroundings,
  viewer?: { id: number; choices: readonly number[] },
): PollEntity | null {
  const { poll } = post;
  if (poll === undefined) return null;
  const expired = poll.endsAt !== undefined && poll.endsAt <= around.now;
  const isHidden = poll.hideTotals === true && !expired;
  return {
    id: String(post._id),
    expires_at: poll.endsAt === undefined ? null : timeOf(poll.endsAt),
    expired,
    multiple: poll.multiple,
    votes_count: poll.options.reduce((sum, option) => sum + option.votes, 0),
    voters_count: poll.voters ?? null,
    options: poll.options.map((option) => ({
      title: option.title,
      votes_count: isHidden ? null : option.votes,
    })),
    emojis: emojiEntities(post.emojis, around),
    ...(viewer === undefined
      ? {}
      : {
          // To apps its author has voted: they offer no vote then.
          voted: viewer.choices.length > 0 || viewer.id === post.author,
          own_votes: [...viewer.choices].sort((one, other) => one - other),
        }),
  };
}
