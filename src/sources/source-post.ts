/** A post as a source (feed, folder) found it: the shape that `publish()` takes, all of it optional. */
export interface SourcePost {
  /** Absolute permalink: what makes this post the same post next time. */
  url?: string;
  /** Plain text. */
  title?: string;
  /** As found: it has not been through the sanitiser. */
  html?: string;
  markdown?: string;
  /** Plain text. */
  summary?: string;
  tags?: string[];
  image?: SourceImage;
  attachments?: SourceAttachment[];
  /** A language tag in its usual spelling: `en`, `pt-BR`. */
  language?: string;
  published?: Date;
  updated?: Date;
  authors?: string[];
  sensitive?: boolean;
  warning?: string;
  visibility?: "public" | "unlisted" | "followers";
  type?: "Article" | "Note";
  inReplyTo?: string;
  /** Not to be published (yet). */
  draft?: boolean;
  /** Send it to followers? */
  federate?: boolean;
}

export interface SourceImage {
  url: string;
  alt?: string;
  width?: number;
  height?: number;
  mediaType?: string;
}

export interface SourceAttachment extends SourceImage {
  type?: "Image" | "Video" | "Audio" | "Document";
}

/** An object without the keys that have no value, as `exactOptionalPropertyTypes` wants it. */
export function compact<T extends object>(fields: { [K in keyof T]: T[K] | undefined }): T {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as T;
}
