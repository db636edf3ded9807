import { createHash } from "node:crypto";
import type Handlebars from "handlebars";

type Options = Handlebars.HelperOptions;

/** What our views can say beside Handlebars' own words; a view that names another fails when it is read. */
export const VIEW_WORDS = ["date", "plural", "number", "asset"] as const;

const DAY = new Intl.DateTimeFormat("en-GB", { dateStyle: "long", timeZone: "UTC" });
const MOMENT = new Intl.DateTimeFormat("en-GB", {
  year: "numeric",
  month: "short",
  day: "numeric",
  hour: "2-digit",
  minute: "2-digit",
  timeZone: "UTC",
});
const COUNT = new Intl.NumberFormat("en-GB");

/**
 * Registers them on `engine`:
 * - `{{date value class="dt-published" time=true}}`: a `<time>` for people and machines.
 * - `{{plural 3 "reply" "replies"}}`: `3 replies`; the plural left out is the singular with an s; `bare=true` only the word.
 * - `{{number 1204}}`: `1,204`.
 * - `{{asset "pages.css"}}`: the address of one of our files, which changes with its content.
 */
export function teachViews(engine: typeof Handlebars, assetUrl: (name: string) => string): void {
  engine.registerHelper("date", (value: unknown, options: Options) => {
    if (!(value instanceof Date) || Number.isNaN(value.getTime())) return "";
    const style: unknown = options.hash["class"];
    const format = options.hash["time"] === true ? MOMENT : DAY;
    const attribute = typeof style === "string" ? ` class="${engine.escapeExpression(style)}"` : "";
    const zone = options.hash["time"] === true ? " UTC" : "";
    return new engine.SafeString(
      `<time${attribute} datetime="${value.toISOString()}">${format.format(value)}${zone}</time>`,
    );
  });
  engine.registerHelper("plural", (...words: unknown[]) => {
    const options = words.pop() as Options;
    const [count, one, many = `${String(one)}s`] = words as [number, string, string?];
    const word = count === 1 ? one : many;
    return options.hash["bare"] === true ? word : `${COUNT.format(count)} ${word}`;
  });
  engine.registerHelper("number", (count: unknown) => COUNT.format(Number(count)));
  engine.registerHelper("asset", (name: unknown) => assetUrl(String(name)));
}

/** The part of a file's address that changes with its content. */
export function contentHash(content: Buffer | string): string {
  return createHash("sha256").update(content).digest("hex").slice(0, 12);
}
