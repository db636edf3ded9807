import assert from "node:assert/strict";
import { chmod, mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { get } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import sharp, { type Sharp } from "sharp";
import type { UploadRow } from "../../src/database/rows.ts";
import { drainUploads } from "../../src/domain/uploads.ts";
import { DAY, HOUR } from "../../src/support/clock.ts";
import { TestClock } from "../support/test-clock.ts";
import type { ApiClient } from "./support/api-client.ts";
import { startApi, type StartedApi } from "./support/start-api.ts";

const colours = { r: 200, g: 120, b: 40 };
const drawn = (width: number, height: number): Sharp =>
  sharp({ create: { width, height, channels: 3, background: colours } });
const file = (bytes: Uint8Array | string, name = "bread.jpg", type = "image/jpeg"): File =>
  new File([typeof bytes === "string" ? bytes : new Uint8Array(bytes)], name, { type });

/** A JPEG with a place, a camera and an orientation in its EXIF. */
const photo = async (): Promise<Buffer> =>
  drawn(60, 30)
    .withExif({ IFD0: { Make: "SecretCamera", Orientation: "6" }, IFD3: { GPSLatitudeRef: "N" } })
    .withMetadata({ orientation: 6 })
    .jpeg()
    .toBuffer();

describe("uploading a picture", () => {
  let api: StartedApi;
  let app: ApiClient;
  let clock: TestClock;

  before(async () => {
    clock = new TestClock(new Date());
    const nowhere = "/nowhere/ffmpeg";
    api = await startApi({ clock, media: { ffmpeg: nowhere, ffprobe: nowhere } });
  });
  // Thirty uploads in half an hour are all that one app may do.
  beforeEach(async () => void (app = await api.client("blog")));
  after(() => api.close());

  const upload = (given: File, more: object = {}, expect = 200) =>
    app.post("/api/v2/media", { file: given, ...more }, { as: "multipart", expect });
  const served = async (url: string, headers: Record<string, string> = {}): Promise<Response> =>
    fetch(url, { headers });
  const refused = async (given: File, reason: RegExp): Promise<void> => {
    const before = await api.site.models.uploads.countDocuments({});
    const { body } = await upload(given, {}, 422);
    assert.match(body.error, reason);
    assert.equal(await api.site.models.uploads.countDocuments({}), before);
  };

  for (const format of ["jpeg", "png", "webp", "avif", "gif"] as const) {
    it(`takes ${format}, whatever it is called, and tells its size and colours`, async () => {
      const bytes = await drawn(1000, 500).toFormat(format).toBuffer();
      const { body } = await upload(file(bytes, "x.txt", "text/plain"), {
        description: "a loaf",
        focus: "0.5,-2",
      });
      assert.equal(body.type, "image");
      assert.deepEqual([body.meta.original.width, body.meta.original.height], [1000, 500]);
      assert.deepEqual([body.meta.small.width, body.meta.small.height], [640, 320]);
      assert.deepEqual(body.meta.focus, { x: 0.5, y: -1 });
      assert.match(body.blurhash, /^[\x21-\x7e]{6,}$/);
      assert.equal(body.description, "a loaf");
      const answer = await served(body.url);
      const made = await sharp(Buffer.from(await answer.arrayBuffer())).metadata();
      assert.equal(answer.headers.get("content-type"), `image/${made.format}`);
      assert.equal(made.format, format === "avif" ? "jpeg" : format);
    });
  }

  it("turns it upright and leaves nothing of its EXIF", async () => {
    const { body } = await upload(file(await photo()));
    assert.deepEqual([body.meta.original.width, body.meta.original.height], [30, 60]);
    const bytes = Buffer.from(await (await served(body.url)).arrayBuffer());
    assert.equal(bytes.includes("SecretCamera"), false);
    const made = await sharp(bytes).metadata();
    assert.deepEqual([made.exif, made.orientation], [undefined, undefined]);
  });

  it("keeps what is larger than 8.3 million pixels at that", async () => {
    const { body } = await upload(file(await drawn(6000, 4000).jpeg().toBuffer()));
    const { width, height } = body.meta.original;
    assert.ok(width * height <= 8_294_400 && width * height > 8_000_000, `${width}x${height}`);
  });

  it("keeps a moving GIF moving where there is no ffmpeg", async () => {
    const frames = await Promise.all(
      [1, 2].map((shade) =>
        sharp({ create: { width: 20, height: 20, channels: 3, background: { r: shade * 90, g: 0, b: 0 } } })
          .png()
          .toBuffer(),
      ),
    );
    const bytes = await sharp(frames, { join: { animated: true } })
      .gif()
      .toBuffer();
    const { body } = await upload(file(bytes, "x.gif"));
    assert.equal(body.type, "image");
    const made = await sharp(Buffer.from(await (await served(body.url)).arrayBuffer())).metadata();
    assert.deepEqual([made.format, made.pages], ["gif", 2]);
  });

  it("serves it so that nothing in it can run, for ever, and in parts", async () => {
    const { body } = await upload(file(await drawn(50, 50).png().toBuffer()));
    const answer = await served(body.url);
    assert.equal(answer.headers.get("x-content-type-options"), "nosniff");
    assert.equal(answer.headers.get("content-security-policy"), "default-src 'none'; sandbox");
    assert.match(answer.headers.get("cache-control") ?? "", /immutable/);
    const whole = Buffer.from(await answer.arrayBuffer());
    const size = whole.length;
    for (const [range, part] of [
      ["bytes=0-9", whole.subarray(0, 10)],
      ["bytes=10-", whole.subarray(10)],
      ["bytes=-5", whole.subarray(size - 5)],
      [`bytes=5-${size * 2}`, whole.subarray(5)],
    ] as const) {
      const some = await served(body.url, { range });
      assert.equal(some.status, 206, range);
      assert.deepEqual(Buffer.from(await some.arrayBuffer()), part, range);
      assert.match(some.headers.get("content-range") ?? "", new RegExp(`^bytes \\d+-\\d+/${size}$`));
    }
    assert.equal((await served(body.url, { range: `bytes=${size}-` })).status, 416);
    for (const odd of ["bytes=9-1", "bytes=0-1,3-4", "lines=1-2", "bytes=-"])
      assert.equal((await served(body.url, { range: odd })).status, 200, odd);
    // fetch() asks for fresh bytes whenever it sends a condition.
    const known = { "if-none-match": answer.headers.get("etag") ?? "" };
    const status = await new Promise((resolve) =>
      get(body.url, { headers: known }, (again) => resolve(again.statusCode)),
    );
    assert.equal(status, 304);
  });

  it("serves no other file of the machine", async () => {
    for (const name of [
      "..%2f..%2fetc%2fpasswd",
      "%2e%2e%2fsecret.png",
      "a.png",
      "x".repeat(22),
      `${"x".repeat(22)}.html`,
    ])
      assert.equal((await served(`${api.origin}/fediverse/media/files/${name}`)).status, 404, name);
  });

  it("never takes a name for a path", async () => {
    const bytes = await drawn(10, 10).png().toBuffer();
    for (const name of ["../../../../tmp/evil.png", "/etc/cron.d/evil", "..\\evil.png"]) {
      const { body } = await upload(file(bytes, name, "image/png"));
      assert.match(body.url, /\/fediverse\/media\/files\/[\w-]{22}\.png$/);
    }
    const kept = await readdir(join(api.site.options.dataDir, "media"), {
      recursive: true,
      withFileTypes: true,
    });
    for (const entry of kept) if (entry.isFile()) assert.match(entry.name, /^[\w-]{22}\.\w+$/);
    assert.deepEqual(await readdir(join(api.site.options.dataDir, "tmp")), []);
  });

  it("writes a polyglot anew, so that only its picture remains", async () => {
    const jpeg = await drawn(20, 20).jpeg().toBuffer();
    const script = "<script>alert(document.domain)</script>PK\x03\x04";
    const { body } = await upload(file(Buffer.concat([jpeg, Buffer.from(script)])));
    const bytes = Buffer.from(await (await served(body.url)).arrayBuffer());
    assert.equal(bytes.includes("<script>"), false);
  });

  describe("is refused for", () => {
    it("SVG named .png", () =>
      refused(
        file('<svg xmlns="http://www.w3.org/2000/svg"><script/></svg>', "x.png", "image/png"),
        /content type is invalid/,
      ));
    it("HTML named .png", () =>
      refused(file("<!doctype html><script>1</script>", "x.png", "image/png"), /content type is invalid/));
    it("SVG behind the first bytes of a PNG", () =>
      refused(
        file(Buffer.concat([Buffer.from("\x89PNG\r\n\x1a\n", "latin1"), Buffer.from("<svg/>".repeat(10))])),
        /cannot be read/,
      ));
    it("a playlist that names other files", () =>
      refused(file("#EXTM3U\n#EXT-X-MEDIA:URI=file:///etc/passwd\n", "x.mp4"), /content type is invalid/));
    it("nothing", () => refused(file(""), /content type is invalid/));
    it("half a picture", async () => {
      const bytes = await sharp({
        create: {
          width: 300,
          height: 300,
          channels: 3,
          background: colours,
          noise: { type: "gaussian", mean: 128, sigma: 60 },
        },
      })
        .png()
        .toBuffer();
      await refused(file(bytes.subarray(0, bytes.length / 2)), /cannot be read/);
    });
    it("a decompression bomb, before it is decoded", async () => {
      // 40,000 × 40,000 pixels of one colour: some kilobytes, six gigabytes when decoded.
      const small = await drawn(10, 10).png().toBuffer();
      small.writeUInt32BE(40_000, 16);
      small.writeUInt32BE(40_000, 20);
      small.writeUInt32BE(crc32(small.subarray(12, 29)), 29);
      await refused(file(small), /too many pixels/);
    });
    it("an animation with more frames than anybody can hold", async () => {
      const frames = await Promise.all(
        ["red", "blue"].map((background) =>
          sharp({ create: { width: 1000, height: 1000, channels: 3, background } })
            .png()
            .toBuffer(),
        ),
      );
      const bytes = await sharp(
        Array.from({ length: 101 }, (_, at) => frames[at % 2] as Buffer),
        { join: { animated: true } },
      )
        .webp({ quality: 1, effort: 0 })
        .toBuffer();
      await refused(file(bytes), /too many pixels/);
    });
    it("more than 16 MB", async () => {
      const jpeg = await drawn(20, 20).jpeg().toBuffer();
      await refused(file(Buffer.concat([jpeg, Buffer.alloc(17 * 1024 * 1024)])), /less than 16 MB/);
    });
    it("video, where there is no ffmpeg", () => {
      const mp4 = Buffer.concat([Buffer.from([0, 0, 0, 24]), Buffer.from("ftypmp42\0\0\0\0mp42isom")]);
      return refused(file(mp4, "x.mp4"), /ffmpeg is not installed/);
    });
    it("words longer than ten thousand characters", async () => {
      const bytes = await drawn(10, 10).png().toBuffer();
      const { body } = await upload(file(bytes), { description: "x".repeat(10_001) }, 422);
      assert.match(body.error, /Description is too long/);
    });
    it("no file at all", async () => {
      const { body } = await app.post("/api/v2/media", { description: "x" }, { expect: 422 });
      assert.match(body.error, /File can't be blank/);
    });
  });

  it("tells, describes and removes what is not posted yet", async () => {
    const { body } = await upload(file(await drawn(10, 10).png().toBuffer()));
    assert.equal((await app.get(`/api/v1/media/${body.id}`)).body.url, body.url);
    const { body: told } = await app.put(`/api/v1/media/${body.id}`, {
      description: "a crumb",
      focus: "0,0",
    });
    assert.deepEqual([told.description, told.meta.focus], ["a crumb", { x: 0, y: 0 }]);
    const stranger = await api.client("blog", "read");
    await stranger.get(`/api/v1/media/${body.id}`, {}, { expect: 403 });
    await app.delete(`/api/v1/media/${body.id}`);
    await app.get(`/api/v1/media/${body.id}`, {}, { expect: 404 });
    assert.equal((await served(body.url)).status, 404);
  });

  it("is taken by v1 as well", async () => {
    const { body } = await app.post(
      "/api/v1/media",
      { file: file(await drawn(10, 10).png().toBuffer()) },
      { as: "multipart" },
    );
    assert.match(body.url, /^http/);
  });

  describe("for a status", () => {
    const picture = async (): Promise<string> =>
      (await upload(file(await drawn(10, 10).png().toBuffer()))).body.id as string;
    const post = (media: string[], expect = 200) =>
      app.post("/api/v1/statuses", { status: "look", media_ids: media }, { expect });

    it("stands in it in the order named, and can no longer be changed by itself", async () => {
      const ids = [await picture(), await picture()].reverse();
      const { body } = await post(ids);
      assert.deepEqual(
        body.media_attachments.map((one: { id: string }) => one.id),
        ids,
      );
      for (const [verb, path] of [
        ["GET", ids[0]],
        ["PUT", ids[0]],
      ] as const)
        await app.call(verb, `/api/v1/media/${path}`, {}, { expect: 404 });
      await app.delete(`/api/v1/media/${ids[0]}`, {}, { expect: 422 });
    });

    it("stands in one status only, also of two at the same time", async () => {
      const id = await picture();
      const answers = await Promise.allSettled([post([id]), post([id])]);
      assert.equal(answers.filter((one) => one.status === "fulfilled").length, 1);
      await post([id], 422);
    });

    it("is free again where the status is refused", async () => {
      const id = await picture();
      await post([id, "12"], 422);
      await app.post(
        "/api/v1/statuses",
        { status: "x", media_ids: [id], in_reply_to_id: "12" },
        { expect: 404 },
      );
      await post([id]);
    });

    it("is nobody else's", async () => {
      await api.fedi.account({ username: "baker" });
      const id = await picture();
      const baker = await api.client("baker");
      await baker.post("/api/v1/statuses", { status: "mine", media_ids: [id] }, { expect: 422 });
      await baker.get(`/api/v1/media/${id}`, {}, { expect: 404 });
    });

    it("stays with a status that was stored before the store failed, though the app was told of the failure", async () => {
      const { body } = await upload(file(await photo()));
      const { collection } = api.site.models.actors;
      const updateOne = collection.updateOne.bind(collection);
      collection.updateOne = () => {
        collection.updateOne = updateOne;
        throw new Error("the store is away");
      };
      await app.post("/api/v1/statuses", { status: "still here", media_ids: [body.id] }, { expect: 500 });
      clock.advance(2 * DAY);
      await drainUploads(api.site);
      const [status] = (await app.get("/api/v1/timelines/home", { limit: 1 })).body;
      assert.equal(status.content, "<p>still here</p>");
      assert.equal((await served(status.media_attachments[0].url)).status, 200);
    });

    it("gets new words by an edit, and goes from the status by another", async () => {
      const id = await picture();
      const { body } = await post([id]);
      const words = [{ id, description: "seen", focus: "0.1,0.2" }];
      const { body: edited } = await app.put(`/api/v1/statuses/${body.id}`, {
        status: "look",
        media_ids: [id],
        media_attributes: words,
      });
      assert.equal(edited.media_attachments[0].description, "seen");
      assert.ok(edited.edited_at !== null);
      const { body: bare } = await app.put(`/api/v1/statuses/${body.id}`, { status: "look" });
      assert.deepEqual(bare.media_attachments, []);
      const { body: history } = await app.get(`/api/v1/statuses/${body.id}/history`);
      assert.equal((await served(history[0].media_attachments[0].url)).status, 200);
    });

    it("serves a new draft after a deletion, and goes with it where that is wished", async () => {
      const id = await picture();
      const { body } = await post([id]);
      const { body: deleted } = await app.delete(`/api/v1/statuses/${body.id}`);
      assert.equal(deleted.media_attachments[0].id, id);
      const { body: again } = await post([id]);
      await app.delete(`/api/v1/statuses/${again.id}?delete_media=true`);
      assert.equal((await served(again.media_attachments[0].url)).status, 404);
    });
  });

  it("is removed when nobody has posted it for a day", async () => {
    const { body } = await upload(file(await drawn(10, 10).png().toBuffer()));
    const { body: kept } = await upload(file(await drawn(10, 10).png().toBuffer()));
    await app.post("/api/v1/statuses", { status: "kept", media_ids: [kept.id] });
    clock.advance(DAY - HOUR);
    await drainUploads(api.site);
    assert.equal((await served(body.url)).status, 200);
    clock.advance(2 * HOUR);
    await drainUploads(api.site);
    assert.equal((await served(body.url)).status, 404);
    assert.equal((await served(kept.url)).status, 200);
    assert.equal(await api.site.models.uploads.countDocuments({ _id: Number(body.id) }), 0);
  });
});

/** Programs that behave like ffmpeg and ffprobe as far as we use them: what they do with a file is not ours to test. */
async function standIns(folder: string, png: Buffer): Promise<{ ffmpeg: string; ffprobe: string }> {
  const frame = join(folder, "frame.png");
  await writeFile(frame, png);
  const write = async (name: string, script: string): Promise<string> => {
    const path = join(folder, name);
    await writeFile(path, `#!/bin/sh\n${script}`);
    await chmod(path, 0o755);
    return path;
  };
  return {
    ffmpeg: await write(
      "ffmpeg",
      `echo "$@" >> ${folder}/calls
for last; do :; done
case "$*" in *-version*) exit 0;; *image2*) cp ${frame} "$last";; *) printf 'made' > "$last";; esac`,
    ),
    ffprobe: await write(
      "ffprobe",
      `case "$*" in *-version*) exit 0;; esac
for last; do :; done
if grep -q broken "$last"; then echo "Invalid data" >&2; exit 1; fi
if grep -q long "$last"; then echo '{"streams":[{"codec_type":"video","codec_name":"h264","width":64,"height":64,"avg_frame_rate":"25/1"}],"format":{"duration":"100000"}}'; exit 0; fi
if grep -q song "$last"; then echo '{"streams":[{"codec_type":"audio","codec_name":"mp3"}],"format":{"duration":"3.5","bit_rate":"128000"}}'; exit 0; fi
echo '{"streams":[{"codec_type":"video","codec_name":"h264","pix_fmt":"yuv420p","width":64,"height":48,"avg_frame_rate":"25/1"},{"codec_type":"audio","codec_name":"aac"}],"format":{"duration":"3.5","bit_rate":"128000"}}'`,
    ),
  };
}

describe("uploading video and sound, where ffmpeg is", () => {
  let api: StartedApi;
  let app: ApiClient;
  let folder: string;

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), "fedi-tools-"));
    const media = await standIns(folder, await drawn(64, 48).png().toBuffer());
    api = await startApi({ media });
    app = await api.client("blog");
  });
  after(async () => {
    await api.close();
    await rm(folder, { recursive: true, force: true });
  });

  const mp4 = (text = ""): File => {
    const head = Buffer.concat([Buffer.from([0, 0, 0, 24]), Buffer.from("ftypmp42\0\0\0\0mp42isom")]);
    return file(Buffer.concat([head, Buffer.from(text)]), "film.mp4", "video/mp4");
  };
  const upload = (given: File, expect = 202) =>
    app.post("/api/v2/media", { file: given }, { as: "multipart", expect });

  it("answers 202 at once, 206 until it is made, and then 200", async () => {
    const { body } = await upload(mp4());
    assert.deepEqual([body.type, body.url], ["video", null]);
    const { body: waiting } = await app.get(`/api/v1/media/${body.id}`, {}, { expect: 206 });
    assert.equal(waiting.url, null);
    const { body: early } = await app.post(
      "/api/v1/statuses",
      { status: "x", media_ids: [body.id] },
      { expect: 422 },
    );
    assert.match(early.error, /have not finished processing/);
    await drainUploads(api.site);
    const { body: ready } = await app.get(`/api/v1/media/${body.id}`);
    assert.deepEqual([ready.type, ready.meta.original.duration, ready.meta.small.width], ["video", 3.5, 64]);
    const answer = await fetch(ready.url);
    assert.deepEqual([answer.headers.get("content-type"), await answer.text()], ["video/mp4", "made"]);
    const { body: status } = await app.post("/api/v1/statuses", { status: "x", media_ids: [body.id] });
    assert.equal(status.media_attachments[0].type, "video");
    assert.deepEqual(await readdir(join(api.site.options.dataDir, "media-work")), []);
  });

  it("lets the programs read that one file only, as what it is", async () => {
    await upload(mp4());
    await drainUploads(api.site);
    const { readFile } = await import("node:fs/promises");
    const calls = (await readFile(join(folder, "calls"), "utf8")).split("\n");
    for (const call of calls.filter((line) => line.includes(" -i "))) {
      assert.match(call, /-protocol_whitelist file -f (mov|mp3|gif) -i /);
      assert.match(call, /^-nostdin/);
    }
  });

  it("does the work before the answer for apps that do not wait", async () => {
    const { body } = await app.post("/api/v1/media", { file: mp4() }, { as: "multipart" });
    assert.match(body.url, /\.mp4$/);
  });

  it("takes sound", async () => {
    const { body } = await upload(file("ID3\x04\0\0\0\0\0\0song and dance", "song.mp3"));
    await drainUploads(api.site);
    const { body: ready } = await app.get(`/api/v1/media/${body.id}`);
    assert.deepEqual([ready.type, ready.meta.original.duration], ["audio", 3.5]);
  });

  it("makes a silent video of a moving GIF", async () => {
    const frame = await drawn(20, 20).png().toBuffer();
    const other = await sharp({ create: { width: 20, height: 20, channels: 3, background: "blue" } })
      .png()
      .toBuffer();
    const { body } = await upload(
      file(
        await sharp([frame, other], { join: { animated: true } })
          .gif()
          .toBuffer(),
      ),
    );
    assert.equal(body.type, "gifv");
    await drainUploads(api.site);
    assert.match((await app.get(`/api/v1/media/${body.id}`)).body.url, /\.mp4$/);
  });

  it("tells what cannot be read, or is too long", async () => {
    for (const [text, reason] of [
      ["broken", /could not be read/],
      ["long", /longer than 15 minutes/],
    ] as const) {
      const { body } = await upload(mp4(text));
      await drainUploads(api.site);
      const { body: failed } = await app.get(`/api/v1/media/${body.id}`, {}, { expect: 422 });
      assert.match(failed.error, reason);
      assert.doesNotMatch(failed.error, /Invalid data|ffmpeg|\//);
      await app.post("/api/v1/statuses", { status: "x", media_ids: [body.id] }, { expect: 422 });
    }
  });

  it("is done by another process where the first has died", async () => {
    const { body } = await upload(mp4());
    const waiting = await api.site.models.uploads.findById(Number(body.id)).lean<UploadRow>();
    assert.equal(waiting?.state, "processing");
    await Promise.all([drainUploads(api.site), drainUploads(api.site)]);
    assert.equal((await app.get(`/api/v1/media/${body.id}`)).status, 200);
  });
});

/** Of a PNG chunk. */
function crc32(bytes: Uint8Array): number {
  let crc = 0xffffffff;
  for (const byte of bytes) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit += 1) crc = crc & 1 ? (crc >>> 1) ^ 0xedb88320 : crc >>> 1;
  }
  return (crc ^ 0xffffffff) >>> 0;
}
