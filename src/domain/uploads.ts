import type { ActorRow, MediaRow, UploadRow } from "../database/rows.ts";
import type { Site } from "../site.ts";
import { DAY, fromNow } from "../support/clock.ts";
import { InvalidInput, NotFound } from "../support/errors.ts";
import { firstSnowflakeAt } from "../support/ids.ts";
import { fileUrl, mediaStore } from "./media-store.ts";
import { dropWork, processUpload } from "./upload-work.ts";

/** How long a file waits to be posted before it is removed. */
export const UNPOSTED = DAY;

/** An upload of the account's own that no status shows, and none is about to. */
export const unposted = (account: Pick<ActorRow, "_id">, id: number) => ({
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
  // A status may show it without a note of that: the process died between the two, or the store failed it there and the
  // file was given back.
  const since = firstSnowflakeAt(row.createdAt);
  const shown = await site.models.posts
    .findOne(
      { author: row.owner, _id: { $gte: since }, "attachments.id": row._id, deletedAt: { $exists: false } },
      { _id: 1 },
    )
    .lean<{ _id: number } | null>();
  if (shown) return attachUploads(site, [row._id], shown._id);
  if (row.scheduled !== undefined && (await site.models.scheduled.exists({ _id: row.scheduled })) !== null)
    return holdUploads(site, [row._id], row.scheduled);
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
