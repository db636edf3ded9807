const WORDS = /[\p{L}\p{M}\p{N}_]+/gu;

/** The one spelling under which a hashtag is stored and found: NFKC, lower case, only letters, digits and underscores. */
export function normaliseTag(tag: string): string {
  return (tag.normalize("NFKC").toLowerCase().match(WORDS) ?? []).join("");
}

/** A number alone is no hashtag anywhere: `#1` is a place in a list. */
export function isTagName(name: string): boolean {
  return /\p{L}/u.test(name);
}

/**
 * A blog's tags and categories as names of hashtags: `Bread Baking` becomes `BreadBaking`, so that a screen reader hears
 * two words. What can be no hashtag (`2024`, `???`) is left out; the same tag in other capitals counts once.
 */
export function tagsFromList(tags: readonly string[]): string[] {
  const names = new Map<string, string>();
  for (const tag of tags) {
    const words = tag.normalize("NFKC").match(WORDS) ?? [];
    const name = words.length === 1 ? (words[0] ?? "") : words.map(capitalised).join("");
    const key = normaliseTag(name);
    if (isTagName(name) && !names.has(key)) names.set(key, name);
  }
  return [...names.values()];
}

function capitalised(word: string): string {
  const [first = "", ...others] = word;
  return first.toUpperCase() + others.join("");
}
