import { createParser } from "./html-parser.ts";
import { MEDIA_SCHEMES, safeUrl } from "./links.ts";

export interface HtmlImage {
  /** Absolute. */
  url: string;
  /** The alternative text; empty where there is none. */
  alt: string;
  /** Pixels, where the HTML says so. */
  width?: number;
  height?: number;
}

/**
 * The pictures of a post in their order, each once, for attachments: Mastodon drops `<img>` from the text. Relative
 * addresses are resolved against `baseUrl`; `data:` and the like are left out.
 */
export function imagesOf(html: string, baseUrl: string): HtmlImage[] {
  const images = new Map<string, HtmlImage>();
  const parser = createParser({
    onopentag(name, attributes) {
      if (name !== "img") return;
      const url = safeUrl(attributes.src, MEDIA_SCHEMES, baseUrl);
      if (url === undefined) return;
      const known = images.get(url);
      const alt = (attributes.alt ?? "").trim();
      if (known) {
        if (known.alt === "") known.alt = alt;
        return;
      }
      const width = pixels(attributes.width);
      const height = pixels(attributes.height);
      images.set(url, {
        url,
        alt,
        ...(width === undefined ? {} : { width }),
        ...(height === undefined ? {} : { height }),
      });
    },
  });
  parser.write(html);
  parser.end();
  return [...images.values()];
}

function pixels(value: string | undefined): number | undefined {
  return value !== undefined && /^[1-9][0-9]{0,4}$/.test(value) ? Number(value) : undefined;
}
