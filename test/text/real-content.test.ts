import assert from "node:assert/strict";
import { readdirSync } from "node:fs";
import { foreignContent } from "../../src/text/foreign-content.ts";
import { plainText } from "../../src/text/plain-text.ts";
import { fixtureJson, fixtures, haveFixtures } from "../support/fixtures.ts";
import { assertOnlyMarkup, FOREIGN } from "./markup.ts";

interface Sample {
  file: string;
  content: string;
  mediaType: string | undefined;
}

/** Every `content` that a server really sent, wherever it stands in a payload. */
function samples(): Sample[] {
  return readdirSync(fixtures, { recursive: true, encoding: "utf8" })
    .filter((file) => file.endsWith(".json"))
    .flatMap((file) => contents(fixtureJson(file)).map((found) => ({ file, ...found })));
}

function contents(value: unknown): Omit<Sample, "file">[] {
  if (Array.isArray(value)) return value.flatMap(contents);
  if (typeof value !== "object" || value === null) return [];
  const { content, mediaType } = value as Record<string, unknown>;
  const own =
    typeof content === "string"
      ? [{ content, mediaType: typeof mediaType === "string" ? mediaType : undefined }]
      : [];
  return [...own, ...Object.values(value).flatMap(contents)];
}

const words = (text: string): string => text.replace(/[^\p{L}\p{N}]+/gu, "");
const linksOf = (html: string): string[] =>
  [...html.matchAll(/<a\b[^>]*?\shref=(?:"([^"]*)"|'([^']*)')/g)].map((match) => match[1] ?? match[2] ?? "");

describe("content that servers really sent", () => {
  if (!haveFixtures) {
    it("is not read here: ../shared/fixtures is missing");
    return;
  }
  const html = samples().filter(({ mediaType }) => mediaType === undefined || mediaType === "text/html");

  it("is there in numbers, from Mastodon, Misskey, Pixelfed, Pleroma, Lemmy, PeerTube and Plume", () => {
    assert.ok(html.length > 80);
    for (const system of ["mastodon", "misskey", "pixelfed", "pleroma", "lemmy", "plume"]) {
      assert.ok(
        html.some(({ file }) => file.startsWith(`${system}/`)),
        system,
      );
    }
  });

  for (const [index, sample] of html.entries()) {
    it(`keeps its text, links and mentions: ${sample.file} (${index})`, () => {
      const clean = foreignContent(sample);
      assertOnlyMarkup(clean, FOREIGN);
      assert.equal(foreignContent({ content: clean }), clean);
      // Pictures turn from nothing into their alt text, so that words may be added, but none lost.
      const kept = words(plainText(clean));
      for (const line of plainText(sample.content).split(/\n+/)) assert.ok(kept.includes(words(line)), line);
      const before = linksOf(sample.content).filter((href) => /^https?:/.test(href));
      const after = linksOf(clean);
      for (const href of before) assert.ok(after.includes(href.replace(/&(?!amp;|#)/g, "&amp;")), href);
      const mentions = (text: string): number => (text.match(/class=["'][^"']*\bmention\b/g) ?? []).length;
      assert.equal(mentions(clean), mentions(sample.content));
    });
  }

  it("is rendered where it is PeerTube's Markdown", () => {
    const markdown = samples().filter(
      ({ mediaType, file }) => mediaType === "text/markdown" && file.startsWith("peertube/"),
    );
    assert.ok(markdown.length >= 3);
    for (const sample of markdown) {
      const clean = foreignContent(sample);
      assertOnlyMarkup(clean, FOREIGN);
      const [first = ""] = sample.content.split(/[\r\n*_[`]/);
      assert.ok(words(plainText(clean)).startsWith(words(first)), sample.file);
    }
  });
});
