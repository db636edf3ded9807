import type sanitize from "sanitize-html";
import { LINK_SCHEMES, MEDIA_SCHEMES, safeUrl } from "./links.ts";

/** The elements that Mastodon keeps (4.7); what it drops, readers elsewhere have not seen either. */
const ELEMENTS =
  "p br span a abbr del s pre blockquote code b strong u sub sup i em h1 h2 h3 h4 h5 h6 ul ol li ruby rt rp".split(
    " ",
  );

/** Classes that clients and pages give a meaning to; any other could call on the styles of the host's page. */
export const SHARED_CLASSES = [
  "mention",
  "hashtag",
  "ellipsis",
  "invisible",
  "quote-inline",
  /^(?:h|p|u|dt|e)-[a-z0-9]+(?:-[a-z0-9]+)*$/,
];

/** Elements of which the text, too, is not for readers. Tags of other unknown elements go, their text stays. */
export const SILENT_ELEMENTS = [
  ..."script style textarea option xmp noscript noembed noframes template title svg".split(" "),
];

/** Friendica, Hubzilla and page builders part their paragraphs with these; only dropped, lines would run together. */
const AS_PARAGRAPH =
  "div section article main header footer aside address figure figcaption dt dd tr caption".split(" ");

/** Options for one pass over foreign HTML; they hold state, so each pass takes new ones. */
export function foreignPolicy(baseUrl: string | undefined): sanitize.IOptions {
  let openLinks = 0;
  return {
    allowedTags: ELEMENTS,
    allowedAttributes: {
      a: ["href", "rel", "target", "translate", "title"],
      span: ["translate"],
      abbr: ["title"],
      ol: ["start", "reversed"],
      li: ["value"],
    },
    allowedClasses: { "*": SHARED_CLASSES },
    allowedSchemes: [...LINK_SCHEMES],
    allowProtocolRelative: false,
    nonTextTags: SILENT_ELEMENTS,
    onOpenTag: (name) => {
      if (name === "a") openLinks += 1;
    },
    onCloseTag: (name) => {
      if (name === "a") openLinks -= 1;
    },
    transformTags: {
      // The link itself is counted already; a second one is a link within a link.
      a: (_name, attributes) => link(attributes, openLinks > 1, baseUrl),
      img: (_name, attributes) => picture(attributes, openLinks > 0, baseUrl),
      ...Object.fromEntries(AS_PARAGRAPH.map((name) => [name, paragraph])),
    },
  };
}

function paragraph(): sanitize.Tag {
  return { tagName: "p", attribs: {} };
}

function link(attributes: sanitize.Attributes, nested: boolean, baseUrl: string | undefined): sanitize.Tag {
  const href = nested ? undefined : safeUrl(attributes.href, LINK_SCHEMES, baseUrl);
  if (href === undefined) return { tagName: "span", attribs: {} };
  return {
    tagName: "a",
    attribs: {
      href,
      ...pick(attributes, ["class", "title"]),
      ...(attributes.translate === "no" ? { translate: "no" } : {}),
      rel: "nofollow noopener noreferrer ugc",
      target: "_blank",
    },
  };
}

/** A picture would be loaded from a stranger's server by every reader: it becomes a link named by its alt text. */
function picture(
  attributes: sanitize.Attributes,
  nested: boolean,
  baseUrl: string | undefined,
): sanitize.Tag {
  const alt = (attributes.alt ?? "").trim();
  const href = safeUrl(attributes.src, MEDIA_SCHEMES, baseUrl);
  // Hubzilla and GNU social write custom emoji as pictures; their shortcode is all that is meant.
  const emoji = /^:[\w-]+:$/.test(alt);
  if (nested || emoji || href === undefined) return { tagName: "span", attribs: {}, text: alt };
  const { tagName, attribs } = link({ href }, false, undefined);
  return { tagName, attribs, text: alt === "" ? fileName(href) : alt };
}

function fileName(href: string): string {
  return new URL(href).pathname.split("/").pop() ?? href;
}

/** The named attributes, where they are there. */
export function pick(attributes: sanitize.Attributes, names: readonly string[]): sanitize.Attributes {
  const picked: sanitize.Attributes = {};
  for (const name of names) {
    const value = attributes[name];
    if (value !== undefined) picked[name] = value;
  }
  return picked;
}
