import { readRows } from "../database/native.ts";
import type { ActorRow, PostRow } from "../database/rows.ts";
import type { Site } from "../site.ts";
import { inOrderOf } from "./page.ts";

/** What stands around a post in its conversation. */
export interface Thread {
  /** Oldest first. */
  ancestors: PostRow[];
  /** In the order of reading: each answer is followed by what answers it. */
  descendants: PostRow[];
}

/** Rows of a conversation that are looked at, before and after the post each; what is further away is not shown. */
const LONGEST = 4096;
/** What a stranger gets; threads of thousands are for those who are logged in. */
const STRANGERS_ANCESTORS = 40;
const STRANGERS_DESCENDANTS = 60;

/** Only what tells where a post hangs. */
type Leaf = Pick<PostRow, "_id" | "author" | "inReplyToId" | "deletedAt">;
const LEAF = { author: 1, inReplyToId: 1, deletedAt: 1 } as const;

/**
 * The conversation around a post, as it is stored. Five queries, however long it is. What is deleted is left out, and what
 * answers it stays in its place. Whether the viewer may see each post is for `visibleTo` to say.
 */
export async function threadOfPost(
  site: Site,
  post: PostRow,
  viewer?: Pick<ActorRow, "_id">,
): Promise<Thread> {
  const leaves = new Map<number, Leaf>([[post._id, post]]);
  const conversation = post.conversation ?? post._id;
  // Comments that came before conversations were stored are known by the local post at their root.
  const [before, after, olderBefore, olderAfter] = await Promise.all([
    leavesOf(site, { conversation }, post, -1),
    leavesOf(site, { conversation }, post, 1),
    leavesOf(site, { thread: post.thread ?? post._id }, post, -1),
    leavesOf(site, { thread: post.thread ?? post._id }, post, 1),
  ]);
  for (const leaf of [...before, ...after, ...olderBefore, ...olderAfter]) leaves.set(leaf._id, leaf);

  const above = ancestorsOf(post, leaves);
  const below = descendantsOf(post, leaves, conversation);
  const ancestors = viewer === undefined ? above.slice(-STRANGERS_ANCESTORS) : above;
  const descendants = viewer === undefined ? below.slice(0, STRANGERS_DESCENDANTS) : below;
  const rows = await readRows(site.models.posts, { _id: { $in: [...ancestors, ...descendants] } });
  return { ancestors: inOrderOf(ancestors, rows), descendants: inOrderOf(descendants, rows) };
}

async function leavesOf(
  site: Site,
  filter: { conversation: number } | { thread: number },
  post: PostRow,
  direction: 1 | -1,
): Promise<Leaf[]> {
  return readRows(
    site.models.posts,
    { ...filter, _id: direction === 1 ? { $gt: post._id } : { $lt: post._id } },
    { projection: LEAF, sort: { _id: direction }, limit: LONGEST },
  );
}

/** From the oldest down to what the post answers; what was deleted in between is passed over. */
function ancestorsOf(post: PostRow, leaves: ReadonlyMap<number, Leaf>): number[] {
  const found: number[] = [];
  const seen = new Set([post._id]);
  let at = post.inReplyToId;
  while (at !== undefined && !seen.has(at)) {
    seen.add(at);
    const leaf = leaves.get(at);
    if (leaf === undefined) break;
    if (leaf.deletedAt === undefined) found.push(at);
    at = leaf.inReplyToId;
  }
  return found.reverse();
}

/** Everything beneath the post. Answers to what was never stored hang at the root of the conversation. */
function descendantsOf(post: PostRow, leaves: ReadonlyMap<number, Leaf>, conversation: number): number[] {
  const answers = new Map<number, Leaf[]>();
  for (const leaf of [...leaves.values()].sort((one, other) => one._id - other._id)) {
    if (leaf._id === conversation) continue;
    const parent =
      leaf.inReplyToId !== undefined && leaves.has(leaf.inReplyToId) ? leaf.inReplyToId : conversation;
    const among = answers.get(parent);
    if (among === undefined) answers.set(parent, [leaf]);
    else among.push(leaf);
  }
  const found: number[] = [];
  const seen = new Set([post._id]);
  const open = childrenOf(post, answers);
  for (let leaf = open.pop(); leaf !== undefined; leaf = open.pop()) {
    if (seen.has(leaf._id)) continue;
    seen.add(leaf._id);
    if (leaf.deletedAt === undefined) found.push(leaf._id);
    for (const child of childrenOf(leaf, answers)) open.push(child);
  }
  return found;
}

/** Those to be read first are last: the author's own continuation, then by age. */
function childrenOf(parent: Leaf, answers: ReadonlyMap<number, Leaf[]>): Leaf[] {
  const children = answers.get(parent._id) ?? [];
  const own = children.filter((leaf) => leaf.author === parent.author);
  const others = children.filter((leaf) => leaf.author !== parent.author);
  return [...own, ...others].reverse();
}
