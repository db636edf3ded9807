import { insertRow } from "../database/native.ts";
import type { ActorRow, InteractionRow, PostRow } from "../database/rows.ts";
import { enqueueActivity } from "../delivery/enqueue.ts";
import { composeActivity } from "../documents/compose-activity.ts";
import { announce, type Site } from "../site.ts";
import type { StatusPage } from "../support/cursors.ts";
import { isDuplicateKey, NotFound } from "../support/errors.ts";
import { snowflake } from "../support/ids.ts";
import { maySee, visibleTo } from "./may-see.ts";
import { notify } from "./notifications.ts";
import { inOrderOf, sortedPage } from "./page.ts";

/** Likes a post and tells its author. Again: nothing more. @throws {NotFound} for what the account may not see. */
export async function favourite(site: Site, account: ActorRow, post: PostRow): Promise<void> {
  await mustSee(site, account, post);
  const known = { kind: "like", actor: account._id, post: post._id } as const;
  if ((await site.models.interactions.exists(known)) !== null) return;
  const author = await site.models.actors.findById(post.author).lean<ActorRow | null>();
  // The activity first: of a crash in between a Like is left that can be given again, never one that nobody sends.
  const id =
    author === null || author.local
      ? snowflake(site.clock.now())
      : await tell(site, account, author, "Like", post.uri);
  if (!(await keep(site, "like", account, post, id, site.urls.activity(id)))) return;
  await site.models.posts.updateOne({ _id: post._id }, { $inc: { likesCount: 1 } });
  if (author?.local === true) await notify(site, { owner: author, type: "favourite", from: account, post });
  announce(site, "like", { actor: account, post });
}

/** Takes a like back. */
export async function unfavourite(site: Site, account: ActorRow, post: PostRow): Promise<void> {
  const known = { kind: "like", actor: account._id, post: post._id } as const;
  const row = await site.models.interactions.findOne(known).lean<InteractionRow | null>();
  if (!row) return;
  const author = await site.models.actors.findById(post.author).lean<ActorRow | null>();
  // The activity first: after a crash in between the like is still there, and is taken back again.
  if (author && !author.local) {
    const like = { id: row.uri, type: "Like", actor: account.uri, object: post.uri };
    await tell(site, account, author, "Undo", like);
  }
  const { deletedCount } = await site.models.interactions.deleteOne({ _id: row._id });
  if (deletedCount === 0) return;
  await site.models.posts.updateOne({ _id: post._id }, { $inc: { likesCount: -1 } });
  announce(site, "unlike", { actor: account, post });
}

/** Keeps a post for oneself; nobody is told. @throws {NotFound} for what the account may not see. */
export async function bookmark(site: Site, account: ActorRow, post: PostRow): Promise<void> {
  await mustSee(site, account, post);
  await keep(site, "bookmark", account, post, snowflake(site.clock.now()), post.uri);
}

export async function unbookmark(site: Site, account: ActorRow, post: PostRow): Promise<void> {
  await site.models.interactions.deleteOne({ kind: "bookmark", actor: account._id, post: post._id });
}

/** No notifications of a conversation any more. @throws {NotFound} for what the account may not see. */
export async function muteThread(site: Site, account: ActorRow, post: PostRow): Promise<void> {
  await mustSee(site, account, post);
  const root = { _id: post.conversation ?? post._id };
  await keep(site, "mute", account, root, snowflake(site.clock.now()), post.uri);
}

export async function unmuteThread(site: Site, account: ActorRow, post: PostRow): Promise<void> {
  await site.models.interactions.deleteOne({
    kind: "mute",
    actor: account._id,
    post: post.conversation ?? post._id,
  });
}

async function mustSee(site: Site, account: ActorRow, post: PostRow): Promise<void> {
  if (!(await maySee(site, post, account))) throw new NotFound("Record not found");
}

/** @returns whether it is new. */
async function keep(
  site: Site,
  kind: InteractionRow["kind"],
  account: ActorRow,
  post: Pick<PostRow, "_id">,
  id: number,
  uri: string,
): Promise<boolean> {
  try {
    await insertRow(site.models.interactions, {
      _id: id,
      kind,
      actor: account._id,
      post: post._id,
      uri,
      createdAt: site.clock.now(),
    });
    return true;
  } catch (error) {
    if (!isDuplicateKey(error)) throw error;
    if ((await site.models.interactions.exists({ kind, actor: account._id, post: post._id })) !== null)
      return false;
    return keep(site, kind, account, post, id + 1, uri);
  }
}

/** @returns the id of the activity. */
async function tell(
  site: Site,
  account: ActorRow,
  author: ActorRow,
  type: "Like" | "Undo",
  object: string | Record<string, unknown>,
): Promise<number> {
  const { _id } = await enqueueActivity(site, {
    actor: account,
    activity: composeActivity({
      type,
      actor: account.uri,
      object,
      to: [author.uri],
      cc: [],
    }),
    type,
    object: typeof object === "string" ? object : String(object["object"]),
    inboxes: [author.inbox],
  });
  return _id;
}

/** A page of what an account has liked or kept, the last first; pages by the hidden row's id. */
export interface InteractionPage {
  rows: PostRow[];
  /** `max_id` of the next page. */
  next?: number;
  /** `min_id` of the page before. */
  prev?: number;
}

export async function listInteractions(
  site: Site,
  account: ActorRow,
  kind: "like" | "bookmark",
  page: StatusPage,
): Promise<InteractionPage> {
  const interactions = await sortedPage(site.models.interactions, { actor: account._id, kind }, page);
  const ids = interactions.map((row) => row.post);
  const rows =
    ids.length === 0
      ? []
      : inOrderOf(ids, await site.models.posts.find({ _id: { $in: ids } }).lean<PostRow[]>());
  const [first, last] = [interactions[0], interactions.at(-1)];
  return {
    rows: await visibleTo(site, rows, account),
    ...(last && interactions.length === page.limit ? { next: last._id } : {}),
    ...(first ? { prev: first._id } : {}),
  };
}

/** Who liked or boosted a post, the last first; pages by the hidden row's id. */
export async function interactingActors(
  site: Site,
  post: Pick<PostRow, "_id">,
  kind: "like" | "boost",
  page: StatusPage,
): Promise<{ rows: ActorRow[]; next?: number; prev?: number }> {
  const interactions = await sortedPage(
    site.models.interactions,
    { post: post._id, kind, closed: { $exists: false } },
    page,
  );
  const ids = interactions.map((row) => row.actor);
  const rows =
    ids.length === 0
      ? []
      : inOrderOf(ids, await site.models.actors.find({ _id: { $in: ids } }).lean<ActorRow[]>());
  const [first, last] = [interactions[0], interactions.at(-1)];
  return {
    rows,
    ...(last && interactions.length === page.limit ? { next: last._id } : {}),
    ...(first ? { prev: first._id } : {}),
  };
}
