import type { FilterWishes, KeywordWish } from "../domain/filters.ts";
import type { Clock } from "../support/clock.ts";
import { fromNow, SECOND } from "../support/clock.ts";
import { unprocessable } from "./errors.ts";
import type { Params } from "./params.ts";

/** A hundred years: longer is never, and later dates cannot be stored. */
const LONGEST = 100 * 365 * 86_400;
/** Keywords in one request; more than can be kept are refused when they are counted. */
const AT_ONCE = 2000;

/** A filter as apps send it to version 2 of the methods. */
export function readFilter(params: Params, clock: Clock): FilterWishes {
  const title = params.string("title");
  const action = params.string("filter_action");
  return {
    ...readCommon(params, clock),
    ...(title === undefined ? {} : { title }),
    ...(action === undefined ? {} : { action }),
    ...(params.has("keywords_attributes") ? { keywords: readKeywords(params) } : {}),
  };
}

/** What both versions have in common: where it applies, and until when. */
export function readCommon(params: Params, clock: Clock): FilterWishes {
  const expiresAt = readExpiry(params, clock);
  return {
    ...(params.has("context") ? { context: params.strings("context") } : {}),
    ...(expiresAt === undefined ? {} : { expiresAt }),
  };
}

/** Empty or null: never. Left out: as it was. */
function readExpiry(params: Params, clock: Clock): Date | null | undefined {
  if (params.isNull("expires_in") || params.string("expires_in")?.trim() === "") return null;
  if (!params.has("expires_in")) return undefined;
  const seconds = params.integer("expires_in", { min: 0, max: LONGEST });
  if (seconds === undefined) throw unprocessable("Validation failed: Expires in is not a number");
  return fromNow(clock, seconds * SECOND);
}

function readKeywords(params: Params): KeywordWish[] {
  const list = params.objects("keywords_attributes");
  if (list.length > AT_ONCE) throw unprocessable("Too many keywords");
  return list.map((one) => {
    const id = one.string("id") ? one.requiredId("id") : undefined;
    return {
      ...readKeyword(one),
      ...(id === undefined ? {} : { id }),
      remove: one.boolean("_destroy", false),
    };
  });
}

/** One keyword. @param name of the parameter that holds it. */
export function readKeyword(params: Params, name = "keyword"): KeywordWish {
  const keyword = params.string(name);
  const wholeWord = params.boolean("whole_word");
  return {
    ...(keyword === undefined ? {} : { keyword }),
    ...(wholeWord === undefined ? {} : { wholeWord }),
  };
}
