/** A moment that an app names; nothing said is `undefined`, nonsense is a date that is none (`NaN`), for its method to refuse. */
export function readTime(text: string | undefined): Date | undefined {
  if (text === undefined || text.trim() === "") return undefined;
  return text.length > 60 ? new Date(Number.NaN) : new Date(text);
}
