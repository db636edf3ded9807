import { insertRow } from "../database/native.ts";
import type { ActorRow, IntentRow, InteractionRow, PostRow, Visibility } from "../database/rows.ts";
import { addressing } from "../documents/addressing.ts";
import { announce, type Site } from "../site.ts";
import { InvalidInput, isDuplicateKey, NotFound } from "../support/errors.ts";
import { snowflake } from "../support/ids.ts";
import { placeInTimelines } from "./fill-timelines.ts";
import { takeFromTimelines } from "./timelines.ts";
import { maySee } from "./may-see.ts";
import { notify } from "./notifications.ts";
import { isOpen } from "./visibility.ts";

/**
 * Boosts a post: a row of its own with its own id, and the intent to tell. Again: the same boost.
 * @throws {NotFound} for what the account may not see. @throws {InvalidInput} for what is not public.
 */
export async function boost(
  site: Site,
  account: ActorRow,
  post: PostRow,
  visibility: Visibility = "public",
): Promise<PostRow> {
  if (!(await maySee(site, post, account))) throw new NotFound("Record not found");
  if (!isOpen(post) && !(post.visibility === "followers" && post.author === account._id)) {
    throw new InvalidInput("Only public posts can be boosted.", "not-boostable");
  }
  const existing = await boostBy(site, account, post);
  if (existing) return existing;
  const wanted = isOpen(post) && visibility !== "direct" ? visibility : "followers";
  const interaction = await begin(site, account, post, wanted);
  const { _id, uri, createdAt: now } = interaction;
  const intent: IntentRow = { id: _id, type: "Create", at: now };
  const row = boostRow(post, account, {
    _id,
    uri,
    local: true,
    visibility: wanted,
    ...addressing(wanted, { followers: site.urls.followers(account.username), mentions: [post.authorUri] }),
    publishedAt: now,
    createdAt: now,
    federated: true,
    outgoing: [intent],
    outgoingAt: now,
  });
  if (!(await store(site, row, interaction))) return boost(site, account, post, visibility);
  site.wake("outgoing");
  await finish(site, row, account, post);
  return row;
}

/** Takes a boost back. @returns whether there was one. */
export async function unboost(site: Site, account: ActorRow, post: Pick<PostRow, "_id">): Promise<boolean> {
  const row = await boostBy(site, account, post);
  if (!row) return false;
  const now = site.clock.now();
  const unsent = row.outgoing?.some((intent) => intent.type === "Create") === true;
  const intent: IntentRow = { id: snowflake(now), type: "Delete", at: now };
  await site.models.posts.updateOne(
    { _id: row._id },
    {
      $set: { deletedAt: now, ...(unsent ? {} : { outgoing: [intent], outgoingAt: now }) },
      ...(unsent ? { $unset: { outgoing: 1, outgoingAt: 1 } } : {}),
    },
  );
  await takeFromTimelines(site, row);
  const { deletedCount } = await site.models.interactions.deleteOne({ _id: row._id });
  if (deletedCount > 0) await site.models.posts.updateOne({ _id: post._id }, { $inc: { boostsCount: -1 } });
  site.wake("outgoing");
  return true;
}

/** The live boost of a post by an account. */
export async function boostBy(
  site: Site,
  account: Pick<ActorRow, "_id">,
  post: Pick<PostRow, "_id">,
): Promise<PostRow | null> {
  return site.models.posts
    .findOne({ boostOf: post._id, author: account._id, deletedAt: { $exists: false } })
    .lean<PostRow | null>();
}

/**
 * Keeps the boost of somebody else as a post of theirs, beside the interaction that counts it, so that it stands in the
 * timelines of those who follow them.
 * @param interaction the row that counts it; the two share their id.
 */
export async function keepBoost(
  site: Site,
  actor: ActorRow,
  post: PostRow,
  interaction: InteractionRow,
  visibility: Visibility,
  to: string[],
  cc: string[],
): Promise<void> {
  const row = boostRow(post, actor, {
    _id: interaction._id,
    uri: interaction.uri,
    local: false,
    visibility,
    to,
    cc,
    publishedAt: interaction.createdAt,
    createdAt: interaction.createdAt,
    federated: false,
  });
  try {
    await insertRow(site.models.posts, row);
  } catch (error) {
    if (!isDuplicateKey(error)) throw error;
    const there = await site.models.posts.findById(row._id, { boostOf: 1 }).lean<PostRow | null>();
    if (there === null) return;
    if (there.boostOf !== row.boostOf) {
      const renamed = await takeAnotherId(site, interaction);
      return keepBoost(site, actor, post, renamed, visibility, to, cc);
    }
    // It was kept before, by a process that may have died before it was placed.
  }
  await placeInTimelines(site, row);
}

/** A post has the id of the interaction, which is to be that of the boost as well. */
async function takeAnotherId(site: Site, interaction: InteractionRow): Promise<InteractionRow> {
  const renamed = { ...interaction, _id: snowflake(site.clock.now()) };
  await site.models.interactions.deleteOne({ _id: interaction._id });
  try {
    await insertRow(site.models.interactions, renamed);
    return renamed;
  } catch (error) {
    if (isDuplicateKey(error)) return takeAnotherId(site, interaction);
    throw error;
  }
}

/** Forgets the row of a boost that was undone. */
export async function dropBoost(site: Site, interaction: Pick<InteractionRow, "_id">): Promise<void> {
  const row = await site.models.posts
    .findOneAndDelete({ _id: interaction._id, boostOf: { $exists: true } })
    .lean<PostRow | null>();
  if (row) await takeFromTimelines(site, row);
}

type Own = Pick<
  PostRow,
  "_id" | "uri" | "local" | "visibility" | "to" | "cc" | "publishedAt" | "createdAt" | "federated"
> &
  Partial<PostRow>;

function boostRow(post: PostRow, author: ActorRow, own: Own): PostRow {
  return {
    url: post.url,
    names: [own.uri],
    author: author._id,
    authorUri: author.uri,
    type: "Announce",
    boostOf: post._id,
    content: "",
    policy: 0,
    excerpt: "",
    sensitive: false,
    mentions: [],
    hashtags: [],
    tagKeys: [],
    attachments: [],
    likesCount: 0,
    boostsCount: 0,
    repliesCount: 0,
    ...own,
  };
}

/** The row that counts a boost: a new one, or what was left of one that a crash has interrupted. */
async function begin(
  site: Site,
  account: ActorRow,
  post: PostRow,
  visibility: Visibility,
): Promise<InteractionRow> {
  const createdAt = site.clock.now();
  const _id = snowflake(createdAt);
  const boosting = { kind: "boost", actor: account._id, post: post._id } as const;
  const interaction: InteractionRow = {
    _id,
    ...boosting,
    uri: site.urls.activity(_id),
    ...(isOpen({ visibility }) ? {} : { closed: true }),
    createdAt,
  };
  try {
    await insertRow(site.models.interactions, interaction);
    return interaction;
  } catch (error) {
    if (!isDuplicateKey(error)) throw error;
    const begun = await site.models.interactions.findOne(boosting).lean<InteractionRow | null>();
    // Otherwise the snowflake was taken.
    return begun ?? begin(site, account, post, visibility);
  }
}

/** @returns whether it is stored; if not, another attempt has stored it or its id is not free, and the caller looks again. */
async function store(site: Site, row: PostRow, interaction: InteractionRow): Promise<boolean> {
  try {
    await insertRow(site.models.posts, row);
  } catch (error) {
    if (!isDuplicateKey(error)) throw error;
    const there = await site.models.posts.findById(row._id).lean<PostRow | null>();
    const isBoosted = there?.boostOf === row.boostOf && there?.deletedAt === undefined;
    if (!isBoosted) await site.models.interactions.deleteOne({ _id: interaction._id });
    return false;
  }
  await site.models.posts.updateOne({ _id: interaction.post }, { $inc: { boostsCount: 1 } });
  return true;
}

async function finish(site: Site, row: PostRow, account: ActorRow, post: PostRow): Promise<void> {
  await placeInTimelines(site, row);
  const author = await site.models.actors.findById(post.author).lean<ActorRow | null>();
  if (author) await notify(site, { owner: author, type: "reblog", from: account, post });
  announce(site, "boost", { actor: account, post });
}
