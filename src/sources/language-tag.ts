/** A language tag in its usual spelling (`en_us` becomes `en-US`), or `undefined` for what is none. */
export function languageTag(text: string | undefined): string | undefined {
  const tag = text?.trim().replaceAll("_", "-");
  if (tag === undefined || !/^[A-Za-z]{2,3}(?:-[A-Za-z0-9]{1,8})*$/.test(tag)) return undefined;
  try {
    return Intl.getCanonicalLocales(tag)[0];
  } catch {
    // The engine knows the grammar of tags; what it refuses is none.
    return undefined;
  }
}
