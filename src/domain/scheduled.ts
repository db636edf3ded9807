import { insertRow } from "../database/native.ts";
import type { ActorRow, PostRow, ScheduledRow, Visibility } from "../database/rows.ts";
import { announce, type Site } from "../site.ts";
import { MINUTE, fromNow } from "../support/clock.ts";
import type { StatusPage } from "../support/cursors.ts";
import { InvalidInput, isDuplicateKey, NotFound, reasonOf } from "../support/errors.ts";
import { firstSnowflakeAt, parseId, snowflake } from "../support/ids.ts";
import { sortedPage } from "./page.ts";
import { quoteFor } from "./quotes.ts";
import { audienceOf, postStatus } from "./statuses.ts";
import { checkStatus, type PollInput, type QuotePolicyName, type StatusInput } from "./status-input.ts";
import { STATUS_LIMITS } from "./status-limits.ts";
import { attachUploads, holdUploads, releaseUploads, reserveUploads } from "./uploads.ts";

/** How long a process may take to publish one. */
const LEASE = 5 * MINUTE;

/** Keeps a status until its time. @throws {InvalidInput} as `postStatus`, and for a time that is too near or too far. */
export async function scheduleStatus(
  site: Site,
  account: ActorRow,
  given: StatusInput,
  at: Date,
): Promise<ScheduledRow> {
  checkTime(site, at);
  checkStatus(given);
  // What the account's defaults say now is what was seen when it was written.
  const { visibility } = await audienceOf(site, account, given);
  const sensitive = given.sensitive ?? account.defaults?.sensitive ?? false;
  const input: StatusInput = { ...given, visibility, sensitive };
  if (given.quoted !== undefined) await quoteFor(site, account, given.quoted, visibility);
  if ((await site.models.scheduled.countDocuments({ owner: account._id })) >= STATUS_LIMITS.scheduled)
    throw new InvalidInput(
      `Validation failed: You have exceeded the limit of ${STATUS_LIMITS.scheduled} scheduled posts`,
      "too-many-scheduled",
    );
  const row: ScheduledRow = {
    _id: snowflake(site.clock.now()),
    owner: account._id,
    params: paramsOf(input),
    media: [...input.media],
    ...(input.application ? { application: input.application } : {}),
    at,
    nextAt: at,
  };
  await reserveUploads(site, account, input.media, row._id);
  try {
    await insertRow(site.models.scheduled, row);
  } catch (error) {
    await releaseUploads(site, input.media, row._id);
    if (isDuplicateKey(error)) return scheduleStatus(site, account, given, at);
    throw error;
  }
  await holdUploads(site, input.media, row._id);
  return row;
}

function checkTime(site: Site, at: Date): void {
  const ahead = at.getTime() - site.clock.now().getTime();
  // `not less`, so that a date that is none is refused, too.
  if (!(ahead >= STATUS_LIMITS.scheduleAhead))
    throw new InvalidInput(
      "Validation failed: Scheduled at The scheduled date must be at least 5 minutes in the future",
      "too-soon",
    );
  if (ahead > STATUS_LIMITS.scheduleLatest)
    throw new InvalidInput("Validation failed: Scheduled at is too far in the future", "too-late");
}

/** Statuses of an account that wait, the last written first. */
export async function scheduledPage(
  site: Site,
  account: Pick<ActorRow, "_id">,
  page: StatusPage,
): Promise<ScheduledRow[]> {
  return sortedPage(site.models.scheduled, { owner: account._id }, page);
}

/** @throws {NotFound} */
export async function findScheduled(
  site: Site,
  account: Pick<ActorRow, "_id">,
  id: number,
): Promise<ScheduledRow> {
  const row = await site.models.scheduled
    .findOne({ _id: id, owner: account._id })
    .lean<ScheduledRow | null>();
  if (!row) throw new NotFound("Record not found");
  return row;
}

/** Another time. @throws {NotFound} @throws {InvalidInput} */
export async function reschedule(
  site: Site,
  account: Pick<ActorRow, "_id">,
  id: number,
  at: Date,
): Promise<ScheduledRow> {
  await findScheduled(site, account, id);
  checkTime(site, at);
  const row = await site.models.scheduled
    .findOneAndUpdate(
      { _id: id, owner: account._id },
      { $set: { at, nextAt: at } },
      { returnDocument: "after" },
    )
    .lean<ScheduledRow | null>();
  if (!row) throw new NotFound("Record not found");
  return row;
}

/** It will not be published. @throws {NotFound} */
export async function unschedule(site: Site, account: Pick<ActorRow, "_id">, id: number): Promise<void> {
  const row = await site.models.scheduled
    .findOneAndDelete({ _id: id, owner: account._id })
    .lean<ScheduledRow | null>();
  if (!row) throw new NotFound("Record not found");
  await releaseUploads(site, row.media, row._id);
}

/** Publishes what is due; each once, however many processes look and whichever of them dies. */
export async function drainScheduled(site: Site): Promise<void> {
  for (;;) {
    const now = site.clock.now();
    const row = await site.models.scheduled
      .findOneAndUpdate(
        { nextAt: { $lte: now } },
        { $set: { nextAt: fromNow(site.clock, LEASE) } },
        { sort: { nextAt: 1 }, returnDocument: "after" },
      )
      .lean<ScheduledRow | null>();
    if (!row) return;
    await publish(site, row);
  }
}

async function publish(site: Site, row: ScheduledRow): Promise<void> {
  const account = await site.models.actors.findById(row.owner).lean<ActorRow | null>();
  const before = await publishedFrom(site, row);
  if (before !== null) await settleFiles(site, row, before);
  else if (account) {
    try {
      await postFrom(site, account, row);
    } catch (error) {
      // Anything but a refusal may pass; the lease brings it back.
      if (!(error instanceof InvalidInput || error instanceof NotFound)) throw error;
      site.logger.error(
        { account: account.username, scheduled: row._id, reason: reasonOf(error) },
        "a scheduled status could not be published and is dropped",
      );
      announce(site, "error", error);
      await releaseUploads(site, row.media, row._id);
    }
  }
  await site.models.scheduled.deleteOne({ _id: row._id });
}

/** Published by a process that died before it could say so, and perhaps deleted since. */
async function publishedFrom(site: Site, row: ScheduledRow): Promise<PostRow | null> {
  return site.models.posts
    .findOne({ author: row.owner, _id: { $gte: firstSnowflakeAt(row.at) }, scheduled: row._id })
    .lean<PostRow | null>();
}

/** That process may not have come to its files either: held for ever, they could neither be edited nor go with the post. */
async function settleFiles(site: Site, row: ScheduledRow, post: PostRow): Promise<void> {
  if (post.deletedAt === undefined) await attachUploads(site, row.media, post._id);
  else await releaseUploads(site, row.media, row._id);
}

/**
 * What it answered or quoted may be gone since, or its author may have taken the leave to quote it back; it is published
 * without, as upstream does with what is gone: nobody is there to write it again.
 */
async function postFrom(
  site: Site,
  account: ActorRow,
  row: ScheduledRow,
  input: StatusInput = inputOf(row),
): Promise<PostRow> {
  const { quoted, ...unquoted } = input;
  try {
    return await postStatus(site, account, input, { scheduled: row._id });
  } catch (error) {
    if (error instanceof InvalidInput && error.code === "not-quotable" && quoted !== undefined)
      return postFrom(site, account, row, unquoted);
    if (!(error instanceof NotFound)) throw error;
    const { inReplyTo: _, ...alone } = unquoted;
    return postStatus(site, account, alone, { scheduled: row._id });
  }
}

/** As apps get it back, under the names of the API. */
function paramsOf(input: StatusInput): Record<string, unknown> {
  const { poll } = input;
  return {
    text: input.text,
    poll: poll
      ? {
          options: [...poll.options],
          expires_in: poll.expiresIn,
          multiple: poll.multiple,
          hide_totals: poll.hideTotals,
        }
      : null,
    sensitive: input.sensitive ?? false,
    spoiler_text: input.warning ?? "",
    visibility: input.visibility === "followers" ? "private" : (input.visibility ?? "public"),
    language: input.language ?? null,
    // A number in the published schema, unlike the other ids.
    in_reply_to_id: input.inReplyTo ?? null,
    quoted_status_id: input.quoted === undefined ? null : String(input.quoted),
    ...(input.quotePolicy === undefined ? {} : { quote_approval_policy: input.quotePolicy }),
    allowed_mentions: input.allowedMentions ? input.allowedMentions.map(String) : null,
    idempotency: null,
  };
}

function inputOf(row: ScheduledRow): StatusInput {
  const { params } = row;
  const text = (name: string): string | undefined => {
    const value = params[name];
    return typeof value === "string" ? value : undefined;
  };
  const id = (name: string): number | undefined => {
    const value = params[name];
    return typeof value === "number" ? value : parseId(value);
  };
  const visibility = text("visibility");
  const poll = params["poll"] as
    { options: string[]; expires_in: number; multiple: boolean; hide_totals: boolean } | null | undefined;
  const read: { [Name in keyof StatusInput]: StatusInput[Name] | undefined } = {
    text: text("text") ?? "",
    media: row.media,
    warning: text("spoiler_text"),
    language: text("language"),
    sensitive: typeof params["sensitive"] === "boolean" ? params["sensitive"] : undefined,
    visibility: (visibility === "private" ? "followers" : visibility) as Visibility | undefined,
    inReplyTo: id("in_reply_to_id"),
    quoted: id("quoted_status_id"),
    quotePolicy: text("quote_approval_policy") as QuotePolicyName | undefined,
    poll: poll ? pollInput(poll) : undefined,
    application: row.application,
  };
  return Object.fromEntries(
    Object.entries(read).filter(([, value]) => value !== undefined),
  ) as unknown as StatusInput;
}

function pollInput(poll: {
  options: string[];
  expires_in: number;
  multiple: boolean;
  hide_totals: boolean;
}): PollInput {
  return {
    options: poll.options,
    expiresIn: poll.expires_in,
    multiple: poll.multiple,
    hideTotals: poll.hide_totals,
  };
}
