import type { AccountEntity } from "./account.ts";

export type SuggestionSource = "featured" | "most_followed" | "most_interactions" | "friends_of_friends";

export interface SuggestionEntity {
  /** Older than `sources`, and still read. */
  source: "staff" | "past_interactions" | "global";
  sources: SuggestionSource[];
  account: AccountEntity;
}

/** Somebody worth following, and why. */
export function suggestionEntity(account: AccountEntity, sources: SuggestionSource[]): SuggestionEntity {
  const source = sources.includes("featured")
    ? "staff"
    : sources.includes("most_followed")
      ? "global"
      : "past_interactions";
  return { source, sources, account };
}
