import { insertRow } from "../database/native.ts";
import type { ActorRow, InteractionRow, PostRow, Visibility } from "../database/rows.ts";
import { visibilityOf } from "../documents/read-post.ts";
import { announce, type Site } from "../site.ts";
import { idRange, type PageRequest } from "../support/cursors.ts";
import { isDuplicateKey } from "../support/errors.ts";
import { snowflake } from "../support/ids.ts";
import { dropBoost, keepBoost } from "./boosts.ts";
import { faceOf, type Face } from "./face.ts";
import { findPost } from "./find-post.ts";
import type { ActorPage } from "./follows.ts";
import { notify } from "./notifications.ts";
import { done, ignored, type Outcome } from "./outcome.ts";
import { bury, isBuried } from "./tombstones.ts";
import { isFollowedOrAsked } from "./wanted.ts";
import { isOpen, seenByAnyone } from "./visibility.ts";

/** What others are told of; bookmarks and mutes are nobody else's business. */
type Kind = "like" | "boost";
const COUNTER: { readonly [kind in InteractionRow["kind"]]?: "likesCount" | "boostsCount" } = {
  like: "likesCount",
  boost: "boostsCount",
};
/** Faces shown beside the counts. */
const FACES = 20;

/** A Like or an Announce of something that we hold. Counted once an actor, kind and post, however often it is sent. */
export async function receiveInteraction(
  site: Site,
  kind: Kind,
  actor: ActorRow,
  objectUri: string,
  activityUri: string,
  options: { emoji?: string; published?: Date; to?: string[]; cc?: string[] } = {},
): Promise<Outcome> {
  const post = await findPost(site, objectUri);
  if (!post || !seenByAnyone(post)) return ignored("is about nothing that is here");
  if (await isBuried(site, actor.uri, activityUri)) return ignored("was undone before it came");
  // Bears being repeated.
  const tell = async (interaction: InteractionRow): Promise<void> => {
    if (kind === "boost" && (await isFollowedOrAsked(site, actor)))
      await keepBoost(site, actor, post, interaction, visibility, options.to ?? [], options.cc ?? []);
    if (post.local) await tellAuthor(site, kind, actor, post);
  };
  const visibility = kind === "boost" ? boostVisibility(options.to ?? [], options.cc ?? []) : "public";
  const row: InteractionRow = {
    _id: snowflake(site.clock.now()),
    kind,
    actor: actor._id,
    post: post._id,
    uri: activityUri,
    ...(options.emoji === undefined ? {} : { emoji: options.emoji }),
    ...(isOpen({ visibility }) ? {} : { closed: true }),
    createdAt: site.clock.now(),
  };
  try {
    await insertRow(site.models.interactions, row);
  } catch (error) {
    if (!isDuplicateKey(error)) throw error;
    // Sent again with a new id: an Undo will name the newest one.
    const known = await site.models.interactions
      .findOneAndUpdate(
        { kind, actor: actor._id, post: post._id },
        { $set: { uri: activityUri, ...(options.emoji === undefined ? {} : { emoji: options.emoji }) } },
      )
      .lean<InteractionRow | null>();
    if (!known) return receiveInteraction(site, kind, actor, objectUri, activityUri, options);
    // The very same once more: the process that stored it may have died before the rest.
    if (known.uri === activityUri) await tell(known);
    return done("is known");
  }
  await count(site, row, 1);
  await tell(row);
  announce(site, kind, { actor, post });
  return done(kind === "like" ? "liked" : "boosted");
}

/** Of a boost that names nobody nothing is known: it is taken for a public one. */
function boostVisibility(to: readonly string[], cc: readonly string[]): Visibility {
  if (to.length + cc.length === 0) return "public";
  const visibility = visibilityOf(to, cc, new Set());
  return visibility === "direct" ? "followers" : visibility;
}

async function tellAuthor(site: Site, kind: Kind, actor: ActorRow, post: PostRow): Promise<void> {
  const owner = await site.models.actors.findById(post.author).lean<ActorRow | null>();
  if (owner) await notify(site, { owner, type: kind === "like" ? "favourite" : "reblog", from: actor, post });
}

/** Like or Announce undone: matched by its id, or by what it was about. */
export async function undoInteraction(
  site: Site,
  actorUri: string,
  what: { uri?: string; kind?: Kind; objectUri?: string },
): Promise<Outcome> {
  const actor = await site.models.actors.findOne({ uri: actorUri }).lean<ActorRow | null>();
  const row = actor && ((await byId(site, actor, what.uri)) ?? (await byObject(site, actor, what)));
  // One that was here is not buried: Plume's next Like of the same post comes under the same id.
  if (what.uri !== undefined && what.uri !== row?.uri) await bury(site, actorUri, what.uri);
  if (!row) return ignored("undoes nothing that is here");
  await forget(site, row);
  const post = await site.models.posts.findById(row.post).lean<PostRow | null>();
  if (post) announce(site, row.kind === "like" ? "unlike" : "unboost", { actor, post });
  return done(row.kind === "like" ? "unliked" : "unboosted");
}

async function byId(site: Site, actor: ActorRow, uri: string | undefined): Promise<InteractionRow | null> {
  return uri === undefined
    ? null
    : site.models.interactions.findOne({ uri, actor: actor._id }).lean<InteractionRow | null>();
}

async function byObject(
  site: Site,
  actor: ActorRow,
  what: { kind?: Kind; objectUri?: string },
): Promise<InteractionRow | null> {
  if (what.objectUri === undefined || what.kind === undefined) return null;
  const post = await findPost(site, what.objectUri);
  return (
    post &&
    site.models.interactions
      .findOne({ kind: what.kind, actor: actor._id, post: post._id })
      .lean<InteractionRow | null>()
  );
}

/** Takes back everything an actor that is gone has liked and boosted. */
export async function endInteractions(site: Site, actor: Pick<ActorRow, "_id">): Promise<void> {
  for (;;) {
    const rows = await site.models.interactions
      .find({ actor: actor._id })
      .sort({ _id: -1 })
      .limit(500)
      .lean<InteractionRow[]>();
    if (rows.length === 0) return;
    for (const row of rows) await forget(site, row);
  }
}

/** The row goes last: as long as it is there, an Undo that was broken off finds what it was about. */
async function forget(site: Site, row: InteractionRow): Promise<void> {
  if (row.kind === "boost") await dropBoost(site, row);
  if (row.kind === "like" || row.kind === "boost") {
    // The ring that told of it is taken back with it.
    await site.models.notifications.deleteMany({
      post: row.post,
      from: row.actor,
      type: row.kind === "like" ? "favourite" : "reblog",
    });
  }
  const { deletedCount } = await site.models.interactions.deleteOne({ _id: row._id });
  if (deletedCount > 0) await count(site, row, -1);
}

async function count(site: Site, row: InteractionRow, change: 1 | -1): Promise<void> {
  const counter = COUNTER[row.kind];
  if (counter) await site.models.posts.updateOne({ _id: row.post }, { $inc: { [counter]: change } });
}

/** Ids of the likes or boosts of a post, newest first, for its collections. */
export async function interactionsWith(
  site: Site,
  post: Pick<PostRow, "_id">,
  kind: Kind,
  page: PageRequest,
): Promise<ActorPage> {
  const rows = await site.models.interactions
    .find({ post: post._id, kind, closed: { $exists: false }, ...idRange(page) }, { uri: 1 })
    .sort({ _id: -1 })
    .limit(page.limit + 1)
    .lean<InteractionRow[]>();
  const shown = rows.slice(0, page.limit);
  const last = shown.at(-1);
  return {
    uris: shown.map((row) => row.uri),
    ...(rows.length > page.limit && last ? { next: last._id } : {}),
  };
}

/** What others did with a post: true counts, and the newest faces. */
export interface Reactions {
  likes: number;
  boosts: number;
  replies: number;
  likers: Face[];
  boosters: Face[];
}

/** Reactions to a post found by its id or page; zeros for a page that is no post (yet). */
export async function reactionsOf(site: Site, name: string): Promise<Reactions> {
  const post = await findPost(site, name);
  if (!post || !seenByAnyone(post)) return { likes: 0, boosts: 0, replies: 0, likers: [], boosters: [] };
  const [likers, boosters] = await Promise.all([faces(site, post, "like"), faces(site, post, "boost")]);
  return { likes: post.likesCount, boosts: post.boostsCount, replies: post.repliesCount, likers, boosters };
}

async function faces(site: Site, post: PostRow, kind: Kind): Promise<Face[]> {
  const rows = await site.models.interactions
    .find({ post: post._id, kind, closed: { $exists: false } }, { actor: 1 })
    .sort({ _id: -1 })
    .limit(FACES)
    .lean<InteractionRow[]>();
  if (rows.length === 0) return [];
  const actors = await site.models.actors
    .find({ _id: { $in: rows.map((row) => row.actor) } })
    .lean<ActorRow[]>();
  const byId = new Map(actors.map((actor) => [actor._id, actor]));
  const found = rows.map((row) => byId.get(row.actor)).filter((actor) => actor !== undefined);
  return Promise.all(found.map((actor) => faceOf(site, actor)));
}
