import { pictureAddress } from "../domain/media.ts";
import type { Site } from "../site.ts";
import { escapeAttribute } from "../text/escape.ts";

const MEDIA_ELEMENT = /<(img|audio|video|source)\b[^>]*>/g;
const ENTITIES: Record<string, string> = {
  "&amp;": "&",
  "&lt;": "<",
  "&gt;": ">",
  "&quot;": '"',
  "&#x27;": "'",
  "&#39;": "'",
};

/**
 * The owner's own HTML as our pages show it: pictures of other servers through our proxy, foreign films and sounds
 * loaded by a click only, long lines of code reached by keyboard. Reads nothing but what `sanitiseOwnHtml` wrote, where every value stands in double quotes
 * and holds no bare `>`.
 */
export function shownText(site: Site, html: string): string {
  return html.replace(/<pre\b/g, '<pre tabindex="0"').replace(MEDIA_ELEMENT, (element, name: string) => {
    const picture = element.replace(/ (src|poster)="([^"]*)"/g, (attribute, which: string, value: string) => {
      if (name !== "img" && which === "src") return attribute;
      const url = value.replace(/&(?:amp|lt|gt|quot|#x27|#39);/g, (entity) => ENTITIES[entity] ?? entity);
      return ` ${which}="${escapeAttribute(pictureAddress(site, url))}"`;
    });
    return name === "img" ? picture : picture.replace(' preload="metadata"', ' preload="none"');
  });
}
