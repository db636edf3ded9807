import type { EmojiRow } from "../../database/rows.ts";
import type { Surroundings } from "./surroundings.ts";

export interface CustomEmojiEntity {
  shortcode: string;
  url: string;
  static_url: string;
  visible_in_picker: boolean;
}

export function customEmojiEntity(row: EmojiRow, around: Surroundings): CustomEmojiEntity {
  const url = around.picture(row.url);
  return { shortcode: row.shortcode, url, static_url: url, visible_in_picker: true };
}

export function emojiEntities(
  rows: readonly EmojiRow[] | undefined,
  around: Surroundings,
): CustomEmojiEntity[] {
  return (rows ?? []).map((row) => customEmojiEntity(row, around));
}
