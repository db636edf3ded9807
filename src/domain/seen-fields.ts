import type { PostRow } from "../database/rows.ts";
import type { ReadPost } from "../documents/read-post.ts";
import { excerpt } from "../text/excerpt.ts";
import { foreignContent } from "../text/foreign-content.ts";
import { normaliseTag } from "../text/hashtags.ts";
import { plainText } from "../text/plain-text.ts";
import { POLICY_VERSION } from "../text/sanitise.ts";
import { pollOf } from "./polls.ts";
import { quoteOf } from "./quotes.ts";

/** What others see of a foreign post, through the one gate for foreign HTML. */
export function seenFields(post: ReadPost) {
  const content = foreignContent({ content: post.content, mediaType: post.mediaType });
  const warning = post.warning === undefined ? "" : plainText(post.warning, 500).trim();
  const title = post.title === undefined ? "" : plainText(post.title, 500).trim();
  const poll = pollOf(post);
  const quote = quoteOf(post);
  return {
    type: post.type,
    ...(title === "" ? {} : { title }),
    content,
    policy: POLICY_VERSION,
    source: { text: post.content, mediaType: post.mediaType },
    excerpt: excerpt(content),
    ...(warning === "" ? {} : { warning }),
    sensitive: post.sensitive,
    ...(post.language === undefined ? {} : { language: post.language }),
    visibility: post.visibility,
    to: post.to,
    cc: post.cc,
    mentions: post.mentions.map((mention) => ({
      handle: (mention.name ?? "").replace(/^@/, ""),
      uri: mention.uri,
    })),
    hashtags: post.hashtags,
    tagKeys: post.hashtags.map(normaliseTag).filter((tag) => tag !== ""),
    attachments: post.attachments,
    ...(poll ? { poll } : {}),
    ...(quote ? { quote } : {}),
    ...(post.quotePolicy === undefined ? {} : { quotePolicy: post.quotePolicy }),
  } satisfies Partial<PostRow>;
}
