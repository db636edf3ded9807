import type { JsonObject } from "./parse-json.ts";
import type { MediaView } from "./views.ts";

/** Pixelfed refuses a post's pictures, all of them, when one is said to be wider or higher. */
const LONGEST_SIDE = 5000;

const BY_EXTENSION: Record<string, string> = {
  jpg: "image/jpeg",
  jpeg: "image/jpeg",
  png: "image/png",
  gif: "image/gif",
  webp: "image/webp",
  avif: "image/avif",
  svg: "image/svg+xml",
  mp4: "video/mp4",
  webm: "video/webm",
  mov: "video/quicktime",
  mp3: "audio/mpeg",
  m4a: "audio/mp4",
  ogg: "audio/ogg",
  opus: "audio/ogg",
  flac: "audio/flac",
  wav: "audio/wav",
  pdf: "application/pdf",
};

/**
 * A picture or file as every reader takes it: `url` a plain string, `mediaType` told wherever it can be known (Pleroma
 * and Pixelfed ask for it), sizes and blurhash left out rather than out of Pixelfed's bounds.
 */
export function composeMedia(media: MediaView): JsonObject {
  const { width, height, blurhash, focus, alt } = media;
  const mediaType = media.mediaType ?? mediaTypeOf(media.url);
  const sized = side(width) && side(height);
  return {
    type: media.type,
    ...(mediaType === undefined ? {} : { mediaType }),
    url: media.url,
    ...(alt === undefined || alt === "" ? {} : { name: alt }),
    ...(sized ? { width, height } : {}),
    ...(blurhash !== undefined && blurhash.length >= 6 && blurhash.length <= 164 ? { blurhash } : {}),
    ...(focus === undefined ? {} : { focalPoint: [focus.x, focus.y] }),
  };
}

function side(length: number | undefined): boolean {
  return length !== undefined && Number.isInteger(length) && length > 0 && length <= LONGEST_SIDE;
}

function mediaTypeOf(url: string): string | undefined {
  if (!URL.canParse(url)) return undefined;
  const extension = /\.([a-z0-9]{2,5})$/i.exec(new URL(url).pathname)?.[1];
  return extension === undefined ? undefined : BY_EXTENSION[extension.toLowerCase()];
}
