import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdtempSync } from "node:fs";
import { readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import sharp from "sharp";
import { drainUploads } from "../../src/domain/uploads.ts";
import type { ApiClient } from "./support/api-client.ts";
import { startApi, type StartedApi } from "./support/start-api.ts";

const FFMPEG = "ffmpeg";
const FFPROBE = "ffprobe";
const isThere = [FFMPEG, FFPROBE].every((name) => spawnSync(name, ["-version"]).status === 0);
const SIZE = "64x48";
const PICTURE = ["-f", "lavfi", "-i", `testsrc=size=${SIZE}:rate=10:duration=1`];
const SOUND = ["-f", "lavfi", "-i", "sine=frequency=440:duration=1"];
const SECRET = ["-metadata", "title=SecretPlace", "-metadata", "location=+52.5+013.4/"];

/** With the programs themselves, on files that they make. */
describe("uploading video and sound, with ffmpeg itself", function () {
  this.timeout(60_000);
  let api: StartedApi;
  let app: ApiClient;
  let folder: string;

  before(async function () {
    if (!isThere) {
      console.log("      (skipped: apt-get install ffmpeg)");
      return this.skip();
    }
    folder = mkdtempSync(join(tmpdir(), "fedi-video-"));
    api = await startApi();
    app = await api.client();
  });
  after(async () => {
    await api?.close();
    if (folder) await rm(folder, { recursive: true, force: true });
  });

  const made = async (name: string, ...args: string[]): Promise<File> => {
    const path = join(folder, name);
    const { status, stderr } = spawnSync(FFMPEG, ["-nostdin", "-loglevel", "error", "-y", ...args, path]);
    assert.equal(status, 0, String(stderr));
    return new File([await readFile(path)], name);
  };
  /** What ffprobe says of what the site serves. */
  const probed = async (url: string): Promise<{ streams: Record<string, unknown>[]; format: object }> => {
    const answer = await fetch(url);
    assert.equal(answer.status, 200);
    const path = join(folder, "served");
    await writeFile(path, Buffer.from(await answer.arrayBuffer()));
    const { stdout } = spawnSync(FFPROBE, [
      ...["-v", "error", "-print_format", "json", "-show_format", "-show_streams", path],
    ]);
    return JSON.parse(String(stdout)) as { streams: Record<string, unknown>[]; format: object };
  };
  const codecs = ({ streams }: { streams: Record<string, unknown>[] }): unknown[] =>
    streams.map((stream) => stream["codec_name"]);
  // eslint-disable-next-line @typescript-eslint/no-explicit-any -- an answer that the schemas have checked
  const processed = async (file: File, more: object = {}): Promise<any> => {
    const { body } = await app.post("/api/v2/media", { file, ...more }, { as: "multipart", expect: 202 });
    assert.equal(body.url, null);
    await drainUploads(api.site);
    const { body: ready } = await app.get(`/api/v1/media/${body.id}`);
    return ready;
  };

  it("keeps an MP4 that every browser plays, and what the camera said of the place goes", async () => {
    const args = [...PICTURE, ...SOUND, "-c:v", "libx264", "-pix_fmt", "yuv420p", "-c:a", "aac", ...SECRET];
    const file = await made("film.mp4", ...args);
    assert.ok(Buffer.from(await file.arrayBuffer()).includes("SecretPlace"));
    const media = await processed(file, { description: "Test bars", focus: "0.5,0" });
    assert.deepEqual([media.type, media.description], ["video", "Test bars"]);
    const { original, small } = media.meta;
    assert.deepEqual([original.width, original.height, original.frame_rate], [64, 48, "10/1"]);
    assert.ok(Math.abs(original.duration - 1) < 0.2, String(original.duration));
    assert.deepEqual([small.width, small.height], [64, 48]);
    assert.match(media.blurhash, /^[\x21-\x7e]{6,}$/);
    const served = await probed(media.url);
    assert.deepEqual(codecs(served), ["h264", "aac"]);
    assert.doesNotMatch(JSON.stringify(served), /SecretPlace|52\.5/);
    const preview = Buffer.from(await (await fetch(media.preview_url)).arrayBuffer());
    assert.deepEqual((await sharp(preview).metadata()).width, 64);
    const { body: status } = await app.post("/api/v1/statuses", { status: "bars", media_ids: [media.id] });
    assert.equal(status.media_attachments[0].type, "video");
    const part = await fetch(media.url, { headers: { range: "bytes=0-99" } });
    assert.deepEqual([part.status, part.headers.get("content-type")], [206, "video/mp4"]);
    assert.deepEqual(await readdir(join(api.site.options.dataDir, "media-work")), []);
  });

  it("makes MP4 of WebM, with even sides", async () => {
    const odd = ["-f", "lavfi", "-i", "testsrc=size=63x47:rate=10:duration=1"];
    const media = await processed(await made("film.webm", ...odd, "-c:v", "libvpx", "-b:v", "200k"));
    assert.equal(media.type, "video");
    const served = await probed(media.url);
    assert.deepEqual(codecs(served), ["h264"]);
    assert.deepEqual([served.streams[0]?.["width"], served.streams[0]?.["height"]], [62, 46]);
    assert.deepEqual([media.meta.original.width, media.meta.original.height], [62, 46]);
  });

  it("makes a silent video of a moving GIF", async () => {
    const media = await processed(await made("bars.gif", ...PICTURE));
    assert.equal(media.type, "gifv");
    assert.match(media.url, /\.mp4$/);
    assert.deepEqual(codecs(await probed(media.url)), ["h264"]);
  });

  it("makes MP3 of sound, and keeps the picture that its owner chose", async () => {
    const thumbnail = new File(
      [
        await sharp({ create: { width: 30, height: 20, channels: 3, background: "red" } })
          .png()
          .toBuffer(),
      ],
      "cover.png",
    );
    const media = await processed(await made("tone.ogg", ...SOUND, "-c:a", "libvorbis"), { thumbnail });
    assert.equal(media.type, "audio");
    assert.deepEqual(codecs(await probed(media.url)), ["mp3"]);
    const preview = Buffer.from(await (await fetch(media.preview_url)).arrayBuffer());
    assert.deepEqual((await sharp(preview).metadata()).width, 30);
  });

  it("does the work before the answer for apps that know no waiting", async () => {
    const file = await made("short.mp4", ...PICTURE, "-c:v", "libx264", "-pix_fmt", "yuv420p");
    const { body } = await app.post("/api/v1/media", { file }, { as: "multipart" });
    assert.deepEqual(codecs(await probed(body.url)), ["h264"]);
  });

  it("tells of half a film, and of a playlist inside of one, without reading anything else", async () => {
    const film = await made("half.mp4", ...PICTURE, "-c:v", "libx264", "-pix_fmt", "yuv420p");
    const head = Buffer.from(await film.arrayBuffer()).subarray(0, 400);
    const lure = Buffer.concat([
      head.subarray(0, 32),
      Buffer.from("#EXTM3U\n#EXTINF:1,\nfile:///etc/passwd\n"),
    ]);
    for (const bytes of [head, lure]) {
      const { body } = await app.post(
        "/api/v2/media",
        { file: new File([bytes], "half.mp4") },
        { as: "multipart", expect: 202 },
      );
      await drainUploads(api.site);
      const { body: failed } = await app.get(`/api/v1/media/${body.id}`, {}, { expect: 422 });
      assert.match(failed.error, /could not be read/);
      assert.doesNotMatch(failed.error, /moov|ffmpeg|\//);
    }
  });
});
