/** What a file is. `demuxer` is the one reader that ffmpeg may use on it. */
export type MediaKind =
  | { family: "image"; format: "jpeg" | "png" | "gif" | "webp" | "avif" | "heif" }
  | { family: "video" | "audio"; demuxer: string };

/**
 * What a file is by its first bytes and nothing else: its name and the type its sender claims are words. SVG and HTML are
 * never among these, nor are playlists, which name other files.
 */
export function mediaKind(bytes: Buffer): MediaKind | undefined {
  const text = (from: number, to: number): string => bytes.toString("latin1", from, to);
  if (bytes.length < 12) return undefined;
  if (text(0, 8) === "\x89PNG\r\n\x1a\n") return { family: "image", format: "png" };
  if (text(0, 3) === "\xff\xd8\xff") return { family: "image", format: "jpeg" };
  if (/^GIF8[79]a$/.test(text(0, 6))) return { family: "image", format: "gif" };
  if (text(0, 4) === "RIFF" && text(8, 12) === "WEBP") return { family: "image", format: "webp" };
  if (text(0, 4) === "RIFF" && text(8, 12) === "WAVE") return { family: "audio", demuxer: "wav" };
  if (text(4, 8) === "ftyp") return boxed(bytes);
  if (text(0, 4) === "\x1aE\xdf\xa3") return { family: "video", demuxer: "matroska" };
  if (text(0, 4) === "OggS") return { family: "audio", demuxer: "ogg" };
  if (text(0, 4) === "fLaC") return { family: "audio", demuxer: "flac" };
  if (text(0, 3) === "ID3") return { family: "audio", demuxer: "mp3" };
  const [first = 0, second = 0] = bytes;
  if (first === 0xff && (second & 0xf6) === 0xf0) return { family: "audio", demuxer: "aac" };
  if (first === 0xff && (second & 0xe6) === 0xe2) return { family: "audio", demuxer: "mp3" };
  return undefined;
}

/** ISO base media files say what they are in the brands of their first box. */
function boxed(bytes: Buffer): MediaKind {
  const end = Math.min(bytes.readUInt32BE(0), bytes.length, 128);
  const brands: string[] = [];
  // Bytes 12 to 15 are a version, not a brand.
  for (let at = 8; at + 4 <= end; at += 4) if (at !== 12) brands.push(bytes.toString("latin1", at, at + 4));
  if (brands.some((brand) => /^avi[fs]$/.test(brand))) return { family: "image", format: "avif" };
  if (brands.some((brand) => /^(hei[cxms]|hev[cx]|mif1|msf1)$/.test(brand)))
    return { family: "image", format: "heif" };
  return /^(M4A |M4B )$/.test(brands[0] ?? "")
    ? { family: "audio", demuxer: "mov" }
    : { family: "video", demuxer: "mov" };
}
