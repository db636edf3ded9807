import { insertRow } from "../database/native.ts";
import type { ActorRow, IntentRow, PostRow } from "../database/rows.ts";
import { announce, type Site } from "../site.ts";
import { MINUTE } from "../support/clock.ts";
import { InvalidInput, NotFound, isDuplicateKey } from "../support/errors.ts";
import { snowflake } from "../support/ids.ts";
import { normaliseUrl } from "../support/urls.ts";
import { keepInConversations, takeFromConversations } from "./conversations.ts";
import { keepEdit, tellOfEdit } from "./edits.ts";
import { findPost } from "./find-post.ts";
import { placeInTimelines } from "./fill-timelines.ts";
import { takeFromTimelines } from "./timelines.ts";
import { newPost, type PublishOptions } from "./new-post.ts";
import { forgetNotificationsOf } from "./notification-box.ts";
import { fingerprintOf, inputOf, ownFields } from "./own-fields.ts";
import { withKnownPeople } from "./own-mentions.ts";
import { tellPublicStreams } from "./public-streams.ts";
import { readPostInput, type CheckedPost, type PostInput } from "./post-input.ts";

/**
 * Stores a post of ours and, in the same write, the intent to deliver it. The permalink (`url`) is its identity: the same
 * post given again changes what is there, or does nothing. Nothing is sent from here.
 * @throws {InvalidInput} naming what is wrong; nothing is stored then.
 */
export async function publishPost(site: Site, given: PostInput, how: PublishOptions = {}): Promise<PostRow> {
  const input = readPostInput(given);
  const now = site.clock.now();
  if (input.published && input.published.getTime() > now.getTime() + MINUTE) {
    throw new InvalidInput(
      `The post was not taken. "published" lies ahead (${input.published.toISOString()}); publish it when its time has come.`,
      "not-yet",
    );
  }
  const key = input.url === undefined ? undefined : (normaliseUrl(input.url) ?? input.url);
  const existing = key === undefined ? null : await liveByKey(site, key);
  if (existing) return change(site, existing, input, how);

  const row = await newPost(site, input, now, key, how);
  try {
    await insertRow(site.models.posts, row);
  } catch (error) {
    // Somebody published the same permalink meanwhile, or the snowflake was taken: a second look tells which.
    if (isDuplicateKey(error)) return publishPost(site, given, how);
    throw error;
  }
  try {
    // At the same time: each of these writes waits for the disk, and the store writes together what comes together.
    await Promise.all([
      site.models.actors.updateOne(
        { _id: row.author },
        { $inc: { postsCount: 1 }, $max: { lastPostAt: row.publishedAt } },
      ),
      row.inReplyToId === undefined
        ? undefined
        : site.models.posts.updateOne({ _id: row.inReplyToId }, { $inc: { repliesCount: 1 } }),
      placeInTimelines(site, row),
      keepInConversations(site, row),
    ]);
  } finally {
    // Last, since whoever has written it waits for the answer: delivery would come between with writes of its own.
    if (row.outgoingAt) site.wake("outgoing");
  }
  tellPublicStreams(site, row, "update");
  announce(site, "published", { post: row });
  return row;
}

/**
 * Changes a post found by id or page. Fields left out stay as they are.
 * @throws {NotFound} when there is none, or it is not ours.
 */
export async function updatePost(
  site: Site,
  name: string,
  changes: Partial<PostInput>,
  how: PublishOptions = {},
): Promise<PostRow> {
  const existing = await ownPost(site, name);
  const isNewText = (changes.html ?? changes.markdown ?? changes.text) !== undefined;
  const extra = {
    // A host cannot say "direct": what it does not name stays as it is.
    ...(changes.visibility === undefined ? { visibility: existing.visibility } : {}),
    // A new text brings its own pictures; those found in the old one must not stay behind.
    ...(isNewText || changes.attachments !== undefined ? {} : { attachments: existing.attachments }),
    ...how.extra,
  };
  return change(site, existing, readPostInput({ ...inputOf(existing, !isNewText), ...changes }), {
    ...how,
    extra,
  });
}

/**
 * Removes a post of ours: a Tombstone stays, and everybody who got it is told.
 * @throws {NotFound} when there is none, or it is not ours.
 */
export async function removePost(site: Site, name: string): Promise<PostRow> {
  const existing = await ownPost(site, name);
  const now = site.clock.now();
  const unsent = (await unsentIntents(site, existing)).some((intent) => intent.type === "Create");
  const tell = existing.federated && !unsent;
  const intent: IntentRow = { id: snowflake(now), type: "Delete", at: now };
  const removed = await site.models.posts
    .findOneAndUpdate(
      { _id: existing._id, deletedAt: { $exists: false }, outgoing: existing.outgoing ?? { $exists: false } },
      {
        $set: {
          deletedAt: now,
          content: "",
          excerpt: "",
          attachments: [],
          hashtags: [],
          tagKeys: [],
          ...(tell ? { outgoing: [intent], outgoingAt: now } : {}),
        },
        $unset: {
          key: 1,
          source: 1,
          title: 1,
          summary: 1,
          warning: 1,
          image: 1,
          ...(tell ? {} : { outgoing: 1, outgoingAt: 1 }),
        },
      },
      { returnDocument: "after" },
    )
    .lean<PostRow | null>();
  // Its intents changed under us: a worker has just taken one. What to do depends on it, so look again.
  if (!removed) return removePost(site, name);
  await site.models.actors.updateOne({ _id: removed.author }, { $inc: { postsCount: -1 } });
  if (removed.inReplyToId !== undefined) {
    await site.models.posts.updateOne({ _id: removed.inReplyToId }, { $inc: { repliesCount: -1 } });
  }
  if (tell) site.wake("outgoing");
  // As it was: what is left of it no longer knows where it stood.
  await takeFromTimelines(site, existing);
  await takeFromConversations(site, existing);
  await forgetNotificationsOf(site, existing);
  announce(site, "removed", { post: removed });
  return removed;
}

async function ownPost(site: Site, name: string): Promise<PostRow> {
  const post = await findPost(site, name);
  if (post?.local !== true || post.deletedAt !== undefined)
    throw new NotFound(`There is no post "${name}" of this site.`);
  return post;
}

/**
 * The intents that no activity has come of. One may stand that has: whoever turned it died before it was struck off. What is
 * changed or removed then has to be told like anything that was sent. One query, and only where intents stand.
 */
async function unsentIntents(site: Site, { outgoing = [] }: PostRow): Promise<IntentRow[]> {
  if (outgoing.length === 0) return [];
  const sent = await site.models.activities
    .find({ _id: { $in: outgoing.map((intent) => intent.id) } }, { _id: 1 })
    .lean<{ _id: number }[]>();
  const ids = new Set(sent.map((row) => row._id));
  return outgoing.filter((intent) => !ids.has(intent.id));
}

async function liveByKey(site: Site, key: string): Promise<PostRow | null> {
  return site.models.posts.findOne({ key }).lean<PostRow | null>();
}

const OPTIONAL = ["title", "summary", "warning", "language", "image"] as const;

async function change(
  site: Site,
  existing: PostRow,
  input: CheckedPost,
  how: PublishOptions,
): Promise<PostRow> {
  const type = input.type ?? (existing.type as "Article" | "Note");
  const fields = { ...ownFields(site, { ...input, type }, existing.url), ...how.extra };
  const fingerprint = fingerprintOf(fields, existing.key === undefined ? undefined : existing.url);
  if (fingerprint === existing.fingerprint) return existing;
  const people = await withKnownPeople(site, fields, existing.url);
  const now = site.clock.now();
  const waiting = (await unsentIntents(site, existing)).some((intent) => intent.type !== "Delete");
  const intent: IntentRow = { id: snowflake(now), type: "Update", at: now };
  const tell = existing.federated && !waiting;
  const changed = await site.models.posts
    .findOneAndUpdate(
      // Lost when somebody else changed it, or a worker took its intent, since it was read.
      {
        _id: existing._id,
        fingerprint: existing.fingerprint ?? null,
        outgoing: existing.outgoing ?? { $exists: false },
        deletedAt: { $exists: false },
      },
      {
        $set: {
          ...fields,
          ...people,
          fingerprint,
          updatedAt: laterThan(existing, input.updated ?? now),
          ...(tell ? { outgoing: [...(existing.outgoing ?? []), intent], outgoingAt: now } : {}),
        },
        ...unsetOf([...OPTIONAL.filter((name) => !(name in fields)), ...(how.drop ?? [])]),
      },
      { returnDocument: "after" },
    )
    .lean<PostRow | null>();
  if (!changed) {
    const current = await site.models.posts
      .findOne({ _id: existing._id, deletedAt: { $exists: false } })
      .lean<PostRow | null>();
    if (!current) throw new NotFound("The post was removed meanwhile.");
    return change(site, current, input, how);
  }
  if (tell) site.wake("outgoing");
  await keepEdit(site, existing);
  const author = await site.models.actors.findById(changed.author).lean<ActorRow | null>();
  if (author) await tellOfEdit(site, changed, author);
  announce(site, "updated", { post: changed });
  return changed;
}

/** Mastodon takes an edit only if its time is strictly later than what it knows. */
function laterThan(post: PostRow, wanted: Date): Date {
  const known = (post.updatedAt ?? post.publishedAt).getTime();
  return wanted.getTime() > known ? wanted : new Date(known + 1000);
}

function unsetOf(names: readonly string[]): { $unset?: Record<string, 1> } {
  return names.length === 0 ? {} : { $unset: Object.fromEntries(names.map((name) => [name, 1 as const])) };
}
