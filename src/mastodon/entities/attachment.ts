import type { MediaRow, PostRow, UploadRow } from "../../database/rows.ts";
import type { Surroundings } from "./surroundings.ts";

/** Attachments that are shown; Mastodon keeps as many of a foreign post. */
const MOST = 16;

type AttachmentType = "image" | "gifv" | "video" | "audio" | "unknown";

interface Dimensions {
  width: number;
  height: number;
  size: string;
  aspect: number;
}

export interface MediaAttachmentEntity {
  id: string;
  type: AttachmentType;
  url: string | null;
  preview_url: string | null;
  remote_url: string | null;
  meta: {
    original?: Partial<Dimensions> & { duration?: number; bitrate?: number; frame_rate?: string };
    small?: Dimensions;
    focus?: { x: number; y: number };
  } | null;
  description: string | null;
  blurhash: string | null;
}

/** The pictures and files of a post; the lead picture of an Article comes first. */
export function attachmentEntities(
  post: Pick<PostRow, "_id" | "attachments" | "image">,
  around: Surroundings,
): MediaAttachmentEntity[] {
  const { image, attachments } = post;
  const all =
    image && !attachments.some((media) => media.url === image.url) ? [image, ...attachments] : attachments;
  return all
    .slice(0, MOST)
    .map((media, at) => attachmentEntity(media, around, attachmentId(post, media, at)));
}

/** Its own where it was uploaded here; otherwise made from the post's: decimal, and still within 64 bits. */
function attachmentId(post: Pick<PostRow, "_id">, media: MediaRow, at: number): string {
  return media.id === undefined ? `${post._id}${String(at).padStart(2, "0")}` : String(media.id);
}

function attachmentEntity(media: MediaRow, around: Surroundings, id: string): MediaAttachmentEntity {
  const type = typeOf(media);
  const isPicture = type === "image" && media.type === "Image";
  // Only pictures pass through our proxy; a video is played from where it lies.
  const url = isPicture ? around.picture(media.url) : media.url;
  const preview = media.previewUrl === undefined ? undefined : around.picture(media.previewUrl);
  return {
    id,
    type,
    url,
    preview_url: preview ?? (isPicture ? url : null),
    remote_url: around.urls.isOurs(media.url) ? null : media.url,
    meta: metaOf({
      width: media.width,
      height: media.height,
      duration: media.duration,
      focus: media.focus,
    }),
    description: media.alt ?? null,
    blurhash: media.blurhash ?? null,
  };
}

function typeOf(media: MediaRow): AttachmentType {
  if (media.gifv === true) return "gifv";
  switch (media.type) {
    case "Image":
      return "image";
    case "Video":
      return "video";
    case "Audio":
      return "audio";
    case "Document":
      return "unknown";
  }
}

/**
 * A file that an app has uploaded and not yet posted.
 * @param addressOf the public address of a file in the media store.
 */
export function uploadEntity(row: UploadRow, addressOf: (file: string) => string): MediaAttachmentEntity {
  const url = row.state === "ready" && row.file !== undefined ? addressOf(row.file) : null;
  const small = dimensions(row.previewWidth, row.previewHeight);
  const meta = metaOf({
    width: row.width,
    height: row.height,
    duration: row.duration,
    bitrate: row.bitrate,
    frameRate: row.frameRate,
    focus: row.focus,
  });
  return {
    id: String(row._id),
    type: row.type,
    url,
    preview_url: row.preview === undefined ? (row.type === "image" ? url : null) : addressOf(row.preview),
    remote_url: null,
    meta: small === undefined ? meta : { ...meta, small },
    description: row.alt ?? null,
    blurhash: row.blurhash ?? null,
  };
}

function metaOf(facts: {
  width?: number | undefined;
  height?: number | undefined;
  duration?: number | undefined;
  bitrate?: number | undefined;
  frameRate?: string | undefined;
  focus?: { x: number; y: number } | undefined;
}): MediaAttachmentEntity["meta"] {
  const original = {
    ...dimensions(facts.width, facts.height),
    ...(facts.duration === undefined ? {} : { duration: facts.duration }),
    ...(facts.bitrate === undefined ? {} : { bitrate: Math.round(facts.bitrate) }),
    ...(facts.frameRate === undefined ? {} : { frame_rate: facts.frameRate }),
  };
  const meta = {
    ...(Object.keys(original).length === 0 ? {} : { original }),
    ...(facts.focus === undefined ? {} : { focus: { x: facts.focus.x, y: facts.focus.y } }),
  };
  return Object.keys(meta).length === 0 ? null : meta;
}

function dimensions(width: number | undefined, height: number | undefined): Dimensions | undefined {
  if (width === undefined || height === undefined || height === 0) return undefined;
  return { width, height, size: `${width}x${height}`, aspect: width / height };
}
