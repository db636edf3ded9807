/**
 * What a picture is, by its first bytes and nothing else: the type its server claims is that server's word. SVG and HTML
 * can run scripts and are never among these.
 */
export function pictureType(bytes: Buffer): string | undefined {
  const text = (from: number, to: number): string => bytes.toString("latin1", from, to);
  if (bytes.length < 16) return undefined;
  if (text(0, 8) === "\x89PNG\r\n\x1a\n") return "image/png";
  if (text(0, 3) === "\xff\xd8\xff") return "image/jpeg";
  if (text(0, 6) === "GIF87a" || text(0, 6) === "GIF89a") return "image/gif";
  if (text(0, 4) === "RIFF" && text(8, 12) === "WEBP") return "image/webp";
  if (text(4, 8) === "ftyp" && isAvif(bytes)) return "image/avif";
  return undefined;
}

/** AVIF names itself as the major brand or among the compatible ones of its first box. */
function isAvif(bytes: Buffer): boolean {
  const end = Math.min(bytes.readUInt32BE(0), bytes.length, 64);
  for (let at = 8; at + 4 <= end; at += 4) {
    // Bytes 12 to 15 are a version, not a brand.
    if (at !== 12 && /^avi[fs]$/.test(bytes.toString("latin1", at, at + 4))) return true;
  }
  return false;
}
