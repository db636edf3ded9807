/** Plain text as HTML. The properties that ActivityStreams calls natural language are HTML, `summary` among them. */
export function escapeText(text: string): string {
  return text
    .replaceAll("&", "&amp;")
    .replaceAll("<", "&lt;")
    .replaceAll(">", "&gt;")
    .replaceAll('"', "&quot;");
}
