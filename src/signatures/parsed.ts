/** What a reader of foreign text gives: the value, or what is wrong with it. */
export type Parsed<T> = { ok: true; value: T } | Malformed;

export interface Malformed {
  ok: false;
  /** Without a full stop. */
  detail: string;
}

export function malformed(detail: string): Malformed {
  return { ok: false, detail };
}
