import type sanitize from "sanitize-html";
import { pick, SHARED_CLASSES, SILENT_ELEMENTS } from "./foreign-policy.ts";
import { LINK_SCHEMES, MEDIA_SCHEMES, safeUrl } from "./links.ts";

const ELEMENTS = (
  "p br hr a span div section article aside header footer main h1 h2 h3 h4 h5 h6 hgroup blockquote pre code " +
  "b strong i em u s del ins sub sup small mark kbd samp var q cite dfn abbr time data bdi bdo wbr " +
  "ul ol li dl dt dd figure figcaption img audio video source details summary " +
  "table caption colgroup col thead tbody tfoot tr th td ruby rb rt rp"
).split(" ");

/** Relations that the owner may claim for a link; the others either load something or speak for the whole page. */
const RELATIONS = new Set(
  "me tag author license bookmark external nofollow noopener noreferrer sponsored ugc".split(" "),
);

/** Options for one pass over the owner's HTML; they hold state, so each pass takes new ones. */
export function ownPolicy(baseUrl: string): sanitize.IOptions {
  let openLinks = 0;
  const nested = (): boolean => openLinks > 0;
  return {
    allowedTags: ELEMENTS,
    allowedAttributes: {
      "*": ["lang", "dir", "title"],
      a: ["href", "rel", "hreflang", "translate"],
      img: ["src", "alt", "width", "height", "loading"],
      audio: ["src", "controls", "preload"],
      video: ["src", "controls", "preload", "poster", "width", "height"],
      source: ["src", "type"],
      blockquote: ["cite"],
      q: ["cite"],
      del: ["cite", "datetime"],
      ins: ["cite", "datetime"],
      time: ["datetime"],
      data: ["value"],
      ol: ["start", "reversed", "type"],
      li: ["value"],
      td: ["colspan", "rowspan", "headers"],
      th: ["colspan", "rowspan", "headers", "scope", "abbr"],
      col: ["span"],
      colgroup: ["span"],
      details: ["open"],
    },
    allowedClasses: { "*": [...SHARED_CLASSES, /^lang(?:uage)?-[\w+#.-]+$/, /^footnotes?(?:-[\w-]+)?$/] },
    allowedSchemes: [...LINK_SCHEMES],
    allowProtocolRelative: false,
    selfClosing: ["img", "br", "hr", "wbr", "col", "source"],
    nonTextTags: SILENT_ELEMENTS,
    onOpenTag: (name) => {
      if (name === "a") openLinks += 1;
    },
    onCloseTag: (name) => {
      if (name === "a") openLinks -= 1;
    },
    transformTags: {
      a: (_name, attributes) => (openLinks > 1 ? TEXT : link(attributes, baseUrl)),
      img: (_name, attributes) => picture(attributes, baseUrl),
      iframe: (_name, attributes) => frame(attributes.src, attributes.title, nested(), baseUrl),
      embed: (_name, attributes) => frame(attributes.src, attributes.title, nested(), baseUrl),
      object: (_name, attributes) => frame(attributes.data, attributes.title, nested(), baseUrl),
      audio: (_name, attributes) => player("audio", attributes, baseUrl),
      video: (_name, attributes) => player("video", attributes, baseUrl),
      source: (_name, attributes) => source(attributes, baseUrl),
      blockquote: (name, attributes) => quotation(name, attributes, baseUrl),
      q: (name, attributes) => quotation(name, attributes, baseUrl),
      del: (name, attributes) => quotation(name, attributes, baseUrl),
      ins: (name, attributes) => quotation(name, attributes, baseUrl),
    },
  };
}

const TEXT: sanitize.Tag = { tagName: "span", attribs: {} };

function link(attributes: sanitize.Attributes, baseUrl: string): sanitize.Tag {
  const href = safeUrl(attributes.href, LINK_SCHEMES, baseUrl);
  if (href === undefined) return TEXT;
  const rel = (attributes.rel ?? "")
    .toLowerCase()
    .split(/\s+/)
    .filter((relation) => RELATIONS.has(relation))
    .join(" ");
  return {
    tagName: "a",
    attribs: {
      href,
      ...pick(attributes, ["class", "title", "lang", "dir", "hreflang", "translate"]),
      ...(rel === "" ? {} : { rel }),
    },
  };
}

function picture(attributes: sanitize.Attributes, baseUrl: string): sanitize.Tag {
  const alt = attributes.alt ?? "";
  // WordPress lazy loaders put a placeholder into `src` and the picture into one of these.
  const src = [attributes["data-src"], attributes["data-lazy-src"], attributes.src]
    .map((value) => safeUrl(value, MEDIA_SCHEMES, baseUrl))
    .find((value) => value !== undefined);
  if (src === undefined) return { ...TEXT, text: alt };
  return {
    tagName: "img",
    attribs: {
      src,
      alt,
      ...pick(attributes, ["title", "class", "lang", "dir"]),
      ...size(attributes),
      loading: "lazy",
    },
  };
}

function frame(
  source: string | undefined,
  title: string | undefined,
  nested: boolean,
  baseUrl: string,
): sanitize.Tag {
  const href = safeUrl(source, MEDIA_SCHEMES, baseUrl);
  if (nested || href === undefined) return { ...TEXT, text: title ?? "" };
  return { tagName: "a", attribs: { href }, text: title === undefined || title.trim() === "" ? href : title };
}

function player(tagName: "audio" | "video", attributes: sanitize.Attributes, baseUrl: string): sanitize.Tag {
  const src = safeUrl(attributes.src, MEDIA_SCHEMES, baseUrl);
  const poster = safeUrl(attributes.poster, MEDIA_SCHEMES, baseUrl);
  return {
    tagName,
    attribs: {
      ...(src === undefined ? {} : { src }),
      ...(poster === undefined ? {} : { poster }),
      ...pick(attributes, ["title", "lang", "dir"]),
      ...size(attributes),
      controls: "",
      preload: "metadata",
    },
  };
}

function source(attributes: sanitize.Attributes, baseUrl: string): sanitize.Tag {
  const src = safeUrl(attributes.src, MEDIA_SCHEMES, baseUrl);
  return src === undefined ? TEXT : { tagName: "source", attribs: { src, ...pick(attributes, ["type"]) } };
}

function quotation(tagName: string, attributes: sanitize.Attributes, baseUrl: string): sanitize.Tag {
  const { cite, ...others } = attributes;
  const url = safeUrl(cite, MEDIA_SCHEMES, baseUrl);
  return { tagName, attribs: url === undefined ? others : { ...others, cite: url } };
}

/** Width and height where they are plain pixels. */
function size(attributes: sanitize.Attributes): sanitize.Attributes {
  return Object.fromEntries(
    Object.entries(pick(attributes, ["width", "height"])).filter(([, value]) =>
      /^[1-9][0-9]{0,4}$/.test(value),
    ),
  );
}
