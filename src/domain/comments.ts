import { insertRow } from "../database/native.ts";
import type { ActorRow, PostRow } from "../database/rows.ts";
import type { ReadPost } from "../documents/read-post.ts";
import { resolveActor } from "../remote/actors.ts";
import { announce, type Site } from "../site.ts";
import { isDuplicateKey, NotFound } from "../support/errors.ts";
import { snowflake } from "../support/ids.ts";
import { excerpt } from "../text/excerpt.ts";
import { foreignContent } from "../text/foreign-content.ts";
import { normaliseTag } from "../text/hashtags.ts";
import { plainText } from "../text/plain-text.ts";
import { POLICY_VERSION } from "../text/sanitise.ts";
import { findPost, namesOf } from "./find-post.ts";
import { findAncestry } from "./ancestry.ts";
import { done, ignored, type Outcome } from "./outcome.ts";
import { threadOf } from "./posts.ts";
import { isBuried } from "./tombstones.ts";
import { seenByAnyone } from "./visibility.ts";

/**
 * A post of somebody else arrived. If it answers one of ours, or something beneath one of ours, it is a comment; anything
 * else is none of a blog's business.
 * @param author who wrote it, proven.
 */
export async function receivePost(site: Site, author: ActorRow, post: ReadPost): Promise<Outcome> {
  if (post.voteFor !== undefined) return ignored("is a vote");
  if (post.inReplyTo === undefined) return ignored("answers nothing");
  if (await isBuried(site, author.uri, post.uri)) return ignored("was deleted before it came");
  const known = await site.models.posts.findOne({ uri: post.uri }).lean<PostRow | null>();
  if (known) return edit(site, known, author, post);

  const parent = await parentOf(site, post.inReplyTo);
  if (!parent) return ignored("answers nothing that is here");
  const place = threadOf(parent);
  const root =
    place.thread === undefined ? null : await site.models.posts.findById(place.thread).lean<PostRow | null>();
  if (!root || root.deletedAt !== undefined) return ignored("answers something that was deleted");
  return store(site, author, post, parent, root);
}

/** What a post answers; answers in between that never reached us are fetched and stored first. */
async function parentOf(site: Site, uri: string): Promise<PostRow | null> {
  const ancestry = await findAncestry(site, uri);
  if (!ancestry) return null;
  for (const missing of ancestry.missing)
    await receivePost(site, await resolveActor(site, missing.authorUri), missing);
  return ancestry.missing.length === 0 ? ancestry.here : findPost(site, uri);
}

async function store(
  site: Site,
  author: ActorRow,
  post: ReadPost,
  parent: PostRow,
  root: PostRow,
): Promise<Outcome> {
  const now = site.clock.now();
  // A date in the future would keep the comment at the end for good.
  const publishedAt = post.published !== undefined && post.published <= now ? post.published : now;
  const row: PostRow = {
    _id: snowflake(publishedAt),
    uri: post.uri,
    url: post.url,
    names: namesOf(post.uri, post.url),
    local: false,
    author: author._id,
    authorUri: author.uri,
    ...seenFields(post),
    ...threadOf(parent),
    publishedAt,
    ...(post.updated === undefined || post.updated <= publishedAt ? {} : { updatedAt: post.updated }),
    createdAt: now,
    federated: false,
    likesCount: 0,
    boostsCount: 0,
    repliesCount: 0,
  };
  try {
    await insertRow(site.models.posts, row);
  } catch (error) {
    // It came twice at once, or the snowflake was taken: the second look tells.
    if (isDuplicateKey(error)) return receivePost(site, author, post);
    throw error;
  }
  if (seenByAnyone(row)) {
    await site.models.posts.updateOne({ _id: parent._id }, { $inc: { repliesCount: 1 } });
    announce(site, "comment", { comment: row, author, post: root });
  }
  return done("became a comment");
}

/** An edit, maybe before the post itself: then it is the post. Older than what is known, it changes nothing. */
export async function receiveEdit(site: Site, author: ActorRow, post: ReadPost): Promise<Outcome> {
  const known = await site.models.posts.findOne({ uri: post.uri }).lean<PostRow | null>();
  return known ? edit(site, known, author, post) : receivePost(site, author, post);
}

async function edit(site: Site, known: PostRow, author: ActorRow, post: ReadPost): Promise<Outcome> {
  if (known.local || known.authorUri !== author.uri) return ignored("is another author's post");
  if (known.deletedAt !== undefined) return ignored("was deleted");
  const fields = seenFields(post);
  const newest = known.updatedAt ?? known.publishedAt;
  const isNewer = post.updated === undefined ? known.updatedAt === undefined : post.updated > newest;
  if (
    !isNewer ||
    (fields.source?.text === known.source?.text &&
      fields.warning === known.warning &&
      fields.visibility === known.visibility)
  ) {
    return ignored("says nothing new");
  }
  const now = site.clock.now();
  const updatedAt = post.updated !== undefined && post.updated <= now ? post.updated : now;
  const missing = (["title", "warning", "language"] as const).filter((name) => fields[name] === undefined);
  const changed = await site.models.posts
    .findOneAndUpdate(
      { _id: known._id, deletedAt: { $exists: false } },
      {
        $set: { ...fields, updatedAt },
        ...(missing.length === 0 ? {} : { $unset: Object.fromEntries(missing.map((name) => [name, 1])) }),
      },
      { returnDocument: "after" },
    )
    .lean<PostRow | null>();
  if (!changed) return ignored("was deleted");
  await recount(site, known, changed);
  const root =
    changed.thread === undefined
      ? null
      : await site.models.posts.findById(changed.thread).lean<PostRow | null>();
  if (root) announce(site, "commentEdited", { comment: changed, author, post: root });
  return done("was edited");
}

/** Empties a remote post and keeps its place in the thread, so that answers to it still hang somewhere. */
export async function eraseComment(site: Site, post: PostRow): Promise<boolean> {
  const before = await site.models.posts
    .findOneAndUpdate(
      { _id: post._id, deletedAt: { $exists: false } },
      {
        $set: {
          deletedAt: site.clock.now(),
          content: "",
          excerpt: "",
          attachments: [],
          mentions: [],
          hashtags: [],
          tagKeys: [],
        },
        $unset: { title: 1, source: 1, warning: 1 },
      },
    )
    .lean<PostRow | null>();
  if (!before) return false;
  await recount(site, before, { ...before, deletedAt: site.clock.now() });
  const root =
    before.thread === undefined
      ? null
      : await site.models.posts.findById(before.thread).lean<PostRow | null>();
  announce(site, "commentDeleted", { comment: before, post: root });
  return true;
}

/** Takes a comment out of every page; its author is not told. @throws {NotFound} when it is none. */
export async function hideComment(site: Site, name: string): Promise<void> {
  await setHidden(site, name, { $set: { hiddenAt: site.clock.now() } });
}

/** Shows a hidden comment again. @throws {NotFound} when it is none. */
export async function showComment(site: Site, name: string): Promise<void> {
  await setHidden(site, name, { $unset: { hiddenAt: 1 } });
}

async function setHidden(site: Site, name: string, change: object): Promise<void> {
  const comment = await findPost(site, name);
  if (comment?.thread === undefined) throw new NotFound(`There is no comment "${name}".`);
  const after = await site.models.posts
    .findOneAndUpdate({ _id: comment._id }, change, { returnDocument: "after" })
    .lean<PostRow | null>();
  if (after) await recount(site, comment, after);
}

/** Keeps the parent's count of visible answers true. */
async function recount(site: Site, before: PostRow, after: PostRow): Promise<void> {
  const change = Number(seenByAnyone(after)) - Number(seenByAnyone(before));
  if (change === 0 || before.inReplyToId === undefined) return;
  await site.models.posts.updateOne({ _id: before.inReplyToId }, { $inc: { repliesCount: change } });
}

/** What others see of a foreign post, through the one gate for foreign HTML. */
function seenFields(post: ReadPost) {
  const content = foreignContent({ content: post.content, mediaType: post.mediaType });
  const warning = post.warning === undefined ? "" : plainText(post.warning, 500).trim();
  const title = post.title === undefined ? "" : plainText(post.title, 500).trim();
  return {
    type: post.type,
    ...(title === "" ? {} : { title }),
    content,
    policy: POLICY_VERSION,
    source: { text: post.content, mediaType: post.mediaType },
    excerpt: excerpt(content),
    ...(warning === "" ? {} : { warning }),
    sensitive: post.sensitive,
    ...(post.language === undefined ? {} : { language: post.language }),
    visibility: post.visibility,
    to: post.to,
    cc: post.cc,
    mentions: post.mentions.map((mention) => ({
      handle: (mention.name ?? "").replace(/^@/, ""),
      uri: mention.uri,
    })),
    hashtags: post.hashtags,
    tagKeys: post.hashtags.map(normaliseTag).filter((tag) => tag !== ""),
    attachments: post.attachments,
  } satisfies Partial<PostRow>;
}
