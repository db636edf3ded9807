import { asArray, date, isObject, localised, text, type JsonObject } from "./read.ts";

/** A poll of another server, as it was last told. */
export interface ReadPoll {
  options: { title: string; votes: number }[];
  multiple: boolean;
  /** Absent: it never ends. */
  endsAt?: Date;
  /** People who voted, where it is told (Mastodon's extension). */
  voters?: number;
}

/** Mastodon reads 500 options of others; nobody can choose among more. */
const OPTIONS = 500;
const MOST_VOTES = 1e9;

/**
 * The poll of a Question (FEP-9967): `oneOf` for one choice, `anyOf` for several; `closed` is a time, or `true` from
 * servers that say only that it is over. `undefined` for anything without two options.
 */
export function readPoll(doc: JsonObject, now: Date): ReadPoll | undefined {
  const any = asArray(doc.anyOf);
  const given = any.length > 0 ? any : asArray(doc.oneOf);
  const options = given
    .slice(0, OPTIONS)
    .map(readOption)
    .filter((option) => option !== undefined);
  if (options.length < 2) return undefined;
  const ends = date(doc.endTime) ?? date(doc.closed) ?? (doc.closed === true ? now : undefined);
  const voters = count(doc.votersCount);
  return {
    options,
    multiple: any.length > 0,
    ...(ends === undefined ? {} : { endsAt: ends }),
    ...(voters === undefined ? {} : { voters }),
  };
}

function readOption(value: unknown): { title: string; votes: number } | undefined {
  if (!isObject(value)) return undefined;
  const title = text(localised(value, "name").text, 500);
  if (title === undefined) return undefined;
  const { replies } = value;
  return { title, votes: (isObject(replies) ? count(replies.totalItems) : count(replies)) ?? 0 };
}

function count(value: unknown): number | undefined {
  return typeof value === "number" && Number.isInteger(value) && value >= 0
    ? Math.min(value, MOST_VOTES)
    : undefined;
}
