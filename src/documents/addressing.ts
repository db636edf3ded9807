import { PUBLIC } from "./read.ts";
import type { Visibility } from "./views.ts";

export interface Addressing {
  to: string[];
  cc: string[];
}

/**
 * Who a post is addressed to, in the form that Mastodon reads a visibility from: Public in `to` is public, in `cc`
 * unlisted, followers alone are followers-only, actors alone a direct message (ActivityPub 5.6 and 7.1).
 * @param audience `followers`: the author's collection; `mentions`: actor ids, all of which get notified.
 */
export function addressing(
  visibility: Visibility,
  { followers, mentions }: { followers: string; mentions: readonly string[] },
): Addressing {
  const named = [...new Set(mentions)].filter((uri) => uri !== followers && uri !== PUBLIC);
  switch (visibility) {
    case "public":
      return { to: [PUBLIC], cc: [followers, ...named] };
    case "unlisted":
      return { to: [followers], cc: [PUBLIC, ...named] };
    case "followers":
      return { to: [followers], cc: named };
    case "direct":
      return { to: named, cc: [] };
  }
}
