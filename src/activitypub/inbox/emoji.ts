/** One emoji as people see it, whatever it is made of; `v` because only it knows sequences. */
const UNICODE = new RegExp("^\\p{RGI_Emoji}$", "v");
/** Hearts and the like without their variation selector, as many clients send them. */
const PICTOGRAM = /^\p{Extended_Pictographic}$/u;
const CUSTOM = /^:?([A-Za-z0-9_+-]{1,64})(?:@[A-Za-z0-9.:-]{1,255})?:?$/;

/**
 * The emoji of a reaction: one Unicode emoji, or `:name:` where `isCustom` says that the activity brings a picture of
 * that name. Anything else is `undefined`.
 */
export function readEmoji(text: unknown, isCustom: (name: string) => boolean): string | undefined {
  if (typeof text !== "string" || text.length > 400) return undefined;
  const trimmed = text.trim();
  if (UNICODE.test(trimmed) || PICTOGRAM.test(trimmed)) return trimmed;
  const name = CUSTOM.exec(trimmed)?.[1];
  return name !== undefined && isCustom(name) ? `:${name}:` : undefined;
}
