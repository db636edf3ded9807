import { encode } from "blurhash";
import type * as SharpModule from "sharp";
import { InvalidInput } from "../support/errors.ts";
import { Semaphore } from "../support/semaphore.ts";
import type { MediaKind } from "./media-kind.ts";
import { MEDIA_LIMITS } from "./status-limits.ts";

/** A picture made anew: pixels only, upright, without anything else that came with it. */
export interface MadePicture {
  content: Buffer;
  mediaType: string;
  width: number;
  height: number;
  /** More than one frame. */
  animated: boolean;
  preview: { content: Buffer; mediaType: string; width: number; height: number };
  blurhash: string;
}

type ImageFormat = Extract<MediaKind, { family: "image" }>["format"];
type Sharp = SharpModule.Sharp;

/** Longest side of a preview. */
const PREVIEW = 640;
/** Pictures worked on at once in this process: each may take some hundred megabytes. */
const slots = new Semaphore(2);

/** What the decoder calls each format. */
const DECODED: Readonly<Record<ImageFormat, string>> = {
  jpeg: "jpeg",
  png: "png",
  gif: "gif",
  webp: "webp",
  avif: "heif",
  heif: "heif",
};

let loading: Promise<typeof SharpModule.default> | undefined;

/** Loaded when the first picture comes: it is native, and not every machine can run it. */
async function sharp(): Promise<typeof SharpModule.default> {
  loading ??= import("sharp").then((module) => module.default);
  try {
    return await loading;
  } catch (error) {
    loading = undefined;
    throw new InvalidInput(
      "Validation failed: File cannot be taken, since this server has no library for pictures (sharp could not be loaded)",
      "no-picture-library",
      422,
      error,
    );
  }
}

/**
 * Decodes a picture and writes it anew, so that only its pixels remain: no EXIF with the place where it was taken, no
 * second file hidden behind it. Turned upright, at most `MEDIA_LIMITS.keptPixels`; AVIF and HEIF, which not every app
 * draws, become JPEG (or WebP, where something shows through).
 * @param format what its first bytes say; the decoder must find the same.
 * @throws {InvalidInput} for what cannot be decoded or is too large.
 */
export async function makePicture(bytes: Buffer, format: ImageFormat): Promise<MadePicture> {
  const open = await opener(bytes, format);
  return slots.run(() => refusing(() => made(open, format)));
}

/** A picture of exactly this size, cut where it does not fit: an avatar or a header. */
export async function makeProfilePicture(
  bytes: Buffer,
  format: ImageFormat,
  size: { width: number; height: number },
): Promise<{ content: Buffer; mediaType: string }> {
  const open = await opener(bytes, format);
  return slots.run(() =>
    refusing(async () => {
      const image = open(false);
      const { hasAlpha } = await checked(image, format);
      const cut = image.autoOrient().resize({ ...size, fit: "cover" });
      const content = await (hasAlpha ? cut.png() : cut.jpeg({ quality: 88 })).toBuffer();
      return { content, mediaType: hasAlpha ? "image/png" : "image/jpeg" };
    }),
  );
}

type Opener = (animated: boolean) => Sharp;

async function opener(bytes: Buffer, format: ImageFormat): Promise<Opener> {
  if (bytes.length > MEDIA_LIMITS.imageBytes)
    throw new InvalidInput(
      `Validation failed: File size must be less than ${MEDIA_LIMITS.imageBytes / 1024 / 1024} MB`,
      "too-large",
    );
  const make = await sharp();
  const mayMove = format === "gif" || format === "webp";
  return (animated) =>
    make(bytes, {
      // Checked before a pixel is decoded: a bomb says itself how large it would be.
      limitInputPixels: animated ? MEDIA_LIMITS.animationPixels : MEDIA_LIMITS.imagePixels,
      animated: animated && mayMove,
      failOn: "error",
      sequentialRead: true,
    });
}

async function made(open: Opener, format: ImageFormat): Promise<MadePicture> {
  const facts = await checked(open(true), format);
  const animated = (facts.pages ?? 1) > 1;
  const kept = await keep(open(animated), facts, format, animated);
  const still = open(false).autoOrient();
  const small = still
    .clone()
    .resize({ width: PREVIEW, height: PREVIEW, fit: "inside", withoutEnlargement: true });
  const preview = await (facts.hasAlpha ? small.webp() : small.jpeg({ quality: 80 })).toBuffer({
    resolveWithObject: true,
  });
  return {
    ...kept,
    animated,
    preview: {
      content: preview.data,
      mediaType: facts.hasAlpha ? "image/webp" : "image/jpeg",
      width: preview.info.width,
      height: preview.info.height,
    },
    blurhash: await blurhashOf(still),
  };
}

interface Facts {
  hasAlpha: boolean;
  pages?: number;
  /** Pixels of one frame. */
  pixels: number;
}

/** What the decoder says the picture is, which must be what its first bytes said, and bearable. */
async function checked(image: Sharp, format: ImageFormat): Promise<Facts> {
  const facts = await image.metadata();
  if (facts.format !== DECODED[format]) throw notDecodable();
  const height = facts.pageHeight ?? facts.height;
  const pixels = facts.width * height;
  if (pixels > MEDIA_LIMITS.imagePixels || pixels === 0) throw tooManyPixels();
  if (pixels * (facts.pages ?? 1) > MEDIA_LIMITS.animationPixels) throw tooManyPixels();
  return { hasAlpha: facts.hasAlpha, pixels, ...(facts.pages === undefined ? {} : { pages: facts.pages }) };
}

async function keep(
  image: Sharp,
  facts: Facts,
  format: ImageFormat,
  animated: boolean,
): Promise<Pick<MadePicture, "content" | "mediaType" | "width" | "height">> {
  // Animations have no orientation, and sharp cannot turn them.
  const upright = animated ? image : image.autoOrient();
  const scale = Math.sqrt(MEDIA_LIMITS.keptPixels / facts.pixels);
  const { width, height } = await dimensions(image, animated);
  const sized =
    scale < 1
      ? upright.resize({
          width: Math.floor(width * scale),
          height: Math.floor(height * scale),
          fit: "inside",
        })
      : upright;
  const mediaType = outputType(format, facts.hasAlpha);
  const { data, info } = await encoded(sized, mediaType).toBuffer({ resolveWithObject: true });
  return { content: data, mediaType, width: info.width, height: info.pageHeight ?? info.height };
}

/** Of the picture as it will stand. */
async function dimensions(image: Sharp, animated: boolean): Promise<{ width: number; height: number }> {
  const facts = await image.metadata();
  if (animated) return { width: facts.width, height: facts.pageHeight ?? facts.height };
  return facts.autoOrient;
}

function outputType(format: ImageFormat, hasAlpha: boolean): string {
  if (format === "png" || format === "gif" || format === "webp" || format === "jpeg")
    return `image/${format}`;
  return hasAlpha ? "image/webp" : "image/jpeg";
}

function encoded(image: Sharp, mediaType: string): Sharp {
  switch (mediaType) {
    case "image/png":
      return image.png();
    case "image/gif":
      return image.gif();
    case "image/webp":
      return image.webp({ quality: 85 });
    default:
      return image.jpeg({ quality: 88 });
  }
}

async function blurhashOf(image: Sharp): Promise<string> {
  const { data, info } = await image
    .clone()
    .resize({ width: 32, height: 32, fit: "fill" })
    .toColourspace("srgb")
    .ensureAlpha()
    .raw({ depth: "uchar" })
    .toBuffer({ resolveWithObject: true });
  return encode(new Uint8ClampedArray(data), info.width, info.height, 4, 3);
}

/** The decoder's own words name libraries and never help; they stay in the log. */
async function refusing<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof InvalidInput) throw error;
    if (error instanceof Error && /pixel limit|too (many|large)/i.test(error.message))
      throw tooManyPixels(error);
    throw notDecodable(error);
  }
}

function tooManyPixels(cause?: unknown): InvalidInput {
  return new InvalidInput(
    `Validation failed: File has too many pixels; at most ${MEDIA_LIMITS.imagePixels} can be taken`,
    "too-many-pixels",
    422,
    cause,
  );
}

function notDecodable(cause?: unknown): InvalidInput {
  return new InvalidInput(
    "Validation failed: File cannot be read as the picture that it seems to be",
    "not-a-picture",
    422,
    cause,
  );
}
