import { createHash } from "node:crypto";
import { insertRow } from "../database/native.ts";
import type { ActorRow, IntentRow, MediaRow, PostRow } from "../database/rows.ts";
import { addressing } from "../documents/addressing.ts";
import { announce, type Site } from "../site.ts";
import { MINUTE } from "../support/clock.ts";
import { InvalidInput, NotFound, isDuplicateKey } from "../support/errors.ts";
import { snowflake, snowflakeTime } from "../support/ids.ts";
import { normaliseUrl } from "../support/urls.ts";
import { tagsFromList } from "../text/hashtags.ts";
import { plainText } from "../text/plain-text.ts";
import { POLICY_VERSION } from "../text/sanitise.ts";
import { authorAccount } from "./accounts.ts";
import { keepInConversations, takeFromConversations } from "./conversations.ts";
import { keepEdit, tellOfEdit } from "./edits.ts";
import { findPost, namesOf } from "./find-post.ts";
import { firstStart } from "./first-start.ts";
import { placeInTimelines, takeFromTimelines } from "./home.ts";
import { withKnownPeople } from "./own-mentions.ts";
import { tellPublicStreams } from "./public-streams.ts";
import { readPostInput, type CheckedPost, type PostInput } from "./post-input.ts";
import { mergeMedia, mergeTags, renderOwn } from "./render.ts";

/** What a source or an app knows of a post beyond what a host may say. */
export interface PublishOptions {
  /** Name of the source it comes from. */
  origin?: string;
  /** An app's own: takes the place of what the input says. */
  extra?: Partial<
    Pick<
      PostRow,
      | "visibility"
      | "poll"
      | "quote"
      | "quotePolicy"
      | "application"
      | "attachments"
      | "sensitive"
      | "scheduled"
    >
  >;
  /** An edit that takes away what the post had. */
  drop?: readonly "poll"[];
}

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

  const authors = await authorsOf(site, input);
  const row = await newRow(site, input, authors, now, key, how);
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
  const { source } = existing;
  const before: PostInput = {
    ...(existing.key === undefined ? {} : { url: existing.url }),
    ...(existing.title === undefined ? {} : { title: existing.title }),
    ...(source === undefined ? {} : { [BY_MEDIA_TYPE[source.mediaType] ?? "html"]: source.text }),
    ...(existing.summary === undefined ? {} : { summary: existing.summary }),
    tags: existing.hashtags,
    ...(existing.image ? { image: asInput(existing.image) } : {}),
    ...(existing.language === undefined ? {} : { language: existing.language }),
    published: existing.publishedAt,
    sensitive: existing.sensitive,
    ...(existing.warning === undefined ? {} : { warning: existing.warning }),
    ...(existing.visibility === "direct" ? {} : { visibility: existing.visibility }),
    type: existing.type === "Article" ? "Article" : "Note",
    ...(existing.inReplyTo === undefined ? {} : { inReplyTo: existing.inReplyTo }),
  };
  const isNewText = (changes.html ?? changes.markdown ?? changes.text) !== undefined;
  if (isNewText) for (const kind of Object.values(BY_MEDIA_TYPE)) delete before[kind];
  const extra = {
    // A host cannot say "direct": what it does not name stays as it is.
    ...(changes.visibility === undefined ? { visibility: existing.visibility } : {}),
    // A new text brings its own pictures; those found in the old one must not stay behind.
    ...(isNewText || changes.attachments !== undefined ? {} : { attachments: existing.attachments }),
    ...how.extra,
  };
  return change(site, existing, readPostInput({ ...before, ...changes }), {
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
  const unsent = existing.outgoing?.some((intent) => intent.type === "Create") === true;
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
  announce(site, "removed", { post: removed });
  return removed;
}

async function ownPost(site: Site, name: string): Promise<PostRow> {
  const post = await findPost(site, name);
  if (post?.local !== true || post.deletedAt !== undefined)
    throw new NotFound(`There is no post "${name}" of this site.`);
  return post;
}

async function liveByKey(site: Site, key: string): Promise<PostRow | null> {
  return site.models.posts.findOne({ key }).lean<PostRow | null>();
}

async function authorsOf(site: Site, input: CheckedPost): Promise<ActorRow[]> {
  if (input.author !== undefined) return [await authorAccount(site, input.author)];
  const known: ActorRow[] = [];
  // A feed names people, not accounts: names that are no account of ours are nobody's mistake.
  for (const name of input.authors ?? []) {
    const account = /^[A-Za-z0-9_]{1,30}$/.test(name)
      ? await site.models.actors.findOne({ localName: name.toLowerCase() }).lean<ActorRow | null>()
      : null;
    if (account) known.push(account);
  }
  return known.length > 0 ? known : [await authorAccount(site)];
}

function sourceOf(input: CheckedPost): { text: string; mediaType: string } {
  if (input.html !== undefined) return { text: input.html, mediaType: "text/html" };
  if (input.text !== undefined) return { text: input.text, mediaType: "text/plain" };
  return { text: input.markdown ?? "", mediaType: "text/markdown" };
}

/** Everything of a post that others see and that is worked out from the input alone. */
function seenFields(site: Site, input: CheckedPost, page: string) {
  const source = sourceOf(input);
  const rendered = renderOwn(site, source, page, []);
  const named = (input.attachments ?? []).map(asMedia);
  const type: string =
    input.type ??
    (site.options.federateAs === "auto"
      ? input.title === undefined
        ? "Note"
        : "Article"
      : site.options.federateAs);
  const language = input.language ?? site.options.language;
  const warning = input.warning === "" ? undefined : input.warning;
  return {
    type,
    ...(input.title === undefined ? {} : { title: input.title }),
    content: rendered.content,
    policy: POLICY_VERSION,
    source,
    excerpt: rendered.excerpt,
    ...(input.summary === undefined ? {} : { summary: plainText(input.summary) }),
    ...(warning === undefined ? {} : { warning }),
    sensitive: input.sensitive ?? warning !== undefined,
    ...(language === undefined ? {} : { language }),
    visibility: input.visibility ?? ("public" as const),
    mentions: rendered.mentions.map((handle) => ({ handle })),
    ...mergeTags(tagsFromList(input.tags ?? []), rendered.hashtags),
    ...(input.image ? { image: asMedia({ ...input.image, type: "Image" }) } : {}),
    attachments: mergeMedia(named, rendered.images).filter((media) => media.url !== input.image?.url),
  };
}

function fingerprintOf(fields: Partial<PostRow>, url: string | undefined): string {
  return createHash("sha256")
    .update(JSON.stringify([fields, url]))
    .digest("base64url");
}

async function newRow(
  site: Site,
  input: CheckedPost,
  authors: ActorRow[],
  now: Date,
  key: string | undefined,
  how: PublishOptions,
): Promise<PostRow> {
  const [author, ...others] = authors;
  if (!author) throw new InvalidInput("The post was not taken: it has no author.", "unknown-account");
  const publishedAt = input.published ?? now;
  const parent = input.inReplyTo === undefined ? null : await findPost(site, input.inReplyTo);
  const id = idBeneath(parent, publishedAt);
  const uri = site.urls.post(id);
  const url = input.url ?? site.urls.postPage(author.username, id);
  const fields = { ...seenFields(site, input, url), ...how.extra };
  const people = await withKnownPeople(site, fields, url);
  const federated = input.federate ?? publishedAt.getTime() >= (await firstStart(site)).getTime();
  const intent: IntentRow = { id: snowflake(now), type: "Create", at: now };
  if (parent) await site.models.posts.updateOne({ _id: parent._id }, { $inc: { repliesCount: 1 } });
  return {
    _id: id,
    uri,
    url,
    names: namesOf(uri, url, site.urls.postPage(author.username, id)),
    ...(key === undefined ? {} : { key }),
    ...(how.origin === undefined ? {} : { origin: how.origin }),
    local: true,
    author: author._id,
    authorUri: author.uri,
    ...(others.length === 0 ? {} : { coauthors: others.map((other) => other._id) }),
    ...fields,
    ...people,
    ...addressing(fields.visibility, {
      followers: site.urls.followers(author.username),
      mentions: people.mentions.flatMap(({ uri }) => (uri === undefined ? [] : [uri])),
    }),
    ...(input.inReplyTo === undefined ? {} : { inReplyTo: input.inReplyTo }),
    ...(parent ? threadOf(parent) : {}),
    conversation: parent?.conversation ?? parent?._id ?? id,
    publishedAt,
    createdAt: now,
    federated,
    fingerprint: fingerprintOf(fields, input.url),
    likesCount: 0,
    boostsCount: 0,
    repliesCount: 0,
    ...(federated ? { outgoing: [intent], outgoingAt: now } : {}),
  };
}

/**
 * The id of a post of this time. Threads are read in the order of ids, so an answer stands after what it answers, whatever
 * the two clocks say.
 */
export function idBeneath(parent: Pick<PostRow, "_id"> | null, at: Date): number {
  const afterParent = parent === null ? 0 : snowflakeTime(parent._id).getTime() + 1;
  return snowflake(new Date(Math.max(at.getTime(), afterParent)));
}

/** Where an answer to `parent` stands: beneath it, in the thread of the local post at its root. */
export function threadOf(
  parent: PostRow,
): Pick<PostRow, "inReplyTo" | "inReplyToId" | "inReplyToAuthor" | "thread"> {
  const thread = parent.thread ?? (parent.local ? parent._id : undefined);
  return {
    inReplyTo: parent.uri,
    inReplyToId: parent._id,
    inReplyToAuthor: parent.author,
    ...(thread === undefined ? {} : { thread }),
  };
}

const BY_MEDIA_TYPE: Readonly<Record<string, "html" | "markdown" | "text">> = {
  "text/html": "html",
  "text/markdown": "markdown",
  "text/plain": "text",
};

const OPTIONAL = ["title", "summary", "warning", "language", "image"] as const;

async function change(
  site: Site,
  existing: PostRow,
  input: CheckedPost,
  how: PublishOptions,
): Promise<PostRow> {
  const type = input.type ?? (existing.type as "Article" | "Note");
  const fields = { ...seenFields(site, { ...input, type }, existing.url), ...how.extra };
  const fingerprint = fingerprintOf(fields, existing.key === undefined ? undefined : existing.url);
  if (fingerprint === existing.fingerprint) return existing;
  const people = await withKnownPeople(site, fields, existing.url);
  const now = site.clock.now();
  const waiting = existing.outgoing?.some((intent) => intent.type !== "Delete") === true;
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

function asMedia(
  given: { url: string; type?: MediaRow["type"] | undefined } & Record<string, unknown>,
): MediaRow {
  const rest = Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined));
  return { ...rest, url: given.url, type: given.type ?? typeByMedia(given["mediaType"]) };
}

function typeByMedia(mediaType: unknown): MediaRow["type"] {
  const top = typeof mediaType === "string" ? mediaType.split("/")[0] : "image";
  return top === "image" ? "Image" : top === "video" ? "Video" : top === "audio" ? "Audio" : "Document";
}

function asInput({
  type: _,
  focus: __,
  blurhash: ___,
  ...media
}: MediaRow): Omit<MediaRow, "type" | "focus" | "blurhash"> {
  return media;
}
