import { isAlias, isMap, isScalar, LineCounter, parseDocument, visit, type Node, type YAMLMap } from "yaml";
import { fieldsOf } from "./front-matter-fields.ts";
import { invalid, type FrontMatterEntry, type PostFile } from "./post-file.ts";
import type { SourcePost } from "./source-post.ts";

/** Characters of a front matter; honest ones have a few hundred. */
const FRONT_MATTER_LENGTH = 65_536;

/**
 * Reads a post from a Markdown file with YAML front matter between two lines of `---`, as Jekyll, Hugo, Eleventy and
 * Astro have it. Keys that mean nothing here are left alone. Without front matter the whole text is the post.
 *
 * @throws InvalidInput naming file, line and key of what cannot be read; nothing is taken half.
 */
export function parsePostFile(text: string, file: PostFile): SourcePost {
  const source = text.replace(/^\uFEFF/, "").replace(/\r\n?/g, "\n");
  if (/^\+\+\+[ \t]*(?:\n|$)/.test(source)) {
    throw invalid(
      file,
      1,
      "the front matter is TOML (between +++ lines). Write it as YAML between two lines of ---",
    );
  }
  if (!/^---[ \t]*(?:\n|$)/.test(source)) return fieldsOf(new Map(), source, file);
  const end = /\n(?:---|\.\.\.)[ \t]*(?:\n|$)/.exec(source.slice(3));
  if (end === null) throw invalid(file, 1, "the front matter that begins here has no second line of ---");
  const yaml = source.slice(source.indexOf("\n") + 1, 3 + end.index + 1);
  const body = source.slice(3 + end.index + end[0].length);
  return fieldsOf(entriesOf(yaml, file), body, file);
}

/** The keys in lower case with their values and lines. A Map, so that no key can reach a prototype. */
function entriesOf(yaml: string, file: PostFile): Map<string, FrontMatterEntry> {
  if (yaml.length > FRONT_MATTER_LENGTH) {
    throw invalid(
      file,
      1,
      `the front matter has ${yaml.length} characters; at most ${FRONT_MATTER_LENGTH} are read`,
    );
  }
  const lines = new LineCounter();
  // The opening line of --- is not part of what is parsed.
  const lineAt = (offset: number): number => lines.linePos(offset).line + 1;
  const document = parseDocument(yaml, {
    lineCounter: lines,
    prettyErrors: false,
    uniqueKeys: true,
    logLevel: "silent",
  });
  const error = document.errors[0];
  if (error)
    throw invalid(file, lineAt(error.pos[0]), `the front matter is not valid YAML (${error.message})`, error);
  if (document.contents === null) return new Map();
  if (!isMap(document.contents))
    throw invalid(file, 2, "the front matter is not a list of `key: value` lines");
  refuseAliases(document.contents, file, lineAt);
  const entries = new Map<string, FrontMatterEntry>();
  for (const { key, value } of (document.contents as YAMLMap<Node, Node | null>).items) {
    if (!isScalar(key) || value === null) continue;
    entries.set(String(key.value).toLowerCase(), { value, line: lineAt(key.range?.[0] ?? 0) });
  }
  return entries;
}

/** An alias repeats what stands elsewhere; a few lines of them can stand for gigabytes. */
function refuseAliases(contents: YAMLMap, file: PostFile, lineAt: (offset: number) => number): void {
  visit(contents, {
    Node(_key, node) {
      if (!isAlias(node)) return;
      throw invalid(
        file,
        lineAt(node.range?.[0] ?? 0),
        `the front matter uses a YAML alias (*${node.source}); write the value itself`,
      );
    },
  });
}
