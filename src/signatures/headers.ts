/** Headers as Node gives them: names in lower case, a repeated one as a list or already joined. */
export type HeaderMap = Record<string, string | string[] | undefined>;

/**
 * The value of a header as both signature specifications want it in their text: repeated lines joined by a comma, folded
 * lines unfolded, blanks at both ends gone.
 */
export function headerValue(headers: HeaderMap, name: string): string | undefined {
  if (!Object.hasOwn(headers, name)) return undefined;
  const value = headers[name];
  if (value === undefined) return undefined;
  return typeof value === "string" ? unfold(value) : value.map(unfold).join(", ");
}

/** The lines of a header, apart. */
export function headerLines(headers: HeaderMap, name: string): string[] | undefined {
  if (!Object.hasOwn(headers, name)) return undefined;
  const value = headers[name];
  if (value === undefined) return undefined;
  return (typeof value === "string" ? [value] : value).map(unfold);
}

function unfold(value: string): string {
  const trimmed = value.trim();
  if (!trimmed.includes("\n")) return trimmed;
  return trimmed
    .split("\n")
    .map((line) => line.trim())
    .join(" ");
}
