import type { PostRow } from "../database/rows.ts";
import { seenByAnyone } from "../domain/visibility.ts";

/** What a page says about the object it shows, for Mastodon and Misskey, which follow it from a pasted address. */
export interface AlternateLink {
  /** For the page's head. */
  html: string;
  /** Value of an HTTP `Link` header. */
  header: string;
}

/** The link from a post's page to its object; `undefined` where the object would not be shown to a stranger. */
export function alternateLink(
  post: Pick<PostRow, "uri" | "local" | "visibility" | "deletedAt" | "hiddenAt">,
): AlternateLink | undefined {
  return post.local && seenByAnyone(post) ? linkTo(post.uri) : undefined;
}

function linkTo(uri: string): AlternateLink {
  // An id of ours is an origin and a number: nothing in it ends an attribute or an angle bracket.
  return {
    html: `<link rel="alternate" type="application/activity+json" href="${uri}">`,
    header: `<${uri}>; rel="alternate"; type="application/activity+json"`,
  };
}
