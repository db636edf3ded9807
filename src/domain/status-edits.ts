import type { ActorRow, MediaRow, PostRow, UploadRow } from "../database/rows.ts";
import type { Site } from "../site.ts";
import { fromNow } from "../support/clock.ts";
import { InvalidInput } from "../support/errors.ts";
import { snowflake } from "../support/ids.ts";
import { postById } from "./find-post.ts";
import { intendUpdate } from "./intents.ts";
import { forgetVotes } from "./polls.ts";
import { updatePost } from "./posts.ts";
import { setQuotePolicy } from "./quotes.ts";
import {
  checkStatus,
  inNamedOrder,
  isSamePoll,
  languageOf,
  newPoll,
  type StatusInput,
} from "./status-input.ts";
import { ownStatus } from "./statuses.ts";
import { checkAlt } from "./take-upload.ts";
import { attachUploads, mediaOf, releaseUploads, reserveUploads } from "./uploads.ts";

/** New words for a file that a status shows. */
export interface MediaWords {
  id: number;
  alt?: string;
  focus?: { x: number; y: number };
}

export type EditInput = Omit<
  StatusInput,
  "visibility" | "inReplyTo" | "quoted" | "allowedMentions" | "application"
> & {
  mediaWords?: readonly MediaWords[];
};

/**
 * Changes a status into what is given, all of it: files and a poll that are left out go. What it said before stays in its
 * history. Nothing new changes nothing.
 * @throws {NotFound} for what is not one's own. @throws {InvalidInput} for what cannot be taken.
 */
export async function editStatus(
  site: Site,
  account: ActorRow,
  id: number,
  input: EditInput,
): Promise<PostRow> {
  const post = await ownStatus(site, account, id);
  checkEditable(post);
  checkStatus({ ...input, ...(post.quote?.id === undefined ? {} : { quoted: post.quote.id }) });
  for (const words of input.mediaWords ?? []) checkAlt(words.alt);
  const attached = await site.models.uploads.find({ post: id }).lean<UploadRow[]>();
  const added = input.media.filter((each) => !attached.some((row) => row._id === each));
  const holder = snowflake(site.clock.now());
  const reserved = await reserveUploads(site, account, added, holder);
  try {
    await reword(site, [...attached, ...reserved], input.mediaWords ?? []);
    const uploads = await site.models.uploads.find({ _id: { $in: [...input.media] } }).lean<UploadRow[]>();
    const attachments = inNamedOrder(input.media, uploads).map((row) => mediaOf(site, row));
    const keepsPoll = isSamePoll(post.poll, input.poll);
    if (isNews(post, input, attachments) || !keepsPoll) {
      await updatePost(site, post.uri, textOf(post, input, account), {
        extra: {
          attachments,
          sensitive: (input.sensitive ?? false) || (input.warning ?? "") !== "",
          ...(input.poll && !keepsPoll ? { poll: newPoll(site, input.poll) } : {}),
        },
        ...(input.poll ? {} : { drop: ["poll"] }),
      });
      if (!keepsPoll) await forgetVotes(site, post);
    }
    await attachUploads(site, added, id);
  } catch (error) {
    await releaseUploads(site, added, holder);
    throw error;
  }
  if (input.poll && isSamePoll(post.poll, input.poll)) await changeEnd(site, post, input.poll);
  if (input.quotePolicy !== undefined) await setQuotePolicy(site, post, input.quotePolicy);
  return (await postById(site, id)) ?? post;
}

/** What stands on the host's pages, or was written as HTML, is more than an app can show and give back. */
function checkEditable(post: PostRow): void {
  if (post.boostOf !== undefined) throw new InvalidInput("A boost cannot be edited", "not-editable");
  if (post.key !== undefined || post.source?.mediaType === "text/html")
    throw new InvalidInput(
      "This post stands on the site's own pages and can only be edited there",
      "not-editable",
    );
}

function textOf(post: PostRow, input: EditInput, account: ActorRow) {
  const named = input.language === undefined || input.language === "" ? post.language : input.language;
  const language = languageOf(named, account) ?? post.language;
  const isMarkdown = post.source?.mediaType === "text/markdown";
  return {
    ...(isMarkdown ? { markdown: input.text } : { text: input.text }),
    // Tags of the old text do not stay behind.
    tags: [],
    warning: (input.warning ?? "").trim(),
    ...(language === undefined ? {} : { language }),
  };
}

function isNews(post: PostRow, input: EditInput, attachments: readonly MediaRow[]): boolean {
  return (
    input.text !== post.source?.text ||
    (input.warning ?? "").trim() !== (post.warning ?? "") ||
    ((input.sensitive ?? false) || (input.warning ?? "") !== "") !== post.sensitive ||
    (input.language !== undefined && input.language !== "" && input.language !== post.language) ||
    JSON.stringify(attachments) !== JSON.stringify(post.attachments)
  );
}

/** Only files that the status shows, or will. */
async function reword(site: Site, rows: readonly UploadRow[], words: readonly MediaWords[]): Promise<void> {
  for (const { id, alt, focus } of words) {
    if (!rows.some((row) => row._id === id)) continue;
    await site.models.uploads.updateOne(
      { _id: id },
      {
        $set: {
          ...(alt === undefined || alt === "" ? {} : { alt }),
          ...(focus === undefined ? {} : { focus }),
        },
        ...(alt === "" ? { $unset: { alt: 1 } } : {}),
      },
    );
  }
}

/** Apps send the time that a poll has left, or what it had at first: only another end is meant as one. */
async function changeEnd(site: Site, post: PostRow, input: NonNullable<EditInput["poll"]>): Promise<void> {
  const { poll } = post;
  if (!poll || poll.endToldAt !== undefined) return;
  const endsAt = fromNow(site.clock, input.expiresIn * 1000);
  const duration = (poll.endsAt?.getTime() ?? 0) - post.publishedAt.getTime();
  const isMeant = Math.abs(duration - input.expiresIn * 1000) > 1000;
  if (!isMeant && (poll.hideTotals ?? false) === input.hideTotals) return;
  await site.models.posts.updateOne(
    { _id: post._id, poll: { $exists: true } },
    { $set: { "poll.hideTotals": input.hideTotals, ...(isMeant ? { "poll.endsAt": endsAt } : {}) } },
  );
  await intendUpdate(site, post);
}
