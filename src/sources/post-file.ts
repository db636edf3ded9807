import type { Node } from "yaml";
import { InvalidInput } from "../support/errors.ts";

/** Where a post's text comes from and where it will stand. */
export interface PostFile {
  /** For messages. */
  path: string;
  /** The permalink that the file has by its name: the base of relative addresses, and the url unless one is given. */
  url?: string;
}

/** A value of the front matter with the line on which its key stands. */
export interface FrontMatterEntry {
  value: Node;
  line: number;
}

/** An error at a place of a file. */
export function invalid(file: PostFile, line: number, what: string, cause?: unknown): InvalidInput {
  return new InvalidInput(`${file.path}, line ${line}: ${what}.`, "front-matter", 422, cause);
}
