import { open, readFile } from "node:fs/promises";
import { insertRow } from "../database/native.ts";
import type { ActorRow, UploadRow } from "../database/rows.ts";
import type { Site } from "../site.ts";
import { fromNow } from "../support/clock.ts";
import { InvalidInput, isDuplicateKey, NotFound } from "../support/errors.ts";
import { snowflake } from "../support/ids.ts";
import { mediaKind, type MediaKind } from "./media-kind.ts";
import { mediaStore, newName } from "./media-store.ts";
import { mediaTools } from "./media-tools.ts";
import { makePicture, type MadePicture } from "./pictures.ts";
import { MEDIA_LIMITS } from "./status-limits.ts";
import { keepForWork, processUpload } from "./upload-work.ts";
import { ownUpload, unposted, UNPOSTED } from "./uploads.ts";

/** A file on this machine that somebody sent; whoever gave it removes it. */
export interface SentFile {
  path: string;
  /** Bytes. */
  size: number;
}

/** What is said of an upload. */
export interface UploadWords {
  alt?: string | undefined;
  focus?: { x: number; y: number } | undefined;
  /** A picture to show for a video or sound. */
  thumbnail?: SentFile | undefined;
}

/**
 * Takes a file: pictures are made anew at once, video and sound wait for the clockwork (`state` is `processing`).
 * @param how.wait do the work of video and sound before the answer, for apps that know no waiting.
 * @throws {InvalidInput} for what is no picture, video or sound that this server can take.
 */
export async function takeUpload(
  site: Site,
  account: Pick<ActorRow, "_id">,
  file: SentFile,
  words: UploadWords = {},
  how: { wait?: boolean } = {},
): Promise<UploadRow> {
  checkAlt(words.alt);
  const kind = await kindOf(file);
  if (kind.family !== "image") return takeMoving(site, account, file, kind, words, how);
  const picture = await makePicture(await bytesOf(file), kind.format);
  // What moves is a silent video to every app; without ffmpeg it stays the picture that it is.
  if (picture.animated && kind.format === "gif" && (await mediaTools(site)) !== undefined)
    return takeMoving(site, account, file, { family: "video", demuxer: "gif" }, words, how);
  return takePicture(site, account, picture, words);
}

async function takePicture(
  site: Site,
  account: Pick<ActorRow, "_id">,
  picture: MadePicture,
  words: UploadWords,
): Promise<UploadRow> {
  const store = mediaStore(site);
  const file = newName(picture.mediaType);
  const preview = newName(picture.preview.mediaType);
  await store.put(file, picture.content);
  await store.put(preview, picture.preview.content);
  return insert(site, {
    ...started(site, account, words),
    type: "image",
    state: "ready",
    file,
    preview,
    mediaType: picture.mediaType,
    width: picture.width,
    height: picture.height,
    previewWidth: picture.preview.width,
    previewHeight: picture.preview.height,
    blurhash: picture.blurhash,
    bytes: picture.content.length,
  });
}

async function takeMoving(
  site: Site,
  account: Pick<ActorRow, "_id">,
  file: SentFile,
  kind: Extract<MediaKind, { demuxer: string }>,
  words: UploadWords,
  how: { wait?: boolean },
): Promise<UploadRow> {
  if ((await mediaTools(site)) === undefined)
    throw new InvalidInput(
      "Validation failed: File is video or sound, which this server cannot take: ffmpeg is not installed on it",
      "no-ffmpeg",
    );
  if (file.size > MEDIA_LIMITS.videoBytes)
    throw new InvalidInput(
      `Validation failed: File size must be less than ${MEDIA_LIMITS.videoBytes / 1024 / 1024} MB`,
      "too-large",
    );
  const preview = words.thumbnail && (await keptThumbnail(site, words.thumbnail));
  const row = await insert(site, {
    ...started(site, account, words),
    ...preview,
    type: kind.demuxer === "gif" ? "gifv" : kind.family,
    state: "processing",
    mediaType: kind.family === "video" ? "video/mp4" : "audio/mpeg",
    // Not yet due: the file is not there.
    nextAt: fromNow(site.clock, UNPOSTED),
  });
  await keepForWork(site, row, file, kind.demuxer);
  if (how.wait === true) return processUpload(site, row);
  await site.models.uploads.updateOne({ _id: row._id }, { $set: { nextAt: site.clock.now() } });
  site.wake("media");
  return row;
}

function started(
  site: Site,
  account: Pick<ActorRow, "_id">,
  words: UploadWords,
): Omit<UploadRow, "type" | "state" | "mediaType"> {
  const now = site.clock.now();
  return {
    _id: snowflake(now),
    owner: account._id,
    ...(words.alt === undefined || words.alt === "" ? {} : { alt: words.alt }),
    ...(words.focus === undefined ? {} : { focus: words.focus }),
    createdAt: now,
    nextAt: fromNow(site.clock, UNPOSTED),
  };
}

async function insert(site: Site, row: UploadRow): Promise<UploadRow> {
  try {
    await insertRow(site.models.uploads, row);
    return row;
  } catch (error) {
    // The snowflake was taken.
    if (isDuplicateKey(error)) return insert(site, { ...row, _id: snowflake(site.clock.now()) });
    throw error;
  }
}

async function keptThumbnail(site: Site, file: SentFile): Promise<Partial<UploadRow>> {
  const kind = await kindOf(file);
  if (kind.family !== "image")
    throw new InvalidInput("Validation failed: Thumbnail is no picture", "no-picture");
  const { preview, blurhash } = await makePicture(await bytesOf(file), kind.format);
  const name = newName(preview.mediaType);
  await mediaStore(site).put(name, preview.content);
  return { preview: name, previewWidth: preview.width, previewHeight: preview.height, blurhash };
}

/** @throws {InvalidInput} for what is none of the kinds. */
async function kindOf(file: SentFile): Promise<MediaKind> {
  const handle = await open(file.path, "r");
  let kind: MediaKind | undefined;
  try {
    const head = Buffer.alloc(128);
    const { bytesRead } = await handle.read(head, 0, head.length, 0);
    kind = mediaKind(head.subarray(0, bytesRead));
  } finally {
    await handle.close();
  }
  if (kind === undefined)
    throw new InvalidInput(
      "Validation failed: File content type is invalid: it is no picture, video or sound of a kind that can be taken",
      "unknown-media",
    );
  return kind;
}

async function bytesOf(file: SentFile): Promise<Buffer> {
  if (file.size > MEDIA_LIMITS.imageBytes)
    throw new InvalidInput(
      `Validation failed: File size must be less than ${MEDIA_LIMITS.imageBytes / 1024 / 1024} MB`,
      "too-large",
    );
  return readFile(file.path);
}

/** @throws {InvalidInput} */
export function checkAlt(alt: string | undefined): void {
  if (alt !== undefined && alt.length > MEDIA_LIMITS.altCharacters)
    throw new InvalidInput(
      `Validation failed: Description is too long (maximum is ${MEDIA_LIMITS.altCharacters} characters)`,
      "alt-too-long",
    );
}

/** Changes what is said of an upload. @throws {NotFound} once a status shows it. @throws {InvalidInput} */
export async function describeUpload(
  site: Site,
  account: Pick<ActorRow, "_id">,
  id: number,
  words: UploadWords,
): Promise<UploadRow> {
  checkAlt(words.alt);
  const before = await ownUpload(site, account, id);
  const preview = words.thumbnail && (await keptThumbnail(site, words.thumbnail));
  const row = await site.models.uploads
    .findOneAndUpdate(
      unposted(account, id),
      {
        $set: {
          ...(words.alt === undefined || words.alt === "" ? {} : { alt: words.alt }),
          ...(words.focus === undefined ? {} : { focus: words.focus }),
          ...preview,
        },
        ...(words.alt === "" ? { $unset: { alt: 1 } } : {}),
      },
      { returnDocument: "after" },
    )
    .lean<UploadRow | null>();
  if (!row) throw new NotFound("Record not found");
  if (preview && before.preview !== undefined) await mediaStore(site).remove(before.preview);
  return row;
}
