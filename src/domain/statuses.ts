import type { ActorRow, PostRow, Visibility } from "../database/rows.ts";
import { resolveHandle } from "../remote/actors.ts";
import type { Site } from "../site.ts";
import { InvalidInput, NotFound, reasonOf } from "../support/errors.ts";
import { snowflake } from "../support/ids.ts";
import { renderStatusText } from "../text/status-text.ts";
import { unboost } from "./boosts.ts";
import { postById } from "./find-post.ts";
import { maySee } from "./may-see.ts";
import { forgetVotes } from "./polls.ts";
import { publishPost, removePost } from "./posts.ts";
import { finishQuote, forgetQuote, quoteFor } from "./quotes.ts";
import { checkStatus, inNamedOrder, languageOf, newPoll, type StatusInput } from "./status-input.ts";
import { attachUploads, detachUploads, mediaOf, releaseUploads, reserveUploads } from "./uploads.ts";

/** The text mentions accounts that whoever wrote it did not mean to. */
export class UnexpectedMentions extends InvalidInput {
  readonly accounts: ActorRow[];

  constructor(accounts: ActorRow[]) {
    super("The post would be sent to unexpected accounts", "unexpected-mentions");
    this.accounts = accounts;
  }
}

/**
 * Stores a status that was written in an app and, in the same write, the intent to deliver it.
 *
 * Its text is plain text: line ends, links, mentions and hashtags are what they seem, all else stands as it was typed.
 * Apps show and edit exactly what was typed, count its characters, and offer no preview of anything else.
 * @param from `scheduled`: the waiting status that it comes from, of which no second one is made; `idempotency`: the
 *   request, see `once`.
 * @throws {InvalidInput} for what cannot be taken. @throws {NotFound} for what it answers or quotes, if that may not be seen.
 */
export async function postStatus(
  site: Site,
  account: ActorRow,
  input: StatusInput,
  from: { scheduled?: number; idempotency?: string | undefined } = {},
): Promise<PostRow> {
  checkStatus(input);
  const { parent, visibility } = await audienceOf(site, account, input);
  const quote =
    input.quoted === undefined ? undefined : await quoteFor(site, account, input.quoted, visibility);
  await checkMentions(site, input, parent);
  // A warning above nothing is the text (upstream does the same).
  const isBare = input.text.trim() === "" && input.media.length === 0 && input.poll === undefined && !quote;
  const text = isBare ? (input.warning ?? "") : input.text;
  const warning = isBare ? "" : (input.warning ?? "").trim();
  const language = languageOf(input.language, account);
  const quotePolicy = input.quotePolicy ?? account.defaults?.quotePolicy;
  const holder = from.scheduled ?? snowflake(site.clock.now());
  const uploads =
    from.scheduled === undefined
      ? await reserveUploads(site, account, input.media, holder)
      : await site.models.uploads.find({ _id: { $in: [...input.media] }, scheduled: holder }).lean();
  try {
    const post = await publishPost(
      site,
      {
        author: account.username,
        type: "Note",
        text,
        ...(warning === "" ? {} : { warning }),
        ...(language === undefined ? {} : { language }),
        ...(parent ? { inReplyTo: parent.uri } : {}),
        ...(visibility === "direct" ? {} : { visibility }),
      },
      {
        extra: {
          visibility,
          sensitive: (input.sensitive ?? account.defaults?.sensitive ?? false) || warning !== "",
          attachments: inNamedOrder(input.media, uploads).map((row) => mediaOf(site, row)),
          ...(input.poll ? { poll: newPoll(site, input.poll) } : {}),
          ...(quote ? { quote } : {}),
          ...(quotePolicy === undefined ? {} : { quotePolicy }),
          ...(input.application ? { application: input.application } : {}),
          ...(from.scheduled === undefined ? {} : { scheduled: from.scheduled }),
          ...(from.idempotency === undefined ? {} : { idempotency: from.idempotency }),
        },
      },
    );
    await attachUploads(site, input.media, post._id);
    await finishQuote(site, post, account);
    return (await postById(site, post._id)) ?? post;
  } catch (error) {
    if (from.scheduled === undefined) await releaseUploads(site, input.media, holder);
    throw error;
  }
}

/** What a status answers, and for whom it is. @throws {NotFound} for what it answers, if that may not be seen. */
export async function audienceOf(
  site: Site,
  account: ActorRow,
  input: Pick<StatusInput, "inReplyTo" | "visibility">,
): Promise<{ parent?: PostRow; visibility: Visibility }> {
  const parent = input.inReplyTo === undefined ? undefined : await answered(site, account, input.inReplyTo);
  const visibility = input.visibility ?? usualVisibility(account, parent);
  return { ...(parent ? { parent } : {}), visibility };
}

async function answered(site: Site, account: ActorRow, id: number): Promise<PostRow> {
  const found = await postById(site, id);
  const parent = found?.boostOf === undefined ? found : await postById(site, found.boostOf);
  if (!parent || !(await maySee(site, parent, account)))
    throw new NotFound("The post you are trying to reply to does not appear to exist.");
  return parent;
}

const WIDTH: readonly Visibility[] = ["public", "unlisted", "followers", "direct"];

/** An app that names no visibility must not answer a private message in public. */
function usualVisibility(account: ActorRow, parent: PostRow | undefined): Visibility {
  const usual = account.defaults?.visibility ?? "public";
  if (!parent) return usual;
  return WIDTH[Math.max(WIDTH.indexOf(usual), WIDTH.indexOf(parent.visibility))] ?? usual;
}

/** @throws {UnexpectedMentions} */
async function checkMentions(site: Site, input: StatusInput, parent: PostRow | undefined): Promise<void> {
  const { allowedMentions } = input;
  if (!allowedMentions) return;
  const { mentions } = renderStatusText(input.text, { localHost: site.urls.host, tagUrl: () => "" });
  const unexpected: ActorRow[] = [];
  for (const handle of mentions.slice(0, 50)) {
    const actor = await known(site, handle);
    if (actor && !allowedMentions.includes(actor._id) && actor._id !== parent?.author) unexpected.push(actor);
  }
  if (unexpected.length > 0) throw new UnexpectedMentions(unexpected);
}

async function known(site: Site, handle: string): Promise<ActorRow | undefined> {
  try {
    return await resolveHandle(site, handle);
  } catch (error) {
    // Who cannot be found is not mentioned either.
    site.logger.debug({ handle, reason: reasonOf(error) }, "a mentioned person could not be looked up");
    return undefined;
  }
}

/** One's own live post. @throws {NotFound} */
export async function ownStatus(site: Site, account: ActorRow, id: number): Promise<PostRow> {
  const post = await postById(site, id);
  if (post?.author !== account._id || !post.local || post.deletedAt !== undefined)
    throw new NotFound("Record not found");
  return post;
}

/**
 * Removes a post, or takes a boost back, everywhere.
 * @param how.removeMedia its files go at once; else they wait a day for a new draft.
 * @throws {NotFound} @throws {InvalidInput} for what the site's own pages would only bring back.
 */
export async function deleteStatus(
  site: Site,
  account: ActorRow,
  id: number,
  how: { removeMedia?: boolean } = {},
): Promise<void> {
  const post = await ownStatus(site, account, id);
  if (post.boostOf !== undefined) {
    await unboost(site, account, { _id: post.boostOf });
    return;
  }
  if (post.origin !== undefined)
    throw new InvalidInput(
      `This post comes from ${post.origin}. Remove it there: it would only come back from there.`,
      "not-ours-to-delete",
    );
  await removePost(site, post.uri);
  await forgetQuote(site, post);
  await forgetVotes(site, post);
  await site.models.edits.deleteMany({ post: post._id });
  await detachUploads(site, post._id, { remove: how.removeMedia === true });
}
