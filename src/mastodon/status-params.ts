import type { MediaWords } from "../domain/status-edits.ts";
import type { PollInput, QuotePolicyName, StatusInput } from "../domain/status-input.ts";
import { readVisibility } from "./entities/visibility.ts";
import { notFound, unprocessable } from "./errors.ts";
import type { Params } from "./params.ts";

/** Options that are looked at; one more than can be taken is enough to refuse the poll. */
const OPTIONS = 100;

/** A status as apps send it. What is null, or a visibility that nobody knows, is as good as left out. */
export function readStatus(params: Params): StatusInput {
  const visibility = readVisibility(params.string("visibility"));
  const inReplyTo = wanted(params, "in_reply_to_id");
  const quoted = wanted(params, "quoted_status_id");
  return {
    ...readWords(params),
    ...(visibility === undefined ? {} : { visibility }),
    ...(inReplyTo === undefined ? {} : { inReplyTo }),
    ...(quoted === undefined ? {} : { quoted }),
    ...(params.has("allowed_mentions") ? { allowedMentions: params.ids("allowed_mentions") } : {}),
  };
}

/** The part of it that an edit may change. */
export function readWords(params: Params): Omit<StatusInput, "visibility" | "inReplyTo" | "quoted"> {
  const warning = params.string("spoiler_text");
  const sensitive = params.boolean("sensitive");
  const language = params.string("language");
  const poll = readPoll(params);
  const quotePolicy = readQuotePolicy(params.string("quote_approval_policy"));
  return {
    text: params.string("status") ?? "",
    media: params.strings("media_ids").map((text) => idIn(text)),
    ...(warning === undefined ? {} : { warning }),
    ...(sensitive === undefined ? {} : { sensitive }),
    ...(language === undefined ? {} : { language }),
    ...(poll === undefined ? {} : { poll }),
    ...(quotePolicy === undefined ? {} : { quotePolicy }),
  };
}

/** New words for files that the status shows (`media_attributes[][id]`). */
export function readMediaWords(params: Params): MediaWords[] {
  return params.objects("media_attributes").flatMap((one) => {
    const id = one.id("id");
    const alt = one.string("description");
    const focus = readFocus(one.string("focus"));
    return id === undefined
      ? []
      : [{ id, ...(alt === undefined ? {} : { alt }), ...(focus === undefined ? {} : { focus }) }];
  });
}

/** An id that was said must be one: an answer must not become a post of its own. */
function wanted(params: Params, name: string): number | undefined {
  const text = params.string(name);
  if (text === undefined || text === "") return undefined;
  const id = params.id(name);
  if (id === undefined) throw notFound();
  return id;
}

function idIn(text: string): number {
  const id = /^\d{1,16}$/.test(text) ? Number(text) : NaN;
  if (!Number.isSafeInteger(id))
    throw unprocessable("Validation failed: Media ids are no ids of files of yours");
  return id;
}

function readPoll(params: Params): PollInput | undefined {
  const poll = params.object("poll");
  if (!poll) return undefined;
  const options = poll.list("options");
  if (options.length === 0) return undefined;
  if (options.length > OPTIONS)
    throw unprocessable(`Validation failed: Poll has ${options.length} items, which are too many`);
  return {
    options: poll.strings("options"),
    expiresIn: poll.integer("expires_in", { default: 0 }),
    multiple: poll.boolean("multiple", false),
    hideTotals: poll.boolean("hide_totals", false),
  };
}

export function readQuotePolicy(text: string | undefined): QuotePolicyName | undefined {
  return text === "public" || text === "followers" || text === "nobody" ? text : undefined;
}

/** `0.5,-0.25`, each moved into -1 … 1; nonsense is nothing. */
export function readFocus(text: string | undefined): { x: number; y: number } | undefined {
  const parts = text?.split(",").map((part) => (part.trim() === "" ? NaN : Number(part)));
  if (parts?.length !== 2) return undefined;
  const [x = NaN, y = NaN] = parts;
  if (!Number.isFinite(x) || !Number.isFinite(y)) return undefined;
  const within = (part: number): number => Math.min(1, Math.max(-1, part));
  return { x: within(x), y: within(y) };
}
