import type { ActorRow, PollRow, PostRow, UploadRow, Visibility } from "../database/rows.ts";
import type { Site } from "../site.ts";
import { fromNow } from "../support/clock.ts";
import { InvalidInput } from "../support/errors.ts";
import { statusLength } from "../text/status-length.ts";
import { STATUS_LIMITS } from "./status-limits.ts";

export type QuotePolicyName = NonNullable<PostRow["quotePolicy"]>;

/** A poll as it is asked for. */
export interface PollInput {
  options: readonly string[];
  /** Seconds. */
  expiresIn: number;
  multiple: boolean;
  hideTotals: boolean;
}

/** A status as somebody writes it in an app. */
export interface StatusInput {
  /** Plain text. */
  text: string;
  /** Content warning; empty: none. */
  warning?: string;
  sensitive?: boolean;
  /** Left out: the account's default. */
  visibility?: Visibility;
  language?: string;
  /** `_id` of what it answers. */
  inReplyTo?: number;
  /** `_id`s of uploads, in order. */
  media: readonly number[];
  poll?: PollInput;
  /** `_id` of what it quotes. */
  quoted?: number;
  quotePolicy?: QuotePolicyName;
  /** `_id`s of the only accounts that may be mentioned; left out: whoever is. */
  allowedMentions?: readonly number[];
  application?: { name: string; website?: string };
}

function refused(reason: string, code: string): InvalidInput {
  return new InvalidInput(`Validation failed: ${reason}`, code);
}

/** What is wrong with it that can be seen without the store. @throws {InvalidInput} */
export function checkStatus(
  input: Pick<StatusInput, "text" | "warning" | "media" | "poll" | "quoted">,
): void {
  const { text, warning = "", media, poll } = input;
  const most = STATUS_LIMITS.characters;
  const isEmpty = text.trim() === "" && warning.trim() === "";
  if (isEmpty && media.length === 0 && poll === undefined && input.quoted === undefined)
    throw refused("Text can't be blank", "blank");
  if (statusLength(text, most) + (warning === "" ? 0 : statusLength(warning, most)) > most)
    throw refused(`Text character limit of ${most} exceeded`, "too-long");
  if (warning.length > 500)
    throw refused("Content warning is too long (maximum is 500 characters)", "too-long");
  if (media.length > STATUS_LIMITS.attachments)
    throw refused(`Cannot attach more than ${STATUS_LIMITS.attachments} files`, "too-many-files");
  if (new Set(media).size !== media.length) throw refused("The same file is attached twice", "same-file");
  if (poll === undefined) return;
  if (media.length > 0) throw refused("Cannot attach files to a status with a poll", "poll-and-media");
  checkPoll(poll);
}

/** @throws {InvalidInput} */
function checkPoll({ options, expiresIn }: PollInput): void {
  const { pollOptions, pollOptionCharacters, pollShortest, pollLongest } = STATUS_LIMITS;
  if (options.length < 2) throw refused("Poll must have more than one item", "poll");
  if (options.length > pollOptions)
    throw refused(`Poll can't contain more than ${pollOptions} items`, "poll");
  if (options.some((title) => title.trim() === "")) throw refused("Poll items can't be blank", "poll");
  if (options.some((title) => title.length > 11 * pollOptionCharacters))
    throw refused(`Poll items can't be longer than ${pollOptionCharacters} characters each`, "poll");
  if (options.some((title) => statusLength(title.trim(), pollOptionCharacters) > pollOptionCharacters))
    throw refused(`Poll items can't be longer than ${pollOptionCharacters} characters each`, "poll");
  if (new Set(options.map((title) => title.trim())).size !== options.length)
    throw refused("Poll contains duplicate items", "poll");
  if (expiresIn > pollLongest) throw refused("Poll duration is too far into the future", "poll");
  if (expiresIn < pollShortest) throw refused("Poll duration is too soon", "poll");
}

/** The poll of a new status, without votes. */
export function newPoll(site: Site, { options, expiresIn, multiple, hideTotals }: PollInput): PollRow {
  return {
    options: options.map((title) => ({ title: title.trim(), votes: 0 })),
    multiple,
    endsAt: fromNow(site.clock, expiresIn * 1000),
    voters: 0,
    ...(hideTotals ? { hideTotals } : {}),
  };
}

/** Are these the options that the poll has? */
export function isSamePoll(poll: PollRow | undefined, input: PollInput | undefined): boolean {
  if (!poll || !input) return !poll && !input;
  return (
    poll.multiple === input.multiple &&
    poll.options.length === input.options.length &&
    poll.options.every((option, at) => option.title === input.options[at]?.trim())
  );
}

/** A language tag, or nothing: apps send what they like. */
export function languageOf(input: string | undefined, account: ActorRow): string | undefined {
  const tag = input === undefined || input === "" ? account.defaults?.language : input;
  return tag !== undefined && /^[A-Za-z]{2,3}(-[A-Za-z0-9]{1,8})*$/.test(tag) ? tag : undefined;
}

/** Uploads in the order in which they were named. */
export function inNamedOrder(ids: readonly number[], rows: readonly UploadRow[]): UploadRow[] {
  return ids.map((id) => rows.find((row) => row._id === id)).filter((row) => row !== undefined);
}
