import { z } from "zod";
import { InvalidInput } from "../support/errors.ts";

const url = z
  .string()
  .max(2048)
  .refine(
    (text) => URL.canParse(text) && /^https?:$/.test(new URL(text).protocol),
    "an absolute http(s) URL",
  );
const text = (max: number) => z.string().max(max);
const date = z.union([z.date(), z.string()]).transform((value, context) => {
  const read = new Date(value);
  if (Number.isNaN(read.getTime())) {
    context.addIssue({ code: "custom", message: "a date, or a string such as 2026-03-01T12:00:00Z" });
    return z.NEVER;
  }
  return read;
});

const image = z.union([
  url.transform((value) => ({ url: value })),
  z.strictObject({
    url,
    alt: text(10_000).optional(),
    width: z.int().positive().optional(),
    height: z.int().positive().optional(),
    mediaType: text(100).optional(),
  }),
]);

const attachment = z.strictObject({
  url,
  type: z.enum(["Image", "Video", "Audio", "Document"]).optional(),
  mediaType: text(100).optional(),
  alt: text(10_000).optional(),
  width: z.int().positive().optional(),
  height: z.int().positive().optional(),
  blurhash: text(164).optional(),
});

/** A megabyte of text is more than any server takes; larger bodies could not be delivered. */
const BODY = 400_000;

/** What a post has room for: characters of a text, members of a list. */
export const POST_ROOM = {
  title: 500,
  summary: 5000,
  tag: 100,
  tags: 100,
  attachments: 50,
  author: 100,
  authors: 10,
} as const;

export const postSchema = z
  .strictObject({
    /** The host's permalink: what makes this post the same post next time. Left out: the microblog's own page. */
    url: url.optional(),
    title: text(POST_ROOM.title).optional(),
    html: text(BODY).optional(),
    markdown: text(BODY).optional(),
    /** Plain text: line ends, links, mentions and hashtags are what they seem, all else stands as it is. */
    text: text(BODY).optional(),
    /** Plain text; of an Article. */
    summary: text(POST_ROOM.summary).optional(),
    /** Words or phrases; they become hashtags. */
    tags: z.array(text(POST_ROOM.tag)).max(POST_ROOM.tags).optional(),
    image: image.optional(),
    attachments: z.array(attachment).max(POST_ROOM.attachments).optional(),
    language: z
      .string()
      .regex(/^[A-Za-z]{2,3}(-[A-Za-z0-9]{1,8})*$/, "a language tag such as en or pt-BR")
      .optional(),
    published: date.optional(),
    updated: date.optional(),
    /** Username of the account that posts; `authors` for several, the first of which signs. */
    author: text(30).optional(),
    authors: z.array(text(POST_ROOM.author)).max(POST_ROOM.authors).optional(),
    sensitive: z.boolean().optional(),
    /** Content warning, plain text; makes the post sensitive. */
    warning: text(500).optional(),
    visibility: z.enum(["public", "unlisted", "followers"]).optional(),
    type: z.enum(["Article", "Note"]).optional(),
    /** Id or page of the post that this answers. */
    inReplyTo: url.optional(),
    /** Send it to followers? Left out: only if it is not older than the site's first start. */
    federate: z.boolean().optional(),
    /** Not taken: a source leaves drafts out, and removes what became one. */
    draft: z.literal(false).optional(),
  })
  .refine((post) => textsOf(post) > 0 || post.title !== undefined || (post.attachments?.length ?? 0) > 0, {
    message: "a post needs html, markdown or text (one of them), a title or an attachment",
  })
  .refine((post) => textsOf(post) <= 1, { message: "one of html, markdown and text, not several" });

function textsOf(post: { html?: unknown; markdown?: unknown; text?: unknown }): number {
  return [post.html, post.markdown, post.text].filter((given) => given !== undefined).length;
}

/** What `publish()` takes. */
export type PostInput = z.input<typeof postSchema>;
export type CheckedPost = z.output<typeof postSchema>;

/** @throws {InvalidInput} naming each wrong field. */
export function readPostInput(given: unknown): CheckedPost {
  const parsed = postSchema.safeParse(given);
  if (parsed.success) return parsed.data;
  const reasons = parsed.error.issues.map((issue) =>
    issue.path.length === 0 ? issue.message : `"${issue.path.join(".")}": ${issue.message}`,
  );
  throw new InvalidInput(`The post was not taken. ${reasons.join("; ")}`, "invalid-post", 422, parsed.error);
}
