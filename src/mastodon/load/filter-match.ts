import type { FilterRow, PostRow } from "../../database/rows.ts";
import { plainText } from "../../text/plain-text.ts";
import { filterResultEntity, type FilterResultEntity } from "../entities/filter.ts";

/** Characters of a post that keywords are looked for in. */
const READ = 20_000;

export type FilterContext = "home" | "notifications" | "public" | "thread" | "account";

/** An account's filters, made ready to look at many posts. */
export class FilterMatcher {
  readonly #filters: readonly { row: FilterRow; keywords: readonly { text: string; pattern: RegExp }[] }[];

  /** @param context only filters for this place; left out: all, and the app decides where each applies. */
  constructor(rows: readonly FilterRow[], now: Date, context?: FilterContext) {
    this.#filters = rows
      .filter((row) => row.expiresAt === undefined || row.expiresAt > now)
      .filter((row) => context === undefined || row.context.includes(context))
      .map((row) => ({
        row,
        keywords: row.keywords
          .filter(({ keyword }) => keyword.trim() !== "")
          .map(({ keyword, wholeWord }) => ({ text: keyword, pattern: patternOf(keyword, wholeWord) })),
      }));
  }

  /** The filters that match a post (for a boost: the one boosted, and the boost's own id). */
  match(post: PostRow, ids: readonly number[] = [post._id]): FilterResultEntity[] {
    if (this.#filters.length === 0) return [];
    const text = textOf(post);
    return this.#filters.flatMap(({ row, keywords }) => {
      const found = keywords.filter(({ pattern }) => pattern.test(text)).map((keyword) => keyword.text);
      const statuses = row.statuses.map(({ status }) => status).filter((status) => ids.includes(status));
      return found.length === 0 && statuses.length === 0
        ? []
        : [filterResultEntity(row, { keywords: found, statuses })];
    });
  }
}

/** All that a reader would see of a post. */
function textOf(post: PostRow): string {
  return [
    post.warning,
    post.title,
    plainText(post.content, READ),
    ...(post.poll?.options.map((option) => option.title) ?? []),
    ...post.attachments.map((media) => media.alt),
    ...post.hashtags.map((tag) => `#${tag}`),
  ]
    .filter((part) => part !== undefined)
    .join("\n\n");
}

/** A whole word ends where letters and digits end; a keyword such as `:)` has no such ends. */
function patternOf(keyword: string, wholeWord: boolean): RegExp {
  const literal = keyword
    .trim()
    .replace(/[.*+?^${}()|[\]\\/]/g, "\\$&")
    .replace(/\s+/gu, "\\s+");
  const isWord = (text: string | undefined): boolean => /[\p{L}\p{M}\p{N}_]/u.test(text ?? "");
  const word = [...keyword.trim()];
  const before = wholeWord && isWord(word[0]) ? "(?<![\\p{L}\\p{M}\\p{N}_])" : "";
  const after = wholeWord && isWord(word.at(-1)) ? "(?![\\p{L}\\p{M}\\p{N}_])" : "";
  return new RegExp(`${before}${literal}${after}`, "iu");
}
