import type { ActorRow, MediaRow, PostRow } from "../database/rows.ts";
import type { Site } from "../site.ts";
import { idRange, type PageRequest } from "../support/cursors.ts";
import { parseId } from "../support/ids.ts";
import { plainText } from "../text/plain-text.ts";
import { faceOf, type Face } from "./face.ts";
import { findPost } from "./find-post.ts";
import { SEEN_BY_ANYONE, seenByAnyone } from "./visibility.ts";

/** A comment as templates and JSON show it. `html` is safe to print unescaped; everything else is text or a URL. */
export interface Comment {
  id: string;
  /** ActivityPub id. */
  uri: string;
  /** The page of the original. */
  url: string;
  author: Face;
  html: string;
  text: string;
  published: Date;
  updated?: Date;
  /** Id of the comment that this answers; `null` for an answer to the post itself. */
  parent: string | null;
  /** 0 for an answer to the post itself. */
  depth: number;
  replies: Comment[];
  /** Written by an account of this site. */
  local: boolean;
  /** Content warning: show `html` only when asked to. */
  warning?: string;
  sensitive: boolean;
  likes: number;
  boosts: number;
  attachments: MediaRow[];
}

export interface CommentPage {
  /** The post, or `null` when the page is none that the site knows. */
  post: { id: string; uri: string; url: string } | null;
  /** Visible comments in the whole thread. */
  total: number;
  /** Threaded, oldest first. */
  comments: Comment[];
  /** Where the next page begins; absent on the last. */
  next?: string;
}

/** Comments of a page; a template wants all, the network wants a bound. */
const LIMIT = 200;
const MOST = 1000;

/**
 * The visible comments under a post found by its id or page. Direct and followers-only messages, hidden and deleted ones
 * are never among them.
 * @param options.limit at most 1000, default 200.
 * @param options.after `next` of the page before.
 */
export async function commentsOf(
  site: Site,
  name: string,
  options: { limit?: number; after?: string } = {},
): Promise<CommentPage> {
  const post = await findPost(site, name);
  if (!post || !seenByAnyone(post)) return { post: null, total: 0, comments: [] };
  const root = post.thread ?? post._id;
  const limit = Math.min(Math.max(1, options.limit ?? LIMIT), MOST);
  const after = options.after === undefined ? undefined : parseId(options.after);
  const below = post._id === root ? undefined : await beneath(site, post._id, root);
  const filter = {
    ...SEEN_BY_ANYONE,
    thread: root,
    ...(below === undefined ? {} : { $and: [{ _id: { $in: below } }] }),
  };
  const [rows, total] = await Promise.all([
    site.models.posts
      .find({ ...filter, ...idRange(after === undefined ? {} : { after }) })
      .sort({ _id: 1 })
      .limit(limit + 1)
      .lean<PostRow[]>(),
    site.models.posts.countDocuments(filter),
  ]);
  const shown = rows.slice(0, limit);
  const last = shown.at(-1);
  const flat = await dress(site, shown);
  return {
    post: { id: String(post._id), uri: post.uri, url: post.url },
    total,
    comments: thread(flat, post._id),
    ...(rows.length > limit && last ? { next: String(last._id) } : {}),
  };
}

/** Adds authors in one query. A comment whose author's row is missing cannot be shown. */
async function dress(site: Site, rows: PostRow[]): Promise<Dressed[]> {
  if (rows.length === 0) return [];
  const actors = await site.models.actors
    .find({ _id: { $in: [...new Set(rows.map((row) => row.author))] } })
    .lean<ActorRow[]>();
  const faces = new Map<number, Face>();
  for (const actor of actors) faces.set(actor._id, await faceOf(site, actor));
  return rows.flatMap((row) => {
    const author = faces.get(row.author);
    return author ? [{ row, comment: asComment(row, author) }] : [];
  });
}

interface Dressed {
  row: PostRow;
  comment: Comment;
}

function asComment(row: PostRow, author: Face): Comment {
  return {
    id: String(row._id),
    uri: row.uri,
    url: row.url,
    author,
    html: row.content,
    text: plainText(row.content),
    published: row.publishedAt,
    ...(row.updatedAt ? { updated: row.updatedAt } : {}),
    parent: null,
    depth: 0,
    replies: [],
    local: row.local,
    ...(row.warning === undefined ? {} : { warning: row.warning }),
    sensitive: row.sensitive,
    likes: row.likesCount,
    boosts: row.boostsCount,
    attachments: row.attachments,
  };
}

/** Levels that are shown nested; what answers the deepest stands beside it. A page must not nest without end. */
const DEEPEST = 20;

/** Hangs each comment beneath what it answers; one whose parent is hidden, deleted or on another page stands at the top. */
function thread(dressed: Dressed[], root: number): Comment[] {
  const top: Comment[] = [];
  /** Each comment seen, and the list that it stands in. */
  const seen = new Map<number, { comment: Comment; among: Comment[] }>();
  // Oldest first, so a parent is nearly always seen already; an answer dated before its parent stands at the top, and
  // two that name each other make no ring.
  for (const { row, comment } of dressed) {
    const parent =
      row.inReplyToId === undefined || row.inReplyToId === root ? undefined : seen.get(row.inReplyToId);
    let among = top;
    if (parent) {
      comment.parent = parent.comment.id;
      comment.depth = Math.min(parent.comment.depth + 1, DEEPEST);
      among = parent.comment.depth === DEEPEST ? parent.among : parent.comment.replies;
    }
    among.push(comment);
    seen.set(row._id, { comment, among });
  }
  // Ids grow with time but for answers whose clock ran behind what they answer: those stand by their own time.
  for (const { comment } of seen.values()) comment.replies.sort(byTime);
  return top.sort(byTime);
}

const byTime = (a: Comment, b: Comment): number => a.published.getTime() - b.published.getTime();

/** Rows of a thread that are looked through for the answers to one comment in it. */
const LOOKED_THROUGH = 10_000;

/** Ids of the visible answers to a comment, and of the answers to these. A parent is nearly always older. */
async function beneath(site: Site, comment: number, root: number): Promise<number[]> {
  const leaves = await site.models.posts
    .find({ ...SEEN_BY_ANYONE, thread: root, _id: { $gt: comment } }, { inReplyToId: 1 })
    .sort({ _id: 1 })
    .limit(LOOKED_THROUGH)
    .lean<Pick<PostRow, "_id" | "inReplyToId">[]>();
  const found = new Set([comment]);
  for (const leaf of leaves)
    if (leaf.inReplyToId !== undefined && found.has(leaf.inReplyToId)) found.add(leaf._id);
  found.delete(comment);
  return [...found];
}

/** Ids of the visible direct answers to a post, oldest first, and where the next page begins. */
export async function repliesTo(
  site: Site,
  post: Pick<PostRow, "_id">,
  page: PageRequest,
): Promise<{ uris: string[]; next?: number }> {
  const rows = await site.models.posts
    .find({ ...SEEN_BY_ANYONE, inReplyToId: post._id, ...idRange(page) }, { uri: 1 })
    .sort({ _id: 1 })
    .limit(page.limit + 1)
    .lean<PostRow[]>();
  const shown = rows.slice(0, page.limit);
  const last = shown.at(-1);
  return {
    uris: shown.map((row) => row.uri),
    ...(rows.length > page.limit && last ? { next: last._id } : {}),
  };
}

/** Ids of every visible post of a thread, the root first (FEP-7888), and where the next page begins. */
export async function threadUris(
  site: Site,
  root: Pick<PostRow, "_id" | "uri">,
  page: PageRequest,
): Promise<{ uris: string[]; next?: number }> {
  const rows = await site.models.posts
    .find({ ...SEEN_BY_ANYONE, thread: root._id, ...idRange(page) }, { uri: 1 })
    .sort({ _id: 1 })
    .limit(page.limit + 1)
    .lean<PostRow[]>();
  const shown = rows.slice(0, page.limit);
  const last = shown.at(-1);
  const head = page.after === undefined ? [root.uri] : [];
  return {
    uris: [...head, ...shown.map((row) => row.uri)],
    ...(rows.length > page.limit && last ? { next: last._id } : {}),
  };
}
