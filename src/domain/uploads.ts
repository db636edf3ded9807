import { open, readFile } from "node:fs/promises";
import { insertRow } from "../database/native.ts";
import type { ActorRow, MediaRow, UploadRow } from "../database/rows.ts";
import type { Site } from "../site.ts";
import { DAY, fromNow } from "../support/clock.ts";
import { InvalidInput, isDuplicateKey, NotFound } from "../support/errors.ts";
import { firstSnowflakeAt, snowflake } from "../support/ids.ts";
import { mediaKind, type MediaKind } from "./media-kind.ts";
import { fileUrl, mediaStore, newName } from "./media-store.ts";
import { mediaTools } from "./media-tools.ts";
import { makePicture, type MadePicture } from "./pictures.ts";
import { MEDIA_LIMITS } from "./status-limits.ts";
import { dropWork, keepForWork, processUpload } from "./upload-work.ts";

/** How long a file waits to be posted before it is removed. */
export const UNPOSTED = DAY;

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

const unposted = (account: Pick<ActorRow, "_id">, id: number) => ({
  _id: id,
  owner: account._id,
  post: { $exists: false },
  scheduled: { $exists: false },
});

/** An upload of one's own that no status shows yet. @throws {NotFound} */
export async function ownUpload(site: Site, account: Pick<ActorRow, "_id">, id: number): Promise<UploadRow> {
  const row = await site.models.uploads.findOne(unposted(account, id)).lean<UploadRow | null>();
  if (!row) throw new NotFound("Record not found");
  return row;
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

/**
 * Removes an upload that no status shows.
 * @throws {NotFound} for none of one's own. @throws {InvalidInput} while a status shows it.
 */
export async function dropUpload(site: Site, account: Pick<ActorRow, "_id">, id: number): Promise<void> {
  const row = await site.models.uploads.findOneAndDelete(unposted(account, id)).lean<UploadRow | null>();
  if (row) return removeFiles(site, row);
  if ((await site.models.uploads.exists({ _id: id, owner: account._id })) === null)
    throw new NotFound("Record not found");
  throw new InvalidInput("Media attachment is currently used by a status", "in-use");
}

async function removeFiles(site: Site, row: UploadRow): Promise<void> {
  for (const name of [row.file, row.preview]) if (name !== undefined) await mediaStore(site).remove(name);
  await dropWork(site, row);
}

/**
 * Sets uploads aside for a status that is being written, so that no other takes them and they outlive the day.
 * @throws {InvalidInput} unless each is the account's own, ready, and in no other status; then none is taken.
 * @param holder whose they are from now on: the waiting status, or one that is just being stored.
 */
export async function reserveUploads(
  site: Site,
  account: Pick<ActorRow, "_id">,
  ids: readonly number[],
  holder: number,
): Promise<UploadRow[]> {
  const taken: UploadRow[] = [];
  try {
    for (const id of ids) {
      const row = await site.models.uploads
        .findOneAndUpdate(
          { ...unposted(account, id), state: "ready" },
          // Given back by the clockwork if the status never comes to be.
          { $set: { scheduled: holder, nextAt: fromNow(site.clock, UNPOSTED) } },
          { returnDocument: "after" },
        )
        .lean<UploadRow | null>();
      if (!row) throw await whyNot(site, account, id);
      taken.push(row);
    }
    return taken;
  } catch (error) {
    await releaseUploads(
      site,
      taken.map((row) => row._id),
      holder,
    );
    throw error;
  }
}

async function whyNot(site: Site, account: Pick<ActorRow, "_id">, id: number): Promise<InvalidInput> {
  const row = await site.models.uploads.findOne({ _id: id, owner: account._id }).lean<UploadRow | null>();
  if (row?.state === "processing")
    return new InvalidInput(
      "Cannot attach files that have not finished processing. Try again in a moment!",
      "media-processing",
    );
  if (row?.state === "failed")
    return new InvalidInput("Cannot attach a file that could not be read", "media-failed");
  return new InvalidInput(
    row ? "This file is shown by another status" : `There is no file ${id} of yours`,
    "media-not-found",
  );
}

/** Keeps what was set aside for as long as its holder waits. */
export async function holdUploads(site: Site, ids: readonly number[], holder: number): Promise<void> {
  await site.models.uploads.updateMany(
    { _id: { $in: [...ids] }, scheduled: holder },
    { $unset: { nextAt: 1 } },
  );
}

/** Gives back what was set aside. */
export async function releaseUploads(site: Site, ids: readonly number[], holder: number): Promise<void> {
  if (ids.length === 0) return;
  await site.models.uploads.updateMany(
    { _id: { $in: [...ids] }, scheduled: holder },
    { $unset: { scheduled: 1 }, $set: { nextAt: fromNow(site.clock, UNPOSTED) } },
  );
}

/** The status that shows them is stored. */
export async function attachUploads(site: Site, ids: readonly number[], post: number): Promise<void> {
  if (ids.length === 0) return;
  await site.models.uploads.updateMany(
    { _id: { $in: [...ids] } },
    { $set: { post }, $unset: { nextAt: 1, scheduled: 1 } },
  );
}

/** What a status showed that is gone: removed at once, or kept a day for a new draft. */
export async function detachUploads(site: Site, post: number, how: { remove: boolean }): Promise<void> {
  const rows = await site.models.uploads.find({ post }).lean<UploadRow[]>();
  if (!how.remove) {
    await site.models.uploads.updateMany(
      { post },
      { $unset: { post: 1 }, $set: { nextAt: fromNow(site.clock, UNPOSTED) } },
    );
    return;
  }
  for (const row of rows) {
    await site.models.uploads.deleteOne({ _id: row._id });
    await removeFiles(site, row);
  }
}

/** Does the waiting work of uploads: video and sound are made, what nobody has posted for a day is removed. */
export async function drainUploads(site: Site): Promise<void> {
  for (;;) {
    const now = site.clock.now();
    const row = await site.models.uploads
      .findOneAndUpdate(
        { nextAt: { $lte: now } },
        { $set: { nextAt: fromNow(site.clock, DAY / 48) } },
        { sort: { nextAt: 1 }, returnDocument: "after" },
      )
      .lean<UploadRow | null>();
    if (!row) return;
    if (row.state === "processing") await processUpload(site, row);
    else await expire(site, row);
  }
}

async function expire(site: Site, row: UploadRow): Promise<void> {
  if (row.scheduled !== undefined) {
    // A process died between a status and the note that it shows this file.
    const since = firstSnowflakeAt(row.createdAt);
    const shown = await site.models.posts
      .findOne(
        { author: row.owner, _id: { $gte: since }, "attachments.id": row._id, deletedAt: { $exists: false } },
        { _id: 1 },
      )
      .lean<{ _id: number } | null>();
    if (shown) return attachUploads(site, [row._id], shown._id);
  }
  // Unless it was posted since it was claimed.
  const gone = await site.models.uploads
    .findOneAndDelete({ _id: row._id, post: { $exists: false }, nextAt: { $exists: true } })
    .lean<UploadRow | null>();
  if (gone) await removeFiles(site, gone);
}

/** An upload as an attachment of a post. */
export function mediaOf(site: Pick<Site, "urls">, row: UploadRow): MediaRow {
  const { file, preview, alt, focus, width, height, blurhash, duration } = row;
  const type = (
    { image: "Image", gifv: "Video", video: "Video", audio: "Audio", unknown: "Document" } as const
  )[row.type];
  return {
    type,
    url: fileUrl(site, file ?? ""),
    mediaType: row.mediaType,
    id: row._id,
    ...(preview === undefined ? {} : { previewUrl: fileUrl(site, preview) }),
    ...(alt === undefined ? {} : { alt }),
    ...(focus === undefined ? {} : { focus }),
    ...(width === undefined ? {} : { width }),
    ...(height === undefined ? {} : { height }),
    ...(blurhash === undefined ? {} : { blurhash }),
    ...(duration === undefined ? {} : { duration }),
    ...(row.type === "gifv" ? { gifv: true } : {}),
  };
}
