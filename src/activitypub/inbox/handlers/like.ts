import { asArray, typesOf } from "../../../documents/read.ts";
import type { ReadActivity } from "../../../documents/read-activity.ts";
import { findPost } from "../../../domain/find-post.ts";
import { receiveInteraction } from "../../../domain/interactions.ts";
import { ignored } from "../../../domain/outcome.ts";
import { resolveActor } from "../../../remote/actors.ts";
import { readEmoji } from "../emoji.ts";
import type { Handler } from "./handler.ts";

/**
 * Like, and the reactions: Misskey and Mitra send a Like with an emoji, Pleroma an EmojiReact (FEP-c0e0). A Like whose
 * emoji cannot be read is a like all the same; an EmojiReact without one says nothing.
 */
export const receiveLike: Handler = async (site, activity) => {
  const { type, actor, objectId, id, published } = activity;
  if (objectId === undefined || (await findPost(site, objectId)) === null)
    return ignored("is about nothing that is here");
  const emoji = emojiOf(activity);
  if (type === "EmojiReact" && emoji === undefined) return ignored("reacts with nothing that is an emoji");
  return receiveInteraction(site, "like", await resolveActor(site, actor), objectId, id, {
    ...(emoji === undefined ? {} : { emoji }),
    ...(published === undefined ? {} : { published }),
  });
};

function emojiOf({ raw }: ReadActivity): string | undefined {
  const pictured = new Set(
    asArray(raw.tag)
      .filter((tag) => typesOf(tag).includes("Emoji"))
      .map((tag) => String((tag as { name?: unknown }).name).replaceAll(":", "")),
  );
  const isCustom = (name: string): boolean => pictured.has(name);
  return readEmoji(raw._misskey_reaction, isCustom) ?? readEmoji(raw.content, isCustom);
}
