import { asArray, httpUrl, isObject, text, typesOf, type JsonObject } from "./read.ts";
import type { MediaView } from "./views.ts";

const KINDS = ["Image", "Video", "Audio", "Document"] as const;
const MEDIA_TYPE = /^[a-z]+\/[a-z0-9.+-]{1,100}$/i;

/** A picture or file given as a URL, a Link, an object, or a list of these in several sizes (the widest counts). */
export function readMedia(value: unknown): MediaView | undefined {
  const all = asArray(value)
    .map(readOne)
    .filter((media) => media !== undefined);
  return all.reduce<MediaView | undefined>(
    (best, media) => (best === undefined || (media.width ?? 0) > (best.width ?? 0) ? media : best),
    undefined,
  );
}

/** The files of a post, at most `most` of them; what has no usable URL is left out. */
export function readAttachments(value: unknown, most = 32): MediaView[] {
  const found: MediaView[] = [];
  for (const item of asArray(value)) {
    const media = isObject(item) && isFile(item) ? readOne(item) : undefined;
    if (media && !found.some((other) => other.url === media.url)) found.push(media);
    if (found.length === most) break;
  }
  return found;
}

function isFile(item: JsonObject): boolean {
  const types = typesOf(item);
  if (types.some((type) => (KINDS as readonly string[]).includes(type))) return true;
  // A Link is a file only where it says so: as a rule it points to a page (link previews of Lemmy, quotes).
  return (
    types.includes("Link") &&
    typeof item.mediaType === "string" &&
    /^(image|video|audio)\//i.test(item.mediaType)
  );
}

function readOne(value: unknown): MediaView | undefined {
  if (typeof value === "string") {
    const url = httpUrl(value);
    return url === undefined ? undefined : { type: "Image", url };
  }
  if (!isObject(value)) return undefined;
  const link = asArray(value.url ?? value.href).find((item) => fileUrl(item) !== undefined);
  const url = fileUrl(link);
  if (url === undefined) return undefined;
  const mediaType = mediaTypeOf(value) ?? (isObject(link) ? mediaTypeOf(link) : undefined);
  // GoToSocial before 0.18 has the alternative text in `summary`, everybody else in `name`.
  const alt = text(value.name, 10_000) ?? text(value.summary, 10_000);
  const width = pixels(value.width);
  const height = pixels(value.height);
  const blurhash =
    typeof value.blurhash === "string" && /^[\x21-\x7e]{6,164}$/.test(value.blurhash)
      ? value.blurhash
      : undefined;
  const focus = focusOf(value.focalPoint);
  return {
    type: kindOf(value, mediaType),
    url,
    ...(mediaType === undefined ? {} : { mediaType }),
    ...(alt === undefined ? {} : { alt }),
    ...(width === undefined ? {} : { width }),
    ...(height === undefined ? {} : { height }),
    ...(blurhash === undefined ? {} : { blurhash }),
    ...(focus === undefined ? {} : { focus }),
  };
}

function fileUrl(value: unknown): string | undefined {
  return httpUrl(isObject(value) ? (value.href ?? value.url) : value);
}

function mediaTypeOf(value: JsonObject): string | undefined {
  const { mediaType } = value;
  return typeof mediaType === "string" && MEDIA_TYPE.test(mediaType) ? mediaType.toLowerCase() : undefined;
}

function kindOf(value: JsonObject, mediaType: string | undefined): MediaView["type"] {
  const family = mediaType?.split("/")[0];
  if (family === "image") return "Image";
  if (family === "video") return "Video";
  if (family === "audio") return "Audio";
  return KINDS.find((kind) => typesOf(value).includes(kind)) ?? "Document";
}

function pixels(value: unknown): number | undefined {
  return typeof value === "number" && Number.isInteger(value) && value > 0 && value < 1e6 ? value : undefined;
}

function focusOf(value: unknown): { x: number; y: number } | undefined {
  if (!Array.isArray(value)) return undefined;
  const [x, y] = value as unknown[];
  const fits = (part: unknown): part is number => typeof part === "number" && part >= -1 && part <= 1;
  return fits(x) && fits(y) ? { x, y } : undefined;
}
