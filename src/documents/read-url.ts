import { asArray, httpUrl, isObject } from "./read.ts";

/**
 * The page among the values of `url`: a string, a Link, or a list of Links of which one is HTML (PeerTube lists the
 * video's files beside it). Never anything but http(s).
 */
export function readPageUrl(value: unknown): string | undefined {
  let fallback: string | undefined;
  for (const item of asArray(value)) {
    const url = httpUrl(isObject(item) ? item.href : item);
    if (url === undefined) continue;
    const mediaType = isObject(item) ? item.mediaType : "text/html";
    if (mediaType === undefined || (typeof mediaType === "string" && /^text\/html\b/i.test(mediaType)))
      return url;
    fallback ??= url;
  }
  return fallback;
}
