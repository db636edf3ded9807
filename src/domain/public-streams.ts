import type { PostRow } from "../database/rows.ts";
import type { Site } from "../site.ts";
import { publishEvent } from "./publish-event.ts";
import type { StreamEvent } from "./stream.ts";

/**
 * The channels that anybody may listen to in which a post appears: none unless it is public. Like the lists that
 * strangers browse, they leave out boosts and answers to others; a hashtag's channel has answers, too.
 */
export function publicChannels(
  post: Pick<
    PostRow,
    "visibility" | "local" | "boostOf" | "hiddenAt" | "inReplyTo" | "tagKeys" | "attachments" | "image"
  >,
): string[] {
  if (post.visibility !== "public" || post.boostOf !== undefined || post.hiddenAt !== undefined) return [];
  const tags = post.tagKeys.flatMap((tag) => [
    `hashtag:${tag}`,
    ...(post.local ? [`hashtag:local:${tag}`] : []),
  ]);
  if (post.inReplyTo !== undefined) return tags;
  const places = ["public", post.local ? "public:local" : "public:remote"];
  const hasMedia = post.attachments.length > 0 || post.image !== undefined;
  return [...places, ...(hasMedia ? places.map((place) => `${place}:media`) : []), ...tags];
}

/** Tells the public streams of a post that is new, or was edited. */
export function tellPublicStreams(
  site: Site,
  post: PostRow,
  event: Extract<StreamEvent["event"], "update" | "status.update">,
): void {
  const channels = post.deletedAt === undefined ? publicChannels(post) : [];
  if (channels.length > 0) publishEvent(site, { channels, event, post: post._id });
}
