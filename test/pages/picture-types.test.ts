import assert from "node:assert/strict";
import { pictureType } from "../../src/pages/picture-types.ts";

const padded = (...parts: (string | number[])[]): Buffer =>
  Buffer.concat([
    ...parts.map((part) => (typeof part === "string" ? Buffer.from(part, "latin1") : Buffer.from(part))),
    Buffer.alloc(32),
  ]);

describe("the type of a picture", () => {
  const known: [string, Buffer][] = [
    ["image/png", padded("\x89PNG\r\n\x1a\n")],
    ["image/jpeg", padded([0xff, 0xd8, 0xff, 0xe0])],
    ["image/gif", padded("GIF89a")],
    ["image/gif", padded("GIF87a")],
    ["image/webp", padded("RIFF", [1, 2, 3, 4], "WEBPVP8 ")],
    ["image/avif", padded([0, 0, 0, 0x1c], "ftypavif")],
    ["image/avif", padded([0, 0, 0, 0x20], "ftypmif1", [0, 0, 0, 0], "miafavif")],
  ];
  for (const [type, bytes] of known)
    it(`is ${type} by its bytes`, () => assert.equal(pictureType(bytes), type));

  const unknown: [string, Buffer][] = [
    ["an SVG", Buffer.from('<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>')],
    ["an SVG with an XML declaration", Buffer.from('<?xml version="1.0"?><svg onload="alert(1)"/>')],
    ["HTML", Buffer.from("<!doctype html><script>alert(1)</script>")],
    ["HTML behind the name of a GIF in it", Buffer.from("<html>GIF89a</html>          ")],
    ["an MP4 film", padded([0, 0, 0, 0x18], "ftypisom", [0, 0, 2, 0], "isommp41")],
    ["avif only as a version number", padded([0, 0, 0, 0x10], "ftypisomavif")],
    ["a sound in RIFF", padded("RIFF", [1, 2, 3, 4], "WAVEfmt ")],
    ["a PDF", padded("%PDF-1.7")],
    ["too little", Buffer.from("GIF89a")],
    ["nothing", Buffer.alloc(0)],
  ];
  for (const [what, bytes] of unknown)
    it(`is not told of ${what}`, () => assert.equal(pictureType(bytes), undefined));
});
