import { readFile } from "node:fs/promises";
import { text } from "node:stream/consumers";
import { InvalidInput, OptionsError } from "../support/errors.ts";
import { readCommandLine, type CommandFlag } from "./flags.ts";
import { withSite } from "./with-site.ts";

const FLAGS: readonly CommandFlag[] = ["title", "reply-to", "visibility", "warning", "url", "file"].map(
  (flag) => ({ flag, type: "string" }),
);

/** `post NAME [TEXT]`: publishes Markdown as an account. */
export async function postCommand(argv: string[], environment: NodeJS.ProcessEnv): Promise<void> {
  const { options, own, positionals } = readCommandLine(argv, environment, FLAGS);
  const [author, ...words] = positionals;
  if (author === undefined)
    throw new OptionsError("Usage: express-fediverse post NAME [TEXT] [--title ...] [--reply-to URL]");
  const markdown = await body(words, own["file"]);
  const post: Record<string, unknown> = { author, markdown };
  for (const [flag, field] of [
    ["title", "title"],
    ["reply-to", "inReplyTo"],
    ["visibility", "visibility"],
    ["warning", "warning"],
    ["url", "url"],
  ] as const) {
    if (own[flag] !== undefined) post[field] = own[flag];
  }
  await withSite(options, async (fedi) => {
    const row = await fedi.publish(post);
    console.log(
      `Stored ${row.url}\nThe running site (express-fediverse serve, or your own) sends it within seconds.`,
    );
  });
}

async function body(words: string[], file: unknown): Promise<string> {
  if (words.length > 0) return said(words.join(" "));
  if (typeof file === "string") {
    return said(
      await readFile(file, "utf8").catch((error: unknown) => {
        throw new InvalidInput(`${file} cannot be read.`, "file", 422, error);
      }),
    );
  }
  if (process.stdin.isTTY) throw new OptionsError("Nothing to post: give the text, --file, or pipe it in.");
  return said((await text(process.stdin)).trim());
}

/** A variable that a script has left empty must not become an empty post on the screens of all followers. */
function said(markdown: string): string {
  if (markdown.trim() === "") throw new InvalidInput("Nothing to post: the text is empty.", "empty");
  return markdown;
}
