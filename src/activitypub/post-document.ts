import { native } from "../database/native.ts";
import type { ActorRow, PostRow } from "../database/rows.ts";
import { composePost, composeTombstone } from "../documents/compose-post.ts";
import { withContext } from "../documents/context.ts";
import type { JsonObject } from "../documents/parse-json.ts";
import { findPost, postById } from "../domain/find-post.ts";
import { groupOf } from "../domain/group.ts";
import { repliesTo } from "../domain/thread.ts";
import { isOpen, seenByAnyone } from "../domain/visibility.ts";
import type { Site } from "../site.ts";
import { NotFound } from "../support/errors.ts";
import { documentsOf, type Looked } from "./document-cache.ts";
import type { Served } from "./respond.ts";

/** Replies named inside a post: as many as Mastodon takes from there. */
const FIRST_REPLIES = 5;

/** What the document is made from, without the text itself: that changes only together with one of these. */
const VERSION = [
  "type",
  "visibility",
  "deletedAt",
  "hiddenAt",
  "updatedAt",
  "fingerprint",
  "policy",
  "mentions",
  "poll",
  "quote",
  "quotePolicy",
  "likesCount",
  "boostsCount",
  "repliesCount",
] as const satisfies (keyof PostRow)[];
const PROJECTION = Object.fromEntries(["local", ...VERSION].map((name) => [name, 1]));

/**
 * What a stranger may know of a post of ours: all of it, that it is gone, or nothing. Posts of others are served by
 * their own hosts.
 */
export function standing(post: PostRow | null): "live" | "gone" | "nothing" {
  if (post?.local !== true) return "nothing";
  if (seenByAnyone(post)) return "live";
  return post.deletedAt !== undefined && isOpen(post) ? "gone" : "nothing";
}

/**
 * The document of a post by its number: the object, or a Tombstone with status 410.
 * @throws {NotFound} for posts that are not there, not ours or not public: the three look alike.
 */
export async function postDocument(site: Site, id: number): Promise<Served> {
  return documentsOf(site).get(`post ${id}`, async () =>
    lookedAt(site, await native(site.models.posts).findOne({ _id: id }, { projection: PROJECTION })),
  );
}

/** The same by the address of a page, ours or the host's. @throws {NotFound} */
export async function documentOfPage(site: Site, url: string): Promise<Served> {
  return documentsOf(site).get(`page ${url}`, async () => lookedAt(site, await findPost(site, url)));
}

function lookedAt(site: Site, seen: PostRow | null): Looked {
  const state = standing(seen);
  if (!seen || state === "nothing") throw new NotFound();
  return {
    version: JSON.stringify([seen._id, ...VERSION.map((name) => seen[name])]),
    status: state === "gone" ? 410 : 200,
    compose: async () => {
      // Read anew and asked again: it may have changed since the look.
      const post = await postById(site, seen._id);
      if (!post || standing(post) !== state) throw new NotFound();
      return withContext(state === "gone" ? composeTombstone(post) : await composeOwnPost(site, post));
    },
  };
}

/** The object of a live post, without context. */
export async function composeOwnPost(site: Site, post: PostRow): Promise<JsonObject> {
  const author = await site.models.actors.findById(post.author).lean<ActorRow | null>();
  if (!author) throw new NotFound();
  const groupUri = post.type === "Article" ? await groupOf(site, author) : undefined;
  const replies = post.repliesCount > 0 ? (await repliesTo(site, post, { limit: FIRST_REPLIES })).uris : [];
  return composePost(
    site.urls,
    post,
    { username: author.username, uri: author.uri, ...(groupUri === undefined ? {} : { groupUri }) },
    { articleSummary: site.options.articleSummary, replies },
  );
}
