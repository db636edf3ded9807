import type { MediaRow, MentionRow } from "../database/rows.ts";
import type { Site } from "../site.ts";
import { excerpt } from "../text/excerpt.ts";
import { normaliseTag } from "../text/hashtags.ts";
import { imagesOf } from "../text/images.ts";
import { renderMarkdown } from "../text/markdown.ts";
import { findMentionsAndTags, linkMentions } from "../text/mentions-in-html.ts";
import { sanitiseOwnHtml } from "../text/sanitise.ts";
import { renderStatusText } from "../text/status-text.ts";

/** A post's text as others will see it, and what was found in it. */
export interface Rendered {
  content: string;
  excerpt: string;
  /** `user@host`, each once. */
  mentions: string[];
  /** Spelt as written, each once. */
  hashtags: string[];
  images: MediaRow[];
}

/**
 * Renders what an owner wrote. Pure: run once when the post is stored, with nobody known, and again by the job that has
 * looked the mentioned people up; a mention of somebody unknown stays text.
 * @param baseUrl what relative links and pictures are resolved against.
 */
export function renderOwn(
  site: Site,
  source: { text: string; mediaType: string },
  baseUrl: string,
  known: readonly MentionRow[],
): Rendered {
  const urlOf = (handle: string): string | undefined => {
    const mention = known.find((each) => each.handle === handle);
    return mention?.uri === undefined ? undefined : (mention.url ?? mention.uri);
  };
  const tagUrl = (tag: string): string => site.urls.tagPage(tag);
  if (source.mediaType === "text/markdown") {
    const { html, mentions, hashtags } = renderMarkdown(source.text, { baseUrl, mentionUrl: urlOf, tagUrl });
    return { content: html, excerpt: excerpt(html), mentions, hashtags, images: pictures(html, baseUrl) };
  }
  if (source.mediaType === "text/plain") {
    const targets = { mentionUrl: urlOf, tagUrl, localHost: site.urls.host };
    const { html, mentions, hashtags } = renderStatusText(source.text, targets);
    return { content: html, excerpt: excerpt(html), mentions, hashtags, images: [] };
  }
  const clean = sanitiseOwnHtml(source.text, { baseUrl });
  const { mentions, hashtags } = findMentionsAndTags(clean);
  const content = linkMentions(clean, urlOf, tagUrl);
  return { content, excerpt: excerpt(content), mentions, hashtags, images: pictures(content, baseUrl) };
}

// Mastodon drops <img>: pictures in the text are sent as attachments too.
function pictures(html: string, baseUrl: string): MediaRow[] {
  return imagesOf(html, baseUrl).map((image) => ({
    type: "Image" as const,
    url: image.url,
    ...(image.alt === "" ? {} : { alt: image.alt }),
    ...(image.width === undefined ? {} : { width: image.width }),
    ...(image.height === undefined ? {} : { height: image.height }),
  }));
}

/** Tags of the list first, then those in the text; the same tag in other capitals counts once. */
export function mergeTags(...lists: readonly string[][]): { hashtags: string[]; tagKeys: string[] } {
  const names = new Map<string, string>();
  for (const tag of lists.flat()) {
    const key = normaliseTag(tag);
    if (key !== "" && !names.has(key)) names.set(key, tag);
  }
  return { hashtags: [...names.values()], tagKeys: [...names.keys()] };
}

/** Attachments the owner named first, then pictures in the text; each address once. */
export function mergeMedia(...lists: readonly MediaRow[][]): MediaRow[] {
  const media = new Map<string, MediaRow>();
  for (const each of lists.flat()) if (!media.has(each.url)) media.set(each.url, each);
  return [...media.values()];
}
