import { spawn } from "node:child_process";
import type { Site } from "../site.ts";
import { MINUTE, SECOND } from "../support/clock.ts";
import { Permanent, reasonOf } from "../support/errors.ts";
import { MEDIA_LIMITS } from "./status-limits.ts";

/** The programs that read video and sound. */
export interface MediaTools {
  ffmpeg: string;
  ffprobe: string;
}

const tools = new WeakMap<Site, Promise<MediaTools | undefined>>();

/** The programs, where this machine has them both. Looked for once in the life of a site. */
export async function mediaTools(site: Site): Promise<MediaTools | undefined> {
  let found = tools.get(site);
  if (!found) tools.set(site, (found = lookFor(site)));
  return found;
}

async function lookFor(site: Site): Promise<MediaTools | undefined> {
  const { ffmpeg, ffprobe } = site.options.media;
  try {
    for (const program of [ffmpeg, ffprobe])
      await run(program, ["-hide_banner", "-version"], { timeout: 10 * SECOND });
    return { ffmpeg, ffprobe };
  } catch (error) {
    site.logger.info(
      { reason: reasonOf(error) },
      "ffmpeg or ffprobe is not there: apps can upload pictures, but neither video nor sound",
    );
    return undefined;
  }
}

/** What a file holds. Sizes in pixels, times in seconds. */
export interface Probed {
  duration?: number;
  bitrate?: number;
  video?: { codec: string; width: number; height: number; frameRate: string; pixelFormat: string };
  audio?: { codec: string };
}

/** No other reader than `demuxer`, no other file: a playlist in disguise must not lead into the network. */
const only = (demuxer: string, path: string): string[] => [
  ...["-protocol_whitelist", "file"],
  ...["-f", demuxer],
  ...["-i", path],
];

/** @throws {Permanent} for what is no video or sound. */
export async function probe(at: MediaTools, path: string, demuxer: string): Promise<Probed> {
  const args = ["-v", "error", "-print_format", "json", "-show_format", "-show_streams"];
  const output = await run(at.ffprobe, [...args, ...only(demuxer, path)], { timeout: MINUTE });
  return readProbe(output);
}

interface ProbeStream {
  codec_type?: unknown;
  codec_name?: unknown;
  width?: unknown;
  height?: unknown;
  avg_frame_rate?: unknown;
  pix_fmt?: unknown;
  disposition?: { attached_pic?: unknown };
}

/** Reads the JSON of ffprobe. Cover pictures of songs are no video. */
export function readProbe(json: string): Probed {
  const document = JSON.parse(json) as {
    streams?: ProbeStream[];
    format?: { duration?: unknown; bit_rate?: unknown };
  };
  const streams = document.streams ?? [];
  const video = streams.find((one) => one.codec_type === "video" && one.disposition?.attached_pic !== 1);
  const audio = streams.find((one) => one.codec_type === "audio");
  const duration = numberOf(document.format?.duration);
  const bitrate = numberOf(document.format?.bit_rate);
  return {
    ...(duration === undefined ? {} : { duration }),
    ...(bitrate === undefined ? {} : { bitrate }),
    ...(video
      ? {
          video: {
            codec: textOf(video.codec_name),
            width: numberOf(video.width) ?? 0,
            height: numberOf(video.height) ?? 0,
            frameRate: textOf(video.avg_frame_rate),
            pixelFormat: textOf(video.pix_fmt),
          },
        }
      : {}),
    ...(audio ? { audio: { codec: textOf(audio.codec_name) } } : {}),
  };
}

const textOf = (value: unknown): string => (typeof value === "string" ? value : "");

function numberOf(value: unknown): number | undefined {
  const number = typeof value === "string" || typeof value === "number" ? Number(value) : NaN;
  return Number.isFinite(number) && number >= 0 ? number : undefined;
}

/** Why a video cannot be taken, or `undefined`. */
export function refusalOf({ video, duration }: Probed): string | undefined {
  if (duration !== undefined && duration > MEDIA_LIMITS.videoSeconds)
    return `is longer than ${MEDIA_LIMITS.videoSeconds / 60} minutes`;
  if (video === undefined) return undefined;
  if (video.width === 0 || video.height === 0) return "has no size";
  if (video.width * video.height > MEDIA_LIMITS.videoPixels)
    return `has more than ${MEDIA_LIMITS.videoPixels} pixels`;
  const [frames = 0, seconds = 1] = video.frameRate.split("/").map(Number);
  return frames / (seconds || 1) > MEDIA_LIMITS.videoFrameRate
    ? `has more than ${MEDIA_LIMITS.videoFrameRate} frames a second`
    : undefined;
}

const QUIET = ["-nostdin", "-hide_banner", "-loglevel", "error", "-y"];
const BARE = ["-map_metadata", "-1", "-map_chapters", "-1"];

/** Writes MP4 that every browser plays, without what the camera wrote about place and person. */
export async function toMp4(
  at: MediaTools,
  from: { path: string; demuxer: string; probed: Probed; silent?: boolean },
  to: string,
): Promise<void> {
  const { video, audio } = from.probed;
  const asItIs =
    from.silent !== true &&
    video?.codec === "h264" &&
    video.pixelFormat === "yuv420p" &&
    (audio === undefined || audio.codec === "aac");
  const sound = from.silent === true ? ["-an"] : ["-map", "0:a:0?"];
  const codecs = asItIs
    ? ["-c", "copy"]
    : [
        ...["-c:v", "libx264", "-preset", "veryfast", "-crf", "23", "-pix_fmt", "yuv420p"],
        ...["-vf", "scale=trunc(iw/2)*2:trunc(ih/2)*2"],
        ...(from.silent === true ? [] : ["-c:a", "aac", "-b:a", "128k"]),
      ];
  await run(
    at.ffmpeg,
    [
      ...QUIET,
      ...only(from.demuxer, from.path),
      ...["-map", "0:v:0", ...sound],
      ...BARE,
      ...codecs,
      ...["-movflags", "+faststart", "-t", String(MEDIA_LIMITS.videoSeconds), "-f", "mp4", to],
    ],
    { timeout: 15 * MINUTE },
  );
}

/** Writes MP3, which every browser plays, without pictures and names. */
export async function toMp3(
  at: MediaTools,
  from: { path: string; demuxer: string; probed: Probed },
  to: string,
): Promise<void> {
  const codec = from.probed.audio?.codec === "mp3" ? ["-c:a", "copy"] : ["-c:a", "libmp3lame", "-q:a", "2"];
  await run(
    at.ffmpeg,
    [
      ...QUIET,
      ...only(from.demuxer, from.path),
      ...["-map", "0:a:0", "-vn"],
      ...BARE,
      ...codec,
      ...["-t", String(MEDIA_LIMITS.videoSeconds), "-f", "mp3", to],
    ],
    { timeout: 15 * MINUTE },
  );
}

/** Writes the first frame of an MP4 as PNG. */
export async function firstFrame(at: MediaTools, path: string, to: string): Promise<void> {
  const args = [...QUIET, ...only("mov", path), "-frames:v", "1", "-f", "image2", "-c:v", "png", to];
  await run(at.ffmpeg, args, { timeout: MINUTE });
}

const MOST_OUTPUT = 1024 * 1024;

/** Runs a program without a shell. @throws {Permanent} when it fails, is not there, or takes too long. */
async function run(program: string, args: string[], { timeout }: { timeout: number }): Promise<string> {
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, { stdio: ["ignore", "pipe", "pipe"], timeout, killSignal: "SIGKILL" });
    let output = "";
    let errors = "";
    child.stdout.on("data", (chunk: Buffer) => {
      if (output.length < MOST_OUTPUT) output += chunk.toString();
    });
    child.stderr.on("data", (chunk: Buffer) => {
      if (errors.length < 4000) errors += chunk.toString();
    });
    child.once("error", (cause) => reject(new Permanent(`${program} could not be run`, { cause })));
    child.once("close", (code, signal) => {
      if (code === 0) resolve(output);
      else reject(new Permanent(`${program} ended with ${signal ?? String(code)}: ${errors.trim()}`));
    });
  });
}
