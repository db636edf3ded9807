import type { SourceAttachment } from "./source-post.ts";

const BY_EXTENSION: Record<string, string> = {
  avif: "image/avif",
  gif: "image/gif",
  jpeg: "image/jpeg",
  jpg: "image/jpeg",
  png: "image/png",
  svg: "image/svg+xml",
  webp: "image/webp",
  m4a: "audio/mp4",
  mp3: "audio/mpeg",
  oga: "audio/ogg",
  ogg: "audio/ogg",
  opus: "audio/ogg",
  wav: "audio/wav",
  m4v: "video/mp4",
  mov: "video/quicktime",
  mp4: "video/mp4",
  webm: "video/webm",
  pdf: "application/pdf",
};

/**
 * The media type of an attachment: as the source says, or by the ending of its address. Pleroma and Pixelfed refuse an
 * attachment without one.
 */
export function mediaTypeOf(url: string, said?: string): string | undefined {
  const type = said?.split(";")[0]?.trim().toLowerCase();
  if (type !== undefined && /^[a-z0-9.+-]+\/[a-z0-9.+-]+$/.test(type)) return type;
  const extension = /\.([a-z0-9]{2,5})$/i.exec(new URL(url).pathname)?.[1]?.toLowerCase();
  return extension === undefined ? undefined : BY_EXTENSION[extension];
}

/** `medium="image"` of Media RSS, where neither type nor address says more: what most of its kind are. */
export function mediumType(medium: string | undefined): string | undefined {
  if (medium === "image") return "image/jpeg";
  if (medium === "audio") return "audio/mpeg";
  return medium === "video" ? "video/mp4" : undefined;
}

/** What kind of thing an attachment is, by its media type. */
export function attachmentType(mediaType: string | undefined): NonNullable<SourceAttachment["type"]> {
  const kind = mediaType?.split("/")[0];
  if (kind === "image") return "Image";
  if (kind === "audio") return "Audio";
  return kind === "video" ? "Video" : "Document";
}
