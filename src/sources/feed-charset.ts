import { InvalidInput } from "../support/errors.ts";

/** Reads the label in `<?xml … encoding="…"?>` and in a `charset=` parameter. */
const DECLARATION = /^\s*<\?xml[^>]*?encoding\s*=\s*["']([A-Za-z0-9._:-]{1,40})["']/;
const PARAMETER = /;\s*charset\s*=\s*"?([A-Za-z0-9._:-]{1,40})"?/i;

/** The characters 0x80 to 0x9f; the five that are not assigned stay as they are. */
const WINDOWS_1252 =
  "\u20ac\u0081\u201a\u0192\u201e\u2026\u2020\u2021\u02c6\u2030\u0160\u2039\u0152\u008d\u017d\u008f" +
  "\u0090\u2018\u2019\u201c\u201d\u2022\u2013\u2014\u02dc\u2122\u0161\u203a\u0153\u009d\u017e\u0178";

/**
 * The text of a feed. Its encoding is told by the byte order mark, else by the media type, else by the XML declaration
 * (the order of RFC 7303), else it is UTF-8.
 *
 * @throws InvalidInput for an encoding that does not exist.
 */
export function decodeFeed(
  bytes: Uint8Array,
  contentType: string | undefined,
): { text: string; damaged: boolean } {
  const label = markOf(bytes) ?? PARAMETER.exec(contentType ?? "")?.[1] ?? declaredIn(bytes) ?? "utf-8";
  try {
    return { text: decode(label, bytes, true), damaged: false };
  } catch (error) {
    if (error instanceof RangeError) {
      throw new InvalidInput(
        `The feed says it is written in "${label}", an encoding that does not exist here. Serve it as UTF-8.`,
        "feed-encoding",
        422,
        error,
      );
    }
    return { text: decode(label, bytes, false), damaged: true };
  }
}

function decode(label: string, bytes: Uint8Array, fatal: boolean): string {
  const decoder = new TextDecoder(label, { fatal });
  const text = decoder.decode(bytes);
  if (decoder.encoding !== "windows-1252") return text;
  // Node 20 to 23 read windows-1252 as ISO 8859-1 and leave control characters where the euro sign and quotes are.
  return text.replace(/[\u0080-\u009f]/g, (character) => WINDOWS_1252.charAt(character.charCodeAt(0) - 0x80));
}

function markOf(bytes: Uint8Array): string | undefined {
  const [first = 0, second = 0, third = 0] = bytes;
  if (first === 0xef && second === 0xbb && third === 0xbf) return "utf-8";
  // With or without the mark: the `<` of an XML document says the same.
  if ((first === 0xff && second === 0xfe) || (first === 0x3c && second === 0)) return "utf-16le";
  if ((first === 0xfe && second === 0xff) || (first === 0 && second === 0x3c)) return "utf-16be";
  return undefined;
}

function declaredIn(bytes: Uint8Array): string | undefined {
  const label = DECLARATION.exec(Buffer.from(bytes.subarray(0, 200)).toString("latin1"))?.[1];
  // Feeds made with .NET often say so. Were it true, this line could not be read byte by byte.
  return label !== undefined && /^utf-?16/i.test(label) ? undefined : label;
}
