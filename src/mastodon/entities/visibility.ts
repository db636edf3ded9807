import type { Visibility } from "../../database/rows.ts";

export type VisibilityEntity = "public" | "unlisted" | "private" | "direct";

/** What is for followers only is `private` to apps. */
export function visibilityEntity(visibility: Visibility): VisibilityEntity {
  return visibility === "followers" ? "private" : visibility;
}

/** The other way round, for what an app sends; `undefined` for a word that is none. */
export function readVisibility(text: string | undefined): Visibility | undefined {
  if (text === "private") return "followers";
  return text === "public" || text === "unlisted" || text === "direct" ? text : undefined;
}
