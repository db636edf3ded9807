import { createHash } from "node:crypto";
import type { MediaRow, PostRow } from "../database/rows.ts";
import type { Site } from "../site.ts";
import { tagsFromList } from "../text/hashtags.ts";
import { plainText } from "../text/plain-text.ts";
import { POLICY_VERSION } from "../text/sanitise.ts";
import type { CheckedPost, PostInput } from "./post-input.ts";
import { mergeMedia, mergeTags, renderOwn } from "./render.ts";

const BY_MEDIA_TYPE: Readonly<Record<string, "html" | "markdown" | "text">> = {
  "text/html": "html",
  "text/markdown": "markdown",
  "text/plain": "text",
};

function sourceOf(input: CheckedPost): { text: string; mediaType: string } {
  if (input.html !== undefined) return { text: input.html, mediaType: "text/html" };
  if (input.text !== undefined) return { text: input.text, mediaType: "text/plain" };
  return { text: input.markdown ?? "", mediaType: "text/markdown" };
}

/** Everything of a post that others see and that is worked out from the input alone. */
export function ownFields(site: Site, input: CheckedPost, page: string) {
  const source = sourceOf(input);
  const rendered = renderOwn(site, source, page, []);
  const named = (input.attachments ?? []).map(asMedia);
  const type: string =
    input.type ??
    (site.options.federateAs === "auto"
      ? input.title === undefined
        ? "Note"
        : "Article"
      : site.options.federateAs);
  const language = input.language ?? site.options.language;
  const warning = input.warning === "" ? undefined : input.warning;
  return {
    type,
    ...(input.title === undefined ? {} : { title: input.title }),
    content: rendered.content,
    policy: POLICY_VERSION,
    source,
    excerpt: rendered.excerpt,
    ...(input.summary === undefined ? {} : { summary: plainText(input.summary) }),
    ...(warning === undefined ? {} : { warning }),
    sensitive: input.sensitive ?? warning !== undefined,
    ...(language === undefined ? {} : { language }),
    visibility: input.visibility ?? ("public" as const),
    mentions: rendered.mentions.map((handle) => ({ handle })),
    ...mergeTags(tagsFromList(input.tags ?? []), rendered.hashtags),
    ...(input.image ? { image: asMedia({ ...input.image, type: "Image" }) } : {}),
    attachments: mergeMedia(named, rendered.images).filter((media) => media.url !== input.image?.url),
  };
}

/** Changes with anything that others see. @param url the permalink that a host has given. */
export function fingerprintOf(fields: Partial<PostRow>, url: string | undefined): string {
  return createHash("sha256")
    .update(JSON.stringify([fields, url]))
    .digest("base64url");
}

/** A stored post as a host would give it, to be changed in part. @param withText false where a new text takes its place. */
export function inputOf(existing: PostRow, withText: boolean): PostInput {
  const { source } = existing;
  return {
    ...(existing.key === undefined ? {} : { url: existing.url }),
    ...(existing.title === undefined ? {} : { title: existing.title }),
    ...(source === undefined || !withText
      ? {}
      : { [BY_MEDIA_TYPE[source.mediaType] ?? "html"]: source.text }),
    ...(existing.summary === undefined ? {} : { summary: existing.summary }),
    tags: existing.hashtags,
    ...(existing.image ? { image: asInput(existing.image) } : {}),
    ...(existing.language === undefined ? {} : { language: existing.language }),
    published: existing.publishedAt,
    sensitive: existing.sensitive,
    ...(existing.warning === undefined ? {} : { warning: existing.warning }),
    ...(existing.visibility === "direct" ? {} : { visibility: existing.visibility }),
    type: existing.type === "Article" ? "Article" : "Note",
    ...(existing.inReplyTo === undefined ? {} : { inReplyTo: existing.inReplyTo }),
  };
}

function asMedia(
  given: { url: string; type?: MediaRow["type"] | undefined } & Record<string, unknown>,
): MediaRow {
  const rest = Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined));
  return { ...rest, url: given.url, type: given.type ?? typeByMedia(given["mediaType"]) };
}

function typeByMedia(mediaType: unknown): MediaRow["type"] {
  const top = typeof mediaType === "string" ? mediaType.split("/")[0] : "image";
  return top === "image" ? "Image" : top === "video" ? "Video" : top === "audio" ? "Audio" : "Document";
}

function asInput({
  type: _,
  focus: __,
  blurhash: ___,
  ...media
}: MediaRow): Omit<MediaRow, "type" | "focus" | "blurhash"> {
  return media;
}
