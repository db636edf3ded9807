import { insertRow } from "../database/native.ts";
import type { ActorRow, EditRow, InteractionRow, PostRow } from "../database/rows.ts";
import type { Site } from "../site.ts";
import { isDuplicateKey } from "../support/errors.ts";
import { snowflake } from "../support/ids.ts";
import { tellTimelines } from "./timelines.ts";
import { notify } from "./notifications.ts";
import { tellPublicStreams } from "./public-streams.ts";

/** Keeps what a post said before an edit, for its history. */
export async function keepEdit(site: Site, before: PostRow): Promise<void> {
  const at = before.updatedAt ?? before.publishedAt;
  const row: EditRow = {
    _id: snowflake(at),
    post: before._id,
    at,
    content: before.content,
    ...(before.warning === undefined ? {} : { warning: before.warning }),
    ...(before.title === undefined ? {} : { title: before.title }),
    sensitive: before.sensitive,
    attachments: before.attachments,
    ...(before.poll === undefined
      ? {}
      : { poll: { options: before.poll.options.map(({ title }) => ({ title })) } }),
  };
  try {
    await insertRow(site.models.edits, row);
  } catch (error) {
    // The snowflake was taken.
    if (isDuplicateKey(error)) return keepEdit(site, before);
    throw error;
  }
}

/** Accounts of ours that quote the post hear that what stands in theirs has changed; shown is their own post. */
async function tellQuoters(site: Site, post: PostRow, author: ActorRow): Promise<void> {
  const quoting = await site.models.posts
    .find({ "quote.id": post._id, "quote.state": "accepted", local: true, deletedAt: { $exists: false } })
    .sort({ _id: -1 })
    .limit(1000)
    .lean<PostRow[]>();
  for (const quote of quoting) {
    const owner = await site.models.actors.findById(quote.author).lean<ActorRow | null>();
    if (owner) await notify(site, { owner, type: "quoted_update", from: author, post: quote });
  }
}

/** Tells whoever has the post before their eyes, and accounts of ours that boosted it. */
export async function tellOfEdit(site: Site, post: PostRow, author: ActorRow): Promise<void> {
  await tellTimelines(site, post, "status.update");
  tellPublicStreams(site, post, "status.update");
  await tellQuoters(site, post, author);
  const boosts = await site.models.interactions
    .find({ post: post._id, kind: "boost" }, { actor: 1 })
    .limit(1000)
    .lean<InteractionRow[]>();
  if (boosts.length === 0) return;
  const boosters = await site.models.actors
    .find({ _id: { $in: boosts.map((row) => row.actor) }, local: true })
    .lean<ActorRow[]>();
  for (const owner of boosters) await notify(site, { owner, type: "update", from: author, post });
}
