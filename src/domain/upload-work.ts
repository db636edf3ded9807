import { copyFile, mkdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { UploadRow } from "../database/rows.ts";
import type { Site } from "../site.ts";
import { DAY, fromNow } from "../support/clock.ts";
import { Permanent, reasonOf } from "../support/errors.ts";
import { mediaStore, newName } from "./media-store.ts";
import {
  firstFrame,
  mediaTools,
  probe,
  refusalOf,
  toMp3,
  toMp4,
  type MediaTools,
  type Probed,
} from "./media-tools.ts";
import { makePicture } from "./pictures.ts";
import { MEDIA_LIMITS } from "./status-limits.ts";

/** The folder of one upload's work; its name is a number of ours. */
const folderOf = (site: Site, row: Pick<UploadRow, "_id">): string =>
  join(site.options.dataDir, "media-work", String(row._id));

/** Keeps a file until its work is done, beside the name of the one reader that may read it. */
export async function keepForWork(
  site: Site,
  row: Pick<UploadRow, "_id">,
  file: { path: string },
  demuxer: string,
): Promise<void> {
  const folder = folderOf(site, row);
  await mkdir(folder, { recursive: true });
  await copyFile(file.path, join(folder, "in"));
  await writeFile(join(folder, "demuxer"), demuxer);
}

export async function dropWork(site: Site, row: Pick<UploadRow, "_id">): Promise<void> {
  await rm(folderOf(site, row), { recursive: true, force: true });
}

/** Makes of a video or sound what every browser plays. It ends `ready` or `failed`, with the reason; then nothing waits. */
export async function processUpload(site: Site, row: UploadRow): Promise<UploadRow> {
  let result: Partial<UploadRow>;
  try {
    const tools = await mediaTools(site);
    if (!tools) throw new Permanent("ffmpeg is no longer there");
    result = { ...(await make(site, tools, row)), state: "ready" };
  } catch (error) {
    site.logger.warn({ upload: row._id, reason: reasonOf(error) }, "an upload could not be processed");
    const shown =
      error instanceof Permanent && error.code === "refused" ? error.message : "File could not be read";
    result = { state: "failed", error: shown };
  }
  await dropWork(site, row);
  const done = await site.models.uploads
    .findOneAndUpdate(
      { _id: row._id },
      { $set: { ...result, nextAt: fromNow(site.clock, DAY) } },
      { returnDocument: "after" },
    )
    .lean<UploadRow | null>();
  // Removed by its owner while the work ran.
  if (!done)
    for (const name of [result.file, result.preview])
      if (name !== undefined) await mediaStore(site).remove(name);
  return done ?? { ...row, ...result };
}

async function make(site: Site, tools: MediaTools, row: UploadRow): Promise<Partial<UploadRow>> {
  const folder = folderOf(site, row);
  const path = join(folder, "in");
  const demuxer = await readFile(join(folder, "demuxer"), "utf8");
  const probed = await probe(tools, path, demuxer);
  const why = refusalOf(probed);
  if (why !== undefined) throw refused(why);
  if (probed.video === undefined && probed.audio === undefined)
    throw refused("holds neither video nor sound");
  const isVideo =
    probed.video !== undefined && (row.type === "gifv" || row.type === "video" || demuxer === "ogg");
  const out = join(folder, isVideo ? "out.mp4" : "out.mp3");
  if (isVideo) await toMp4(tools, { path, demuxer, probed, silent: row.type === "gifv" }, out);
  else await toMp3(tools, { path, demuxer, probed }, out);
  const { size } = await stat(out);
  if (size > 3 * MEDIA_LIMITS.videoBytes) throw refused("is too large once it is made playable");
  const made = await probe(tools, out, isVideo ? "mov" : "mp3");
  const shown = isVideo ? await preview(site, tools, row, out, folder) : {};
  const file = newName(isVideo ? "video/mp4" : "audio/mpeg");
  await mediaStore(site).put(file, { path: out });
  return {
    ...facts(made),
    ...shown,
    file,
    type: isVideo ? (row.type === "gifv" ? "gifv" : "video") : "audio",
    mediaType: isVideo ? "video/mp4" : "audio/mpeg",
    bytes: size,
  };
}

async function preview(
  site: Site,
  tools: MediaTools,
  row: UploadRow,
  video: string,
  folder: string,
): Promise<Partial<UploadRow>> {
  // A picture that its owner chose stays.
  if (row.preview !== undefined) return {};
  const frame = join(folder, "frame.png");
  await firstFrame(tools, video, frame);
  const picture = await makePicture(await readFile(frame), "png");
  const name = newName(picture.preview.mediaType);
  await mediaStore(site).put(name, picture.preview.content);
  return {
    preview: name,
    previewWidth: picture.preview.width,
    previewHeight: picture.preview.height,
    blurhash: picture.blurhash,
  };
}

function facts({ video, duration, bitrate }: Probed): Partial<UploadRow> {
  return {
    ...(video === undefined ? {} : { width: video.width, height: video.height, frameRate: video.frameRate }),
    ...(duration === undefined ? {} : { duration }),
    ...(bitrate === undefined ? {} : { bitrate }),
  };
}

function refused(why: string): Permanent {
  return new Permanent(`File ${why}`, { code: "refused" });
}
