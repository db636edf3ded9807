import type { PostRow } from "../../database/rows.ts";
import { plainText } from "../../text/plain-text.ts";

export interface StatusSourceEntity {
  id: string;
  text: string;
  spoiler_text: string;
}

/** What the author typed. */
export function statusSourceEntity(post: PostRow): StatusSourceEntity {
  return { id: String(post._id), text: sourceText(post), spoiler_text: post.warning ?? "" };
}

/** Of a post that was given as HTML, its text: apps edit nothing else. */
export function sourceText(post: Pick<PostRow, "content" | "source">): string {
  if (post.source === undefined) return plainText(post.content);
  return post.source.mediaType === "text/html" ? plainText(post.source.text) : post.source.text;
}
