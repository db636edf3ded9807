import type { MediaNs } from "feedsmith";

/** Something that hangs on an entry, its address still as written. */
export interface Attached {
  url: string | undefined;
  type?: string | undefined;
  /** Only "image", "audio" or "video". */
  medium?: string | undefined;
  alt?: string | undefined;
  width?: number | undefined;
  height?: number | undefined;
}

/** An enclosure of RSS or Atom, or an attachment of JSON Feed. */
export function enclosure(found: Partial<Attached>): Attached {
  return { url: found.url, type: found.type, alt: found.alt };
}

/**
 * The pictures, sounds and films of Media RSS. The alternatives of a group are one thing in several qualities: the one
 * marked as default, or the first, stands for it. The alt text is the description, where Mastodon and others write it.
 */
export function attachmentsOf(media: MediaNs.ItemOrFeed | undefined): Attached[] {
  if (media === undefined) return [];
  const grouped = (media.groups ?? []).flatMap((group) => {
    const chosen = group.contents?.find((content) => content.isDefault === true) ?? group.contents?.[0];
    return chosen === undefined ? [] : [{ ...chosen, description: chosen.description ?? group.description }];
  });
  return [...(media.contents ?? []), ...grouped]
    .filter((content) => !isAvatar(content.url))
    .map((content) => ({
      url: content.url,
      type: content.type,
      medium: content.medium,
      alt: content.description?.value,
      width: content.width,
      height: content.height,
    }));
}

/** The thumbnail that a feed gives an entry. */
export function mediaImage(media: MediaNs.ItemOrFeed | undefined): string | undefined {
  return media?.thumbnails?.[0]?.url ?? media?.groups?.[0]?.thumbnails?.[0]?.url;
}

/** WordPress.com puts the author's picture first among the media of every item. */
function isAvatar(url: string | undefined): boolean {
  return url !== undefined && /^https?:\/\/(?:[a-z0-9-]+\.)*gravatar\.com\//i.test(url);
}
