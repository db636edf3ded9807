import { isMap, isScalar, isSeq, type Node } from "yaml";
import { readDate } from "./dates.ts";
import { invalid, type FrontMatterEntry, type PostFile } from "./post-file.ts";
import { languageTag } from "./language-tag.ts";
import { mediaTypeOf } from "./media-types.ts";
import { compact, type SourceImage, type SourcePost } from "./source-post.ts";

/** Front matter and body as a post. Where several keys say the same, the first in each list below counts. */
export function fieldsOf(entries: Map<string, FrontMatterEntry>, body: string, file: PostFile): SourcePost {
  const fields = new Fields(entries, file);
  const url = fields.address(["url", "permalink"], file.url) ?? fields.slugAddress();
  const inFile: PostFile = url === undefined ? file : { ...file, url };
  const published = fields.date(["date", "published", "publishdate", "pubdate"]);
  const updated = fields.date(["updated", "lastmod", "modified", "last_modified_at"]);
  return compact<SourcePost>({
    url,
    title: fields.text(["title"]),
    markdown: body.trim() === "" ? undefined : body,
    summary: fields.text(["summary", "description", "excerpt"]),
    tags: fields.words(["tags", "tag", "keywords"], ["categories", "category"]),
    image: fields.image(["image", "cover"], inFile.url),
    language: fields.language(["language", "lang"]),
    published,
    updated: published !== undefined && updated !== undefined && updated <= published ? undefined : updated,
    authors: fields.words(["authors", "author"], []),
    sensitive: fields.boolean("sensitive"),
    warning: fields.text(["warning"]),
    visibility: fields.choice("visibility", ["public", "unlisted", "followers"]),
    type: fields.choice("type", ["Article", "Note"]),
    inReplyTo: fields.address(["inreplyto", "in_reply_to", "in-reply-to"], inFile.url),
    draft: fields.boolean("draft") ?? (fields.isHidden() ? true : undefined),
    federate: fields.boolean("federate"),
  });
}

class Fields {
  readonly #entries: Map<string, FrontMatterEntry>;
  readonly #file: PostFile;

  constructor(entries: Map<string, FrontMatterEntry>, file: PostFile) {
    this.#entries = entries;
    this.#file = file;
  }

  text(keys: readonly string[]): string | undefined {
    const [key, entry] = this.#find(keys);
    if (entry === undefined) return undefined;
    const value = scalar(entry.value);
    // `title: 2024` is a number to YAML and a title to its author.
    if (typeof value === "string" || typeof value === "number") return String(value).trim() || undefined;
    throw this.#wrong(key, entry, "a text");
  }

  boolean(key: string): boolean | undefined {
    const [, entry] = this.#find([key]);
    if (entry === undefined) return undefined;
    const value = scalar(entry.value);
    if (typeof value !== "boolean") throw this.#wrong(key, entry, "true or false");
    return value;
  }

  choice<T extends string>(key: string, allowed: readonly T[]): T | undefined {
    const [, entry] = this.#find([key]);
    if (entry === undefined) return undefined;
    const value = scalar(entry.value);
    const chosen = allowed.find(
      (name) => typeof value === "string" && name.toLowerCase() === value.toLowerCase(),
    );
    if (chosen === undefined) throw this.#wrong(key, entry, `one of ${allowed.join(", ")}`);
    return chosen;
  }

  date(keys: readonly string[]): Date | undefined {
    const [key, entry] = this.#find(keys.filter((name) => name !== "published" || !this.#isFlag(name)));
    if (entry === undefined) return undefined;
    const value = scalar(entry.value);
    const date = typeof value === "string" ? readDate(value) : undefined;
    if (date === undefined)
      throw this.#wrong(key, entry, "a date such as 2026-03-01 or 2026-03-01T12:00:00Z");
    return date;
  }

  /** Jekyll's `published: false` keeps a post back. */
  isHidden(): boolean {
    const entry = this.#entries.get("published");
    return entry !== undefined && scalar(entry.value) === false;
  }

  /** A list, or one text with commas. The words of both sets of keys are put together. */
  words(keys: readonly string[], more: readonly string[]): string[] | undefined {
    const words = [...this.#wordsOf(keys), ...this.#wordsOf(more)];
    return words.length === 0 ? undefined : [...new Set(words)];
  }

  #wordsOf(keys: readonly string[]): string[] {
    const [key, entry] = this.#find(keys);
    if (entry === undefined) return [];
    const words = isSeq<Node>(entry.value) ? entry.value.items.map(nameOf) : listIn(entry.value, key);
    if (words.includes(undefined)) throw this.#wrong(key, entry, "a list of texts, or one text with commas");
    return words.filter((word) => word !== undefined && word !== "") as string[];
  }

  language(keys: readonly string[]): string | undefined {
    const [key, entry] = this.#find(keys);
    if (entry === undefined) return undefined;
    const tag = languageTag(this.text(keys));
    if (tag === undefined) throw this.#wrong(key, entry, "a language tag such as en or pt-BR");
    return tag;
  }

  address(keys: readonly string[], base: string | undefined): string | undefined {
    const [key, entry] = this.#find(keys);
    if (entry === undefined) return undefined;
    const address = resolve(this.text(keys), base);
    if (address === undefined) throw this.#wrong(key, entry, wantedAddress(base));
    return address;
  }

  /** The address by the file's name, with its last part replaced by `slug`. */
  slugAddress(): string | undefined {
    const [key, entry] = this.#find(["slug"]);
    const slug = this.text(["slug"]);
    if (entry === undefined || slug === undefined || this.#file.url === undefined) return this.#file.url;
    if (/[/?#\\]|^\.{1,2}$/.test(slug)) throw this.#wrong(key, entry, "one part of a path, without slashes");
    const url = new URL(this.#file.url);
    url.pathname = url.pathname.replace(
      /[^/]+(\/?)$/,
      (_part, slash: string) => encodeURIComponent(slug) + slash,
    );
    return url.href;
  }

  /** `image: photo.jpg`, or a map of its address, alt text and size. */
  image(keys: readonly string[], base: string | undefined): SourceImage | undefined {
    const [key, entry] = this.#find(keys);
    if (entry === undefined) return undefined;
    const parts = isMap<Node, Node>(entry.value)
      ? new Map(entry.value.items.map((item) => [String(scalar(item.key)).toLowerCase(), scalar(item.value)]))
      : new Map([["url", scalar(entry.value)]]);
    const address = parts.get("url") ?? parts.get("src") ?? parts.get("image") ?? parts.get("path");
    // Templates of posts have the key and leave it empty.
    if (address === "") return undefined;
    const alt = parts.get("alt");
    const url = typeof address === "string" ? resolve(address, base) : undefined;
    if (url === undefined || (alt !== undefined && alt !== null && typeof alt !== "string")) {
      throw this.#wrong(key, entry, `${wantedAddress(base)}, or { url, alt }`);
    }
    return compact<SourceImage>({
      url,
      alt: typeof alt === "string" ? alt.trim() || undefined : undefined,
      width: pixels(parts.get("width")),
      height: pixels(parts.get("height")),
      mediaType: mediaTypeOf(url),
    });
  }

  #isFlag(key: string): boolean {
    const entry = this.#entries.get(key);
    return entry !== undefined && typeof scalar(entry.value) === "boolean";
  }

  /** The first of the keys that has a value. */
  #find(keys: readonly string[]): [string, FrontMatterEntry | undefined] {
    for (const key of keys) {
      const entry = this.#entries.get(key);
      if (entry !== undefined && scalar(entry.value) !== null) return [key, entry];
    }
    return ["", undefined];
  }

  #wrong(key: string, entry: FrontMatterEntry, wanted: string): Error {
    return invalid(this.#file, entry.line, `"${key}" is ${describe(entry.value)}; wanted is ${wanted}`);
  }
}

/** A scalar's value; for a list or a map `undefined`. */
function scalar(node: Node | null): unknown {
  return isScalar(node) ? node.value : node === null ? null : undefined;
}

/** A name in a list of tags or authors; an author may be a map with a `name`. */
function nameOf(node: Node): string | undefined {
  const value = isMap<Node, Node>(node)
    ? scalar(node.items.find((item) => scalar(item.key) === "name")?.value ?? null)
    : scalar(node);
  return typeof value === "string" || typeof value === "number" ? String(value).trim() : undefined;
}

/** One text instead of a list: commas part tags, but not the name of an author (`Doe, Jane`). */
function listIn(node: Node, key: string): (string | undefined)[] {
  const text = nameOf(node);
  return key.startsWith("author") ? [text] : (text?.split(",").map((word) => word.trim()) ?? [undefined]);
}

function resolve(address: string | undefined, base: string | undefined): string | undefined {
  if (address === undefined || !URL.canParse(address, base)) return undefined;
  const url = new URL(address, base);
  return url.protocol === "https:" || url.protocol === "http:" ? url.href : undefined;
}

function wantedAddress(base: string | undefined): string {
  return base === undefined ? "an absolute address (https://…)" : "an address";
}

function pixels(value: unknown): number | undefined {
  return typeof value === "number" && Number.isInteger(value) && value > 0 && value <= 100_000
    ? value
    : undefined;
}

function describe(node: Node): string {
  if (isMap(node)) return "a map";
  if (isSeq(node)) return "a list";
  const value = scalar(node);
  return typeof value === "string" ? `"${value.slice(0, 60)}"` : String(value);
}
