import type Sanitize from "sanitize-html";
import { InvalidInput } from "../support/errors.ts";
import { onDemand } from "../support/on-demand.ts";
import { escapeText } from "./escape.ts";
import { foreignPolicy } from "./foreign-policy.ts";
import { isNestedWithin } from "./nesting.ts";
import { ownPolicy } from "./own-policy.ts";
import { cutAt, plainText } from "./plain-text.ts";

/** Not needed to show what is stored, since that is clean already. */
const sanitizer = onDemand<typeof Sanitize>("sanitize-html");

/**
 * Stored beside every text that went through `sanitiseHtml`. It goes up whenever a policy gets stricter, so that what
 * was cleaned by an older one can be found and cleaned again.
 */
export const POLICY_VERSION = 1;

/** Characters of foreign HTML that are read; what comes after is cut off. The longest honest articles are a third. */
export const FOREIGN_HTML_LENGTH = 500_000;
/** Characters of an own post. Servers refuse an activity over 1 MB, so that more could not be delivered anyway. */
export const OWN_HTML_LENGTH = 1_000_000;
/** Levels of elements. Honest HTML, quoted mail included, stays well below; what is deeper is shown as plain text. */
const HTML_DEPTH = 100;

/**
 * THE gate for HTML from outside: what comes out may stand in our pages and in the answers to apps. Keeps the elements
 * and classes that Mastodon keeps, makes links harmless, turns pictures into links. Sanitising twice is sanitising once.
 *
 * @param options.baseUrl what relative links are resolved against; left out, they become text.
 */
export function sanitiseHtml(html: string, options: { baseUrl?: string } = {}): string {
  return clean(cutAt(html, FOREIGN_HTML_LENGTH), () => foreignPolicy(options.baseUrl));
}

/**
 * Makes the owner's own HTML fit to be shown in our pages and to be sent out: everything a post is made of stays (pictures,
 * figures, tables, code), with absolute addresses; scripts, styles, event handlers and forms go, frames become links.
 *
 * @param options.baseUrl the post's permalink (or its site), against which relative links and pictures are resolved.
 * @throws InvalidInput for HTML over `OWN_HTML_LENGTH` characters.
 */
export function sanitiseOwnHtml(html: string, options: { baseUrl: string }): string {
  if (html.length > OWN_HTML_LENGTH) {
    throw new InvalidInput(
      `The post's HTML has ${html.length} characters; at most ${OWN_HTML_LENGTH} can be sent to other servers. ` +
        "Shorten it, or link to the long part.",
      "post-too-long",
    );
  }
  return clean(html, () => ownPolicy(options.baseUrl));
}

/** Passes until nothing changes, and then one more would not either: dropping an element can change how others nest. */
const PASSES = 5;

function clean(html: string, policy: () => Sanitize.IOptions): string {
  let text = withoutControls(html);
  if (!isNestedWithin(text, HTML_DEPTH)) return asParagraphs(plainText(text));
  for (let pass = 0; pass < PASSES; pass += 1) {
    const cleaned = withoutControls(sanitizer()(text, policy()));
    if (cleaned === text) return text;
    text = cleaned;
  }
  return asParagraphs(plainText(text));
}

/** No character that browsers drop, replace or refuse: control characters and halves of surrogate pairs. */
function withoutControls(html: string): string {
  // eslint-disable-next-line no-control-regex -- control characters are what is looked for
  return html.replace(/[\0-\u0008\u000b\u000c\u000e-\u001f\u007f-\u009f\p{Surrogate}]/gu, "");
}

/** Plain text as HTML: an empty line parts paragraphs, a line end is a `<br>`. */
function asParagraphs(text: string): string {
  return text
    .split(/\n{2,}/)
    .filter((paragraph) => paragraph.trim() !== "")
    .map((paragraph) => `<p>${escapeText(withoutControls(paragraph)).replaceAll("\n", "<br />")}</p>`)
    .join("");
}
